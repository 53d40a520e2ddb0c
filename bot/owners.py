"""What was learnt about who decides: linear models of a text's reading, evaluated with numpy.

A reading is a text's vector by the encoder's own layers for who decides (`Encoder.read`). `training/owners.py` fits the
weights on scenarios; `owners.json` in the encoder's folder holds them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.domain import Owner
from bot.head import Hunch, shares, sigmoid
from bot.records import made

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bot.domain import Matter

    Figures = NDArray[np.float64]
    Vector = NDArray[np.float32]

OWNERS = tuple(Owner)
"""The order in which weights and probabilities stand."""


@dataclass(frozen=True)
class OwnerHead:
    """One Hunch an owner, in the order of OWNERS, and how much the nearness of the catalogue's matters counts.

    `near` weighs it for an owner, `sharpness` says how much nearer matters outweigh farther ones, `about` with
    `about_near` whether a text is about who decides at all. `worth` says by a text's vector alone whether a reading is
    worth its time: it lets through all but a few in a thousand of those that are.
    """

    owners: tuple[Hunch, ...]
    near: float
    sharpness: float
    about: Hunch
    about_near: float
    worth: Hunch


class Reading(NamedTuple):
    """What a text says of who decides: the probability that it is about that, and of each owner and matter.

    `owners` (7,) follow OWNERS and add up to 1; `matters` (matters,) add up to 1 less that of "unclear"; `cosines` are
    those of the text with each matter.
    """

    about: float
    owners: Figures
    matters: Figures
    cosines: Vector


class Catalogue:
    """The matters of one Index with their vectors (matters, dimension), of length 1, as an OwnerHead reads them."""

    def __init__(self, matters: Sequence[Matter], vectors: Vector, head: OwnerHead) -> None:
        self._vectors, self._head = vectors, head
        self._own = np.array([matter.standard is None for matter in matters], dtype=bool)
        self._standard = np.array([OWNERS.index(matter.standard or matter.owner) for matter in matters], dtype=np.int64)
        self._owner = np.array([OWNERS.index(matter.owner) for matter in matters], dtype=np.int64)
        base = np.flatnonzero(~self._own)
        self._rows = {int(owner): base[self._standard[base] == owner] for owner in np.unique(self._standard[base])}
        self._unheld = [place for place in range(len(OWNERS)) if place not in self._rows]

    def read(self, vector: Vector) -> Reading:
        """The Reading of a text's vector.

        The owners' weights speak of the base's owners; each one's belief is shared among its matters, the nearer the
        more, and counted for the owner that the council gives them. For a matter of the council's own, which was not
        there when the weights were learnt, nearness alone speaks, against all others'.
        """
        head, cosines = self._head, self._vectors @ vector
        logits = np.array([hunch.logit(vector) for hunch in head.owners])
        within = np.zeros(len(cosines))
        for owner, rows in self._rows.items():
            best, powers = self._powers(cosines[rows])
            within[rows] = powers / powers.sum()
            logits[owner] += head.near * (best + np.log(powers.mean()) / head.sharpness)
        believed = shares(logits)
        matters, left = within * believed[self._standard], 1.0
        if self._own.any():
            _, powers = self._powers(cosines)
            nearest = powers / powers.sum()
            left = float(nearest[~self._own].sum())
            matters = np.where(self._own, nearest, matters * left)
        owners = np.bincount(self._owner, weights=matters, minlength=len(OWNERS)).astype(np.float64)
        # What no matter stands for keeps its belief: "unclear" always, an owner where the base has none of its.
        owners[self._unheld] += believed[self._unheld] * left
        about = head.about.logit(vector) + head.about_near * (float(cosines.max()) if len(cosines) else 0.0)
        return Reading(sigmoid(about), owners, matters, cosines)

    def _powers(self, cosines: Vector) -> tuple[float, Figures]:
        """The highest cosine, and how much each counts beside it."""
        best = float(cosines.max())
        return best, np.exp(self._head.sharpness * (cosines.astype(np.float64) - best))


def read_owners(path: Path, dimension: int) -> OwnerHead:
    """The OwnerHead of a JSON file. Raises OSError, and ValueError, TypeError or KeyError where it holds none."""
    head = made(OwnerHead, json.loads(path.read_bytes()))
    hunches = (*head.owners, head.about, head.worth)
    lengths = {len(hunch.weights) for hunch in hunches}
    figures = [head.near, head.sharpness, head.about_near]
    for hunch in hunches:
        figures += [*hunch.weights, hunch.bias]
    if len(head.owners) != len(OWNERS) or not lengths <= {0, dimension} or head.sharpness <= 0:
        raise ValueError(f"{path.name} weighs other owners or vectors than this bot reads")
    if not np.all(np.isfinite(figures)):
        raise ValueError(f"{path.name} holds a weight that is no number")
    return head
