"""Labelled scenarios of who decides: what the reader is trained on, and what signposts are measured by.

A file of JSON lines: `text`; `label`, an owner, or null for a text that is not about who decides; and, optionally,
`set`, the subject that lines share, so that no subject is both trained on and measured by.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain import Owner
from index_builder.knowledge import UnsoundKnowledge
from index_builder.problem import Problem

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Scenario:
    """A text as people type it, and who decides; `owner` is None for a text that is about something else.

    `subject` is what its set is about; of its own where the file does not say.
    """

    text: str
    owner: Owner | None
    subject: str


def read_scenarios(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of a file. Raises UnsoundKnowledge naming each line that cannot be read, and OSError."""
    problems, scenarios = [], []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            scenarios.append(_scenario(json.loads(line), number))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            sentence = f"This is no JSON object with text and label ({', '.join(Owner)}, or null); mend or remove it."
            problems.append(Problem(str(path), number, sentence))
    if not scenarios and not problems:
        problems.append(Problem(str(path), 1, "There is no scenario here; add one to a line."))
    if problems:
        raise UnsoundKnowledge(problems)
    return tuple(scenarios)


def _scenario(record: dict[str, object], number: int) -> Scenario:
    text, label = record["text"], record["label"]
    if not isinstance(text, str) or not text.strip():
        raise TypeError("text must be text")
    return Scenario(text, None if label is None else Owner(str(label)), str(record.get("set", f"line {number}")))
