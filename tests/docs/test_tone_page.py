"""The page of drafts before and after shows what the tone check really makes of them."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from bot.bootstrap import live, make_check_tone

PAGE = Path(__file__).parents[2] / "docs" / "tone.md"
_CASE = re.compile(
    r"\n## \d+ [^\n]+\n\n(?P<before>(?:> [^\n]*\n)+)\n(?P<found>[^\n]+)\n\n(?P<after>(?:> [^\n]*\n)+)\n[^\n>]"
)


def _unquoted(block: str) -> str:
    return "\n".join(line.removeprefix("> ") for line in block.rstrip("\n").split("\n"))


def test_every_draft_comes_out_as_the_page_shows(model_index: Path) -> None:
    check = make_check_tone(live(model_index, "model", logging.getLogger("tests").warning))
    cases = list(_CASE.finditer(PAGE.read_text("utf-8")))
    assert len(cases) == 20
    for case in cases:
        report = check(_unquoted(case["before"]))
        assert report.rewritten == _unquoted(case["after"])
        found = [f"{finding.title}: “{finding.quote}”" for finding in report.findings]
        assert case["found"] == ("; ".join(found) or "Nothing is pointed out.")
