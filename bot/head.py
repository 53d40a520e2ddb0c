"""What was learnt on other councils' documents about ranking and silence: linear models, evaluated with numpy.

A candidate is a section with one figure a feature (`FEATURES`). A Stage ranks candidates by a weighted sum, whose
softmax is each one's share of the belief; `covered` is the calibrated probability that any of them answers at all.
`training/fit.py` fits both; `head.json` in the encoder's folder holds them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from math import exp, isfinite
from typing import TYPE_CHECKING

import numpy as np

from bot.records import made

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Figures = NDArray[np.float64]

FEATURES = ("whole", "part", "lexical", "brief", "late", "least")
"""Of a candidate: cosine of the section, cosine of its best part, share of the question's rare words that it holds,
how far below `BRIEF` words it is, the late interaction (over the question's tokens, as they matter, the mean best
cosine with one of its own), and the mean best cosine of the quarter of the tokens that fit worst."""
LATE = ("late", "least")
THREAD_FEATURES = (*FEATURES, "whole_there", "late_there", "quoted", "beside")
"""Of a candidate in a thread: the same, then cosine and late interaction with the heading quoted before put in front of
the question, whether it was quoted before, and whether it stands under a heading of what was."""
ASKED = ("share", "lead", "length", "unseen")
"""Beside the candidates' figures: the best one's share and lead in logits, the logarithm of how many telling words were
typed, and what part of them, by rarity, no section holds."""
BRIEF = 12
_FAR = 50.0  # a logit beyond which no probability differs
_RUNNERS_UP = 9


@dataclass(frozen=True)
class Stage:
    """One look: `ranking` weighs a candidate's features; `covering` and `bias` weigh the question's evidence."""

    ranking: tuple[float, ...]
    covering: tuple[float, ...]
    bias: float

    def logits(self, candidates: Figures) -> Figures:
        """What ranks candidates (candidates, features), higher first (candidates,)."""
        return np.asarray(candidates @ self._ranking)

    def covered(self, candidates: Figures, asked: Figures) -> float:
        """The probability that a candidate answers a question of the field, from `evidence`."""
        weighed = evidence(candidates, self.logits(candidates), asked) @ self._covering + self.bias
        return sigmoid(float(weighed))

    @cached_property
    def _ranking(self) -> Figures:
        return np.array(self.ranking)

    @cached_property
    def _covering(self) -> Figures:
        return np.array(self.covering)


@dataclass(frozen=True)
class Hunch:
    """A linear model of a question's vector: `weights` (dimension,), or none for a model that it was not fitted on."""

    weights: tuple[float, ...]
    bias: float

    def logit(self, vector: NDArray[np.float32]) -> float:
        """What it says of a question's vector; its bias where it has no weights."""
        return float(vector @ self._weights) + self.bias if self.weights else self.bias

    def probability(self, vector: NDArray[np.float32]) -> float:
        """The same as a probability."""
        return sigmoid(self.logit(vector))

    @cached_property
    def _weights(self) -> Figures:
        return np.array(self.weights)


@dataclass(frozen=True)
class Head:
    """The looks: `first` without `LATE` features (they are 0), `second` with them, `thread` for a follow-up.

    `field` gives the probability that a question belongs to the field at all.
    """

    first: Stage
    second: Stage
    thread: Stage
    field: Hunch

    def covered(self, stage: Stage, candidates: Figures, asked: Figures, vector: NDArray[np.float32]) -> float:
        """The probability that any candidate answers: that the question is of the field, and that one answers it."""
        return self.field.probability(vector) * stage.covered(candidates, asked)


def read_head(path: Path) -> Head:
    """The Head of a JSON file. Raises OSError, and ValueError, TypeError or KeyError where it holds none."""
    head = made(Head, json.loads(path.read_bytes()))
    for stage, features in ((head.first, FEATURES), (head.second, FEATURES), (head.thread, THREAD_FEATURES)):
        if len(stage.ranking) != len(features) or len(stage.covering) != 4 * len(features) + len(ASKED):
            raise ValueError(f"{path.name} weighs other features than this bot reads")
        if not all(map(isfinite, (*stage.ranking, *stage.covering, stage.bias))):
            raise ValueError(f"{path.name} holds a weight that is no number")
    return head


def sigmoid(logit: float) -> float:
    """A logit as a probability."""
    return 1 / (1 + exp(-min(max(logit, -_FAR), _FAR)))


def shares(logits: Figures) -> Figures:
    """The softmax: what part of the belief each candidate has, adding up to 1."""
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


def evidence(candidates: Figures, logits: Figures, asked: Figures) -> Figures:
    """What tells whether any candidate answers, whatever it is.

    For each feature: the best candidate's figure, its lead over the next and over the mean of the next nine, and how
    far below the highest figure it stays; then its share and lead in logits; then what the question is like.
    """
    order = np.argsort(-logits, kind="stable")[: _RUNNERS_UP + 1]
    ranked, belief = candidates[order], shares(logits)[order]
    best, rest = ranked[0], ranked[1:] if len(ranked) > 1 else ranked
    lead = logits[order[0]] - logits[order[min(1, len(order) - 1)]]
    parts = (best, best - rest[0], best - rest.mean(axis=0), candidates.max(axis=0) - best, [belief[0], lead], asked)
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])
