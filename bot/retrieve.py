"""The sections that may answer a question: found by meaning and by words in common, then looked at token by token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bot.decide import close_call
from bot.domain import Match
from bot.head import BRIEF, FEATURES, LATE, shares
from bot.lexical import terms
from bot.phrases import normal
from bot.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bot.encoder import Embedding
    from bot.head import Head, Stage
    from bot.index import Index

    Vector = NDArray[np.float32]
    Rows = NDArray[np.int64]
    Embed = Callable[[str], Embedding]

_PASSAGES = 120  # passages that FAISS brings before sections are scored exactly
_SECTIONS = 20  # sections that the lexical search brings, and matches kept beside the chosen ones
_LATE = [FEATURES.index(name) for name in LATE]
_TINY = np.float32(1e-6)
_WORST = 4  # the quarter of the tokens that fit worst
_OPENINGS = frozenset("and but or so also otherwise unless suppose even same ok".split())
_TURNS = frozenset(
    ("what about", "what if", "how about", "what happens", "does that", "does it", "do they", "is that", "is it")
)
_POINTERS = frozenset(
    "it its that this they them their those these he him his she her one ones instead else either same there".split()
)
_SHORT = 10  # words: in a longer question a pointer points at something that the question itself names


class Look(NamedTuple):
    """Candidates as `bot.head` reads them: section rows, their features (rows, features), and the question's own."""

    rows: Rows
    candidates: NDArray[np.float64]
    asked: NDArray[np.float64]


class Found(NamedTuple):
    """What was considered, best first, at most 20; and the probability that any of it answers the question."""

    matches: tuple[Match, ...]
    covered: float


def leans(text: str) -> bool:
    """Whether a question leans on what went before: it opens as follow-ups do, or is short and points at something."""
    words = normal(text).split()
    opens = words[:1] and (words[0] in _OPENINGS or " ".join(words[:2]) in _TURNS)
    return bool(opens or (len(words) <= _SHORT and not _POINTERS.isdisjoint(words)))


