"""The model protocol is whole, and answers what the two committees asked where `knowledge/README.md` says it does."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from index_builder.knowledge import read_knowledge
from index_builder.parse import parse

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
PART = (KNOWLEDGE / "README.md").read_text("utf-8").split("\n## What the model answers\n")[1].split("\n## ")[0]
ROWS = [tuple(row) for row in re.findall(r"^\| ([RW]\d+) \| (?:.+) \| (.+) \| (.+) \|$", PART, re.MULTILINE)]
ELSEWHERE = re.findall(r"^- ([RW]\d+): ", PART, re.MULTILINE)
NUMBER = re.compile(r"\b[A-JU]\d+\.\d+\b")

MODEL = read_knowledge(KNOWLEDGE, "model")
PARSED, PROBLEMS = parse(MODEL)
WORDING = {section.number: " ".join(section.text.split()) for section in PARSED.sections}
OUTLINE = {"A": 6, "B": 8, "C": 9, "D": 13, "E": 12, "F": 5, "G": 4, "H": 7, "I": 8, "J": 5, "U": 10}
FRONT_MATTER = {"title", "kind", "adopted", "review", "owner", "audience", "url", "pictures", "prevails"}


def _words(text: str) -> int:
    """Words as a reader counts them; the mark of a list entry, such as (a), is not one."""
    return len(re.sub(r"^\([a-z]\) ", "", text, flags=re.MULTILINE).split())


def test_every_point_stands_in_exactly_one_of_the_two_lists() -> None:
    points = [f"R{point}" for point in range(1, 37)] + [f"W{point}" for point in range(1, 42)]
    assert sorted([row[0] for row in ROWS] + ELSEWHERE) == sorted(points)


def test_every_paragraph_that_is_named_is_published() -> None:
    assert PROBLEMS == ()
    assert set(NUMBER.findall(PART)) - set(WORDING) == set()


@pytest.mark.parametrize(("point", "paragraphs", "look_for"), ROWS, ids=[row[0] for row in ROWS])
def test_the_paragraphs_of_a_point_hold_its_words(point: str, paragraphs: str, look_for: str) -> None:
    numbers, phrases = paragraphs.split(", "), re.findall(r"`([^`]+)`", look_for)
    assert phrases
    holds = {(number, phrase) for number in numbers for phrase in phrases if phrase.lower() in WORDING[number].lower()}
    assert {number for number, _ in holds} == set(numbers), f"{point}: a paragraph without its words"
    assert {phrase for _, phrase in holds} == set(phrases), f"{point}: words in no paragraph"


def test_every_section_of_the_outline_is_there() -> None:
    outline = {f"{part}{number}" for part, last in OUTLINE.items() for number in range(1, last + 1)}
    assert {number.partition(".")[0] for number in WORDING} == outline


def test_a_section_of_the_umbrella_has_60_to_150_words_and_the_summary_a_page() -> None:
    lengths: dict[str, int] = {}
    for section in PARSED.sections:
        heading = section.number.partition(".")[0]
        lengths[heading] = lengths.get(heading, 0) + _words(section.text)
    assert lengths.pop("A1") <= 300
    umbrella = {heading: length for heading, length in lengths.items() if not heading.startswith("U")}
    assert {heading: length for heading, length in umbrella.items() if not 60 <= length <= 150} == {}


def test_respect_between_councillors_comes_in_the_first_fifth_of_the_umbrella() -> None:
    umbrella = [number for number in WORDING if not number.startswith("U")]
    assert umbrella.index("B2.1") < len(umbrella) / 5


@pytest.mark.parametrize("path", MODEL.protocol, ids=[path.stem for path in MODEL.protocol])
def test_the_front_matter_of_every_document_is_complete(path: Path) -> None:
    front = path.read_text("utf-8").split("---\n")[1]
    assert set(re.findall(r"^(\w+): \S", front, re.MULTILINE)) == FRONT_MATTER


def test_one_umbrella_prevails_and_a_role_owns_each_document_until_its_review() -> None:
    roles = {contact.role for contact in MODEL.council.contacts}
    assert [document.kind for document in PARSED.documents if document.kind != "underlying"] == ["umbrella"]
    assert {document.owner for document in PARSED.documents} <= roles
    for document in PARSED.documents:
        assert date.fromisoformat(str(document.adopted)) < date.fromisoformat(str(document.review))
