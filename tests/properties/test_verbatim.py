"""The promise: no step ever alters a quoted character, on any surface."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot import index as disk
from bot.domain import Question
from bot.surfaces.cli.render import answer_json, line
from bot.surfaces.plain import answer_text
from bot.surfaces.slack.render import message

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from bot.domain import Answer, Ask

SECTIONS = ("1.1", "1.2", "2.1", "2.2", "3.10", "3.11")


def _on_disk(published: Path) -> dict[str, str]:
    name = disk.current(published / "barsetshire")
    assert name is not None
    lines = (published / "barsetshire" / name / "sections.jsonl").read_text("utf-8").splitlines()
    return {section["number"]: section["text"] for section in map(json.loads, lines)}


def _quotes(block: Any) -> list[str]:
    if isinstance(block, list):
        return [text for part in block for text in _quotes(part)]
    if not isinstance(block, dict):
        return []
    if block.get("type") == "rich_text_quote":
        return ["".join(element["text"] for element in block["elements"])]
    return [text for part in block.values() for text in _quotes(part)]


def _looked_up(ask: Ask, number: str) -> Answer:
    answer = ask(Question(number))
    assert [citation.section.number for citation in answer.citations] == [number]
    return answer


@pytest.mark.parametrize("number", SECTIONS)
def test_every_section_is_quoted_as_published_on_every_surface(ask: Ask, published: Path, number: str) -> None:
    text, answer = _on_disk(published)[number], _looked_up(ask, number)
    assert json.loads(line(answer_json(answer)))["citations"][0]["text"] == text
    assert f"“{text}”" in answer_text(answer)
    rendered = message(answer)
    assert _quotes(rendered["blocks"]) == [text]
    assert text in rendered["text"]


def test_the_published_sections_are_those_of_the_source(published: Path) -> None:
    assert tuple(_on_disk(published)) == SECTIONS
