"""Builds timed from the outside: a council's whole, then after an edit of one section; and the plain script's."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from processes import installed, script, timed

from index_builder.build import check
from index_builder.knowledge import UnsoundKnowledge
from index_builder.model import DEFAULT_MODEL, bring_in, default_cache
from index_builder.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bot.domain import Section

_ADDED = " That holds all year round."


@dataclass(frozen=True)
class Workshop:
    """A folder for what is built, and the knowledge of a council as it is and with one section edited."""

    folder: Path
    council: str
    whole: Path
    edited: Path

    def ours(self) -> tuple[float, float]:
        """Seconds of a whole build, no vector remembered and the model already exported, and of the edit after it.

        Each is the command as people run it, rehearsal and publication included. Raises CalledProcessError.
        """
        index, cache = self.folder / "index", self.folder / "cache"
        for made in (index, cache):
            shutil.rmtree(made, ignore_errors=True)
        cache.mkdir()
        (cache / "encoders").symlink_to(default_cache() / "encoders")
        return self._built(self.whole, index, cache), self._built(self.edited, index, cache)

    def plain(self) -> tuple[float, float]:
        """Seconds in which the plain script encodes every section, and does so again after the edit."""
        found = [timed([*script("plain_script.py"), str(self.sections(root)), "--build"])[0] for root in self.roots]
        return found[0], found[1]

    @property
    def roots(self) -> tuple[Path, Path]:
        """The knowledge before the edit and after it."""
        return self.whole, self.edited

    def sections(self, root: Path) -> Path:
        """A file with the sections of a knowledge folder, as the plain script reads them."""
        file = self.folder / f"{root.name}.jsonl"
        if not file.exists():
            _, parsed = check(root, self.council)
            write_sections(parsed.sections, file)
        return file

    def _built(self, root: Path, index: Path, cache: Path) -> float:
        command = [installed("protocol-index"), "build", "--json", "--council", self.council]
        places = ["--knowledge", str(root), "--index", str(index)]
        return timed([*command, *places], PROTOCOL_BOT_CACHE=str(cache))[0]


def workshop(folder: Path, knowledge: Path, council: str) -> Workshop:
    """Copy the council's knowledge, edit one section of the copy, and have the model exported."""
    bring_in(DEFAULT_MODEL, default_cache(), say)
    made = Workshop(folder, council, folder / "whole", folder / "edited")
    for root in made.roots:
        for name in ("base", council):
            if (knowledge / name).exists():
                shutil.copytree(knowledge / name, root / name)
    _edit(made.edited, council)
    return made


def write_sections(sections: Iterable[Section], file: Path) -> None:
    """Write sections as JSON lines: number, heading and text."""
    records = ({"number": s.number, "heading": s.heading, "text": s.text} for s in sections)
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records), "utf-8")


def _edit(root: Path, council: str) -> None:
    """Add a sentence to the longest section that nobody is promised and that one file has word for word."""
    knowledge, parsed = check(root, council)
    expected = {number for question in knowledge.questions for number in question.sections}
    files = {path: path.read_text("utf-8") for path in (root / council / "protocol").iterdir()}
    for section in sorted(parsed.sections, key=lambda section: (section.number in expected, -len(section.text))):
        homes = [path for path, text in files.items() if text.count(section.text) == 1]
        if len(homes) != 1:
            continue
        homes[0].write_text(files[homes[0]].replace(section.text, section.text + _ADDED), "utf-8")
        try:
            if _edited(check(root, council)[1].sections, parsed.sections) == 1:
                return
        except UnsoundKnowledge:
            pass
        homes[0].write_text(files[homes[0]], "utf-8")
    raise LookupError(f"No section of {council} can be edited by a sentence alone.")


def _edited(after: tuple[Section, ...], before: tuple[Section, ...]) -> int:
    return sum(new != old for new, old in zip(after, before, strict=True))
