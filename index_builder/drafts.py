"""Labelled drafts: what the tone reader is trained on, and what tone checks are measured by.

A file of JSON lines: `text`; `label`, "ok" or "concern"; for a concern `categories` and `spans`, which are exact parts
of the text, each a string (of the first category) or {"category", "text"}; for a fair one, optionally, the category it
might wrongly be taken for (`near`), and in words what it is (`fair`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.domain import Category
from index_builder.knowledge import UnsoundKnowledge
from index_builder.problem import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from index_builder.knowledge import Knowledge

OK, CONCERN = "ok", "concern"
_UNKNOWN_KIND = "of no stated kind"


@dataclass(frozen=True, slots=True)
class Marked:
    """Words of a draft that a person marked as risky, in code points, end exclusive."""

    category: Category
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LabelledDraft:
    """A draft as a person judged it: of which categories, and by which words.

    A fair one has no categories; its `kind` is the category that it might wrongly be taken for.
    """

    text: str
    categories: tuple[Category, ...]
    marked: tuple[Marked, ...]
    kind: str = ""

    @property
    def concern(self) -> bool:
        """Whether a fair reader would object to any of its words."""
        return bool(self.categories)


def read_drafts(path: Path) -> tuple[LabelledDraft, ...]:
    """The drafts of a file. Raises UnsoundKnowledge naming each line that cannot be read, and OSError."""
    problems, drafts = [], []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            drafts.append(_draft(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            sentence = "This is no JSON object with text, label (ok, concern), categories and spans; mend or remove it."
            problems.append(Problem(str(path), number, sentence))
    if not drafts and not problems:
        problems.append(Problem(str(path), 1, "There is no draft here; add one to a line."))
    if problems:
        raise UnsoundKnowledge(problems)
    return tuple(drafts)


def drafts_of(knowledge: Knowledge) -> tuple[LabelledDraft, ...]:
    """The examples of tone.yaml, risky and fair."""
    drafts = []
    for entry in knowledge.toned:
        category = entry.rule.category
        for example in entry.examples:
            marked = tuple(_marked(category, words, example.text) for words in example.risky)
            drafts.append(LabelledDraft(example.text, (category,), marked))
        drafts += [LabelledDraft(example.text, (), (), str(category)) for example in entry.fair]
    return tuple(drafts)


def _draft(record: dict[str, Any]) -> LabelledDraft:
    text, label = record["text"], record["label"]
    if not isinstance(text, str) or not text.strip() or label not in {OK, CONCERN}:
        raise TypeError("text must be text, and label one of the two")
    if label == OK:
        return LabelledDraft(text, (), (), str(record.get("near") or record.get("fair") or _UNKNOWN_KIND))
    categories = tuple(Category(category) for category in record["categories"])
    marked = tuple(
        _marked(categories[0], span, text)
        if isinstance(span, str)
        else _marked(Category(span["category"]), span["text"], text)
        for span in record["spans"]
    )
    if not categories:
        raise ValueError("a concern has a category")
    return LabelledDraft(text, categories, marked)


def _marked(category: Category, words: str, text: str) -> Marked:
    if not words.strip():
        raise ValueError("what is marked has words")
    start = text.index(words)
    return Marked(category, start, start + len(words))
