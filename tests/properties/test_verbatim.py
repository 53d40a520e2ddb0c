"""The promise: no step ever alters a quoted character, on any surface."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING

import pytest
from conftest import KNOWLEDGE

from bot import index as disk
from bot.bootstrap import live, make_ask
from bot.domain import Question
from bot.surfaces.cli.render import answer_json, line
from bot.surfaces.plain import answer_text
from bot.surfaces.slack.render import message

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


def _on_disk(index: Path, council: str) -> list[dict[str, Any]]:
    name = disk.current(index / council)
    assert name is not None
    lines = (index / council / name / "sections.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _quotes(block: Any) -> list[str]:
    if isinstance(block, list):
        return [text for part in block for text in _quotes(part)]
    if not isinstance(block, dict):
        return []
    if block.get("type") == "rich_text_quote":
        return ["".join(element["text"] for element in block["elements"])]
    return [text for part in block.values() for text in _quotes(part)]


@pytest.mark.parametrize("council", ["barsetshire", "model"])
def test_every_section_is_quoted_as_published_on_every_surface(
    council: str, published: Path, model_index: Path
) -> None:
    index = {"barsetshire": published, "model": model_index}[council]
    ask, sections = make_ask(live(index, council, pytest.fail)), _on_disk(index, council)
    assert len(sections) >= 6
    for section in sections:
        number, text = section["number"], section["text"]
        answer = ask(Question(number))
        assert [citation.section.number for citation in answer.citations] == [number]
        assert json.loads(line(answer_json(answer)))["citations"][0]["text"] == text
        assert f"“{text}”" in answer_text(answer)
        rendered = message(answer)
        assert _quotes(rendered["blocks"]) == [text]
        assert text in html.unescape(rendered["text"])


def test_the_published_sections_are_those_of_the_source(published: Path) -> None:
    sections, source = _on_disk(published, "barsetshire"), (KNOWLEDGE / "barsetshire/protocol/protocol.md").read_text()
    assert [section["number"] for section in sections] == ["1.1", "1.2", "2.1", "2.2", "3.10", "3.11"]
    assert all(f"{section['number']} {section['text']}\n" in source for section in sections)
