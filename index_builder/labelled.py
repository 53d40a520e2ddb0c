"""Invented councils' documents with the questions people ask of them: what the model is trained and measured on.

One JSON file a council (`training/README.md` describes it). No council is in two splits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain import Document, Section
from bot.records import made
from index_builder.knowledge import UnsoundKnowledge
from index_builder.problem import Problem

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("look-up", "paraphrase", "scenario", "negation")
NEAR_MISS, OFF_TOPIC = "near-miss", "off-topic"
SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Typed:
    """A question as typed, of one of KINDS, or of NEAR_MISS or OFF_TOPIC where nothing answers it."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A numbered part of the document, the headings above it (outermost first), and the questions it answers best."""

    section: str
    headings: tuple[str, ...]
    stem: str
    text: str
    questions: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What is typed after section `after` was quoted; `section` answers it, and only the two together say so."""

    after: str
    section: str
    text: str


@dataclass(frozen=True, slots=True)
class LabelledCouncil:
    """One council's document, its questions, those it does not answer, and follow-ups; `name` is the file's."""

    name: str
    council: str
    document: str
    style: str
    voice: str
    split: str
    paragraphs: tuple[Paragraph, ...]
    unanswered: tuple[Typed, ...]
    follow_ups: tuple[FollowUp, ...]

    def published(self) -> tuple[Document, tuple[Section, ...]]:
        """The document and its sections as a council's own would be read."""
        sections = tuple(
            Section(self.name, p.section, p.headings[-1], p.headings, p.text, p.stem) for p in self.paragraphs
        )
        return Document(self.name, self.document), sections


def read_labelled(folder: Path, splits: tuple[str, ...] = SPLITS) -> tuple[LabelledCouncil, ...]:
    """The councils of a folder that are in some splits, by name. UnsoundKnowledge names each file that is not sound."""
    problems, councils = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            councils.append(_sound(made(LabelledCouncil, {**json.loads(path.read_bytes()), "name": path.stem})))
        except (ValueError, KeyError, TypeError, RecursionError) as fault:
            problems.append(Problem(str(path), 1, f"This is no labelled council ({fault}); mend the file."))
    if not councils and not problems:
        problems.append(Problem(str(folder), 1, "There is no labelled council here; name a folder of JSON files."))
    if not set(splits) <= set(SPLITS):
        problems.append(Problem(str(folder), 1, f"There is no split {', '.join(splits)}; name {', '.join(SPLITS)}."))
    if problems:
        raise UnsoundKnowledge(problems)
    return tuple(council for council in councils if council.split in splits)


def _sound(council: LabelledCouncil) -> LabelledCouncil:
    sections = {paragraph.section for paragraph in council.paragraphs}
    named = {section for follow in council.follow_ups for section in (follow.after, follow.section)}
    kinds = {question.kind for paragraph in council.paragraphs for question in paragraph.questions}
    if not sections:
        raise ValueError("there is no paragraph")
    if len(sections) < len(council.paragraphs):
        raise ValueError("a section number stands twice")
    if not all(paragraph.headings and paragraph.text.strip() for paragraph in council.paragraphs):
        raise ValueError("a paragraph has no heading or no text")
    if council.split not in SPLITS or not kinds <= set(KINDS):
        raise ValueError("a split or a kind of question is unknown")
    if not {question.kind for question in council.unanswered} <= {NEAR_MISS, OFF_TOPIC}:
        raise ValueError("an unanswered question is neither a near miss nor off topic")
    if not named <= sections:
        raise ValueError(f"follow-ups name {', '.join(sorted(named - sections))}, which the document has not")
    return council