class Retriever:
    """Searches one Index with one encoder and its Head; holds no state but theirs, so many threads may call it.

    `closely` embeds a question anew where the quick way of `embed` leaves a close call.
    """

    def __init__(self, index: Index, embed: Embed, head: Head, closely: Embed | None = None) -> None:
        self.index, self._embed, self._head, self._closely = index, embed, head, closely
        self._vocabulary = Vocabulary(index.revision.vocabulary)
        sections = index.revision.sections
        self._starts = np.searchsorted(index.owner, np.arange(len(sections) + 1))
        self._entire = np.array(
            [p.start == 0 and p.end == len(sections[p.section].text) for p in index.revision.passages]
        )
        self._numbered: dict[str, list[int]] = {}
        for row, section in enumerate(sections):
            self._numbered.setdefault(section.number, []).append(row)
        words = np.array([len(section.text.split()) for section in sections])
        self._brief = np.maximum(0, BRIEF - words) / BRIEF

    def found(self, text: str, context: tuple[str, ...] = (), embedding: Embedding | None = None) -> Found:
        """The best sections for a cleaned question. A second look is taken where the first is not sure.

        `embedding` is the question's, where it is known already.
        `context` are the numbers of the sections quoted before in the thread, best first. They count for a question
        that leans on them; any other is asked alone, so that what was quoted never makes an answer of something else.
        """
        found = self._found(text, context, embedding or self._embed(text), self._embed)
        if self._closely and close_call(*found, self.index.revision.policy):
            found = self._found(text, context, self._closely(text), self._closely)
        return found

    def _found(self, text: str, context: tuple[str, ...], question: Embedding, embed: Embed) -> Found:
        quoted = [row for number in context for row in self._numbered.get(number, ())]
        if quoted and leans(text):
            look = self.thread_look(text, question, quoted, embed)
            return self._weighed(look, question, self._head.thread)
        return self._asked_alone(text, question)

    def _asked_alone(self, text: str, question: Embedding) -> Found:
        policy = self.index.revision.policy
        look, stage = self.first_look(text, question), self._head.first
        logits = stage.logits(look.candidates)
        if self._covered(look, question, stage) * shares(logits).max() < policy.sure_from:
            look, stage = self.second_look(look, question, logits, policy.second_look), self._head.second
        return self._weighed(look, question, stage)

    def _covered(self, look: Look, question: Embedding, stage: Stage) -> float:
        return self._head.covered(stage, look.candidates, look.asked, question.vector)

    def _weighed(self, look: Look, question: Embedding, stage: Stage) -> Found:
        covered = self._covered(look, question, stage)
        return Found(self._matches(look, stage.logits(look.candidates), covered), covered)

    def first_look(self, text: str, question: Embedding) -> Look:
        """Every section near in meaning or in words, with all features but those of a second look (0)."""
        asked = terms(" ".join((text, *self.added(text))))
        cover = self.index.lexical.cover(asked)
        return self._look(self._near(question.vector, cover), question, cover, asked)

    def _look(self, rows: Rows, question: Embedding, cover: Vector, asked: list[str]) -> Look:
        whole, part = self._cosines(rows, question.vector)
        unseen = self.index.lexical.unseen_share(asked)
        columns = (whole, part, cover[rows], self._brief[rows], *np.zeros((len(LATE), len(rows))))
        return Look(rows, np.stack(columns, axis=1).astype(np.float64), np.array([np.log1p(len(asked)), unseen]))

    def second_look(self, look: Look, question: Embedding, logits: NDArray[np.float64], most: int) -> Look:
        """The best candidates of a first look, at most `most`: each question token now compared with each of theirs."""
        best = np.argsort(-logits, kind="stable")[:most]
        candidates = look.candidates[best]
        candidates[:, _LATE] = self._late(look.rows[best], question.tokens)
        return Look(look.rows[best], candidates, look.asked)

    def thread_look(self, text: str, question: Embedding, quoted: list[int], embed: Embed | None = None) -> Look:
        """Every section near the question alone, or near it with the heading quoted before, or beside what was quoted.

        Features are `THREAD_FEATURES`.
        """
        sections = self.index.revision.sections
        asked = terms(" ".join((text, *self.added(text))))
        cover = self.index.lexical.cover(asked)
        there = (embed or self._embed)(f"{sections[quoted[0]].heading}. {text}")
        headings = {(sections[row].document, sections[row].path) for row in quoted}
        beside = np.array([(section.document, section.path) in headings for section in sections])
        near = (self._near(vector, cover) for vector in (question.vector, there.vector))
        rows = np.unique(np.concatenate((*near, self._searched(np.flatnonzero(beside)))))
        look = self._look(rows, question, cover, asked)
        look.candidates[:, _LATE] = self._late(rows, question.tokens)
        whole, _ = self._cosines(rows, there.vector)
        added = (whole, self._late(rows, there.tokens)[:, 0], np.isin(rows, quoted), beside[rows])
        return Look(rows, np.concatenate((look.candidates, np.stack(added, axis=1)), axis=1), look.asked)

    def added(self, text: str) -> tuple[str, ...]:
        """The protocol's words that the vocabulary adds to a question."""
        return self._vocabulary.added(text)

    def _near(self, vector: Vector, cover: Vector) -> Rows:
        near = self.index.owner[self.index.nearest(vector, _PASSAGES)]
        alike = np.argsort(-cover, kind="stable")[:_SECTIONS]
        return self._searched(np.unique(np.concatenate((near, alike))))

    def _searched(self, rows: Rows) -> Rows:
        """The sections that have passages: a bare stem has none."""
        searched: Rows = rows[self._starts[rows] < self._starts[rows + 1]]
        return searched

    def _cosines(self, rows: Rows, vector: Vector) -> tuple[Vector, Vector]:
        """For each section, the mean cosine of its entire passages and the best of its parts, else the mean again."""
        passages, begins = _spans(self._starts, rows)
        cosines, entire = self.index.vectors[passages] @ vector, self._entire[passages]
        counts = np.add.reduceat(entire, begins, dtype=np.int64)
        whole = np.add.reduceat(np.where(entire, cosines, 0), begins) / counts
        part = np.maximum.reduceat(np.where(entire, -1, cosines), begins)
        return whole.astype(np.float32), np.where(part > -1, part, whole).astype(np.float32)

    def _late(self, rows: Rows, tokens: Vector) -> Vector:
        """The features `LATE` of each section, (rows, 2): each of its tokens compared with each of the question's."""
        places, begins = _spans(self.index.token_starts, rows)
        cosines = self.index.tokens[places].astype(np.float32) @ tokens.T
        best = np.maximum.reduceat(cosines, begins, axis=0)
        matters = np.maximum(np.linalg.norm(tokens, axis=1), _TINY)
        worst = np.sort(best / matters, axis=1)[:, : max(1, len(tokens) // _WORST)].mean(axis=1)
        return np.stack((best.sum(axis=1) / matters.sum(), worst), axis=1)

    def _matches(self, look: Look, logits: NDArray[np.float64], covered: float) -> tuple[Match, ...]:
        score = covered * shares(logits)
        best = np.argsort(-logits, kind="stable")[:_SECTIONS]
        sections = self.index.revision.sections
        return tuple(
            Match(sections[row], mark, whole, part, lexical, late)
            for row, mark, (whole, part, lexical, _, late, *_) in zip(
                look.rows[best].tolist(), score[best].tolist(), look.candidates[best].tolist(), strict=True
            )
        )


def _spans(starts: NDArray[Any], rows: Rows) -> tuple[Rows, Rows]:
    """The places `starts[row]` up to `starts[row + 1]` of each row, one after another, and where each row's begin."""
    counts = starts[rows + 1] - starts[rows]
    ends = np.cumsum(counts)
    begins = ends - counts
    return np.arange(ends[-1]) + np.repeat(starts[rows] - begins, counts), begins
