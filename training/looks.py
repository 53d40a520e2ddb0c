"""What the bot sees of each labelled question: the looks of its own Retriever, on one council's document at a time."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.answer import serve
from bot.clean import cleaned
from bot.encoder import Encoder
from bot.retrieve import leans
from index_builder.assemble import assemble_labelled
from index_builder.evaluate import FOLLOW_UP
from index_builder.progress import bar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bot.retrieve import Retriever
    from index_builder.labelled import LabelledCouncil


class Asked(NamedTuple):
    """A question of a council, the row of the paragraph that answers it (None without one), and what was quoted."""

    text: str
    kind: str
    row: int | None
    quoted: int


@dataclass(frozen=True)
class Seen:
    """One question as the bot sees it: three looks, each with candidates (candidates, features), and its own figures.

    `second` is a second look at all candidates of the first; `thread` one after a section was quoted: the one before a
    follow-up, any at all before another question. `right` and `right_in_thread` are the row of the paragraph among the
    candidates, -1 where it is not among them, None where nothing answers. `alone` is False for a follow-up, `leaning`
    is what `bot.retrieve.leans` says, `field` the probability that the question belongs to the field.
    """

    council: str
    kind: str
    alone: bool
    leaning: bool
    asked: NDArray[np.float64]
    vector: NDArray[np.float32]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    right: int | None
    thread: NDArray[np.float64]
    right_in_thread: int | None
    field: float = 1.0


def seen(councils: Sequence[LabelledCouncil], folder: Path) -> list[Seen]:
    """Every question of the councils, as the encoder in a folder makes the bot see it."""
    questions, passages = Encoder(folder), Encoder(folder, "fp32")
    made = []
    with bar("Looking", sum(len(_questions(council)) for council in councils)) as advance:
        for council in councils:
            index = assemble_labelled(council, passages)
            retriever = serve(index, questions).retriever
            for asked in _questions(council):
                made.append(_seen(council.name, asked, retriever, questions))
                advance(1)
    return made


def _questions(council: LabelledCouncil) -> list[Asked]:
    chance = Random(council.name)  # noqa: S311 - it only chooses what was quoted before
    rows = {paragraph.section: row for row, paragraph in enumerate(council.paragraphs)}
    answered = [(q.text, q.kind, row) for row, p in enumerate(council.paragraphs) for q in p.questions]
    unanswered = [(question.text, question.kind, None) for question in council.unanswered]
    alone = [Asked(*question, chance.randrange(len(rows))) for question in (*answered, *unanswered)]
    return alone + [Asked(f.text, FOLLOW_UP, rows[f.section], rows[f.after]) for f in council.follow_ups]


def _seen(name: str, asked: Asked, retriever: Retriever, encoder: Encoder) -> Seen:
    text = cleaned(asked.text, retriever.index.revision.wording)
    question = encoder.embed(text)
    first = retriever.first_look(text, question)
    second = retriever.second_look(first, question, np.zeros(len(first.rows)), len(first.rows))  # the same order
    thread = retriever.thread_look(text, question, [asked.quoted])
    return Seen(
        name,
        asked.kind,
        asked.kind != FOLLOW_UP,
        leans(text),
        first.asked,
        question.vector,
        first.candidates,
        second.candidates,
        _place(first.rows, asked.row),
        thread.candidates,
        _place(thread.rows, asked.row),
    )


def _place(rows: NDArray[np.int64], row: int | None) -> int | None:
    if row is None:
        return None
    places = np.flatnonzero(rows == row)
    return int(places[0]) if len(places) else -1
