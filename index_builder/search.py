"""How a revision is searched: chosen at build, from what is measured on its own vectors, and kept in its manifest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.nearest import RESCORED, Flat, Signs, sign_bits
from index_builder.progress import bar, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bot.nearest import Search

    Vectors = NDArray[np.float32]

FLAT_LIMIT_MS = 10.0
"""Milliseconds, in the median, up to which every passage is compared with a question."""
RECALL = 0.98
"""Share of the ten nearest passages that a search by signs must find."""
_TOP = 10
_TIMED = 15
_ASKED = 100
_TRIED = (RESCORED, 800, 1600, 2400, 3200, 4800, 6400, 9600, 12_800)  # rows compared in full
_FAR = 0.5  # cosine between a sample and the row it is made of: questions are about as far from their answers


def chosen(vectors: Vectors, questions: Callable[[], Vectors]) -> tuple[Search, dict[str, Any]]:
    """The search of a revision's vectors, (passages, dimension), and what was measured, for its manifest.

    `questions` gives the vectors of the council's own questions, (questions, dimension); called only where it matters.
    """
    flat = Flat(vectors)
    timed = _disturbed(vectors, _TIMED)
    took = milliseconds(flat, timed)
    if took <= FLAT_LIMIT_MS:
        return flat, {"flat_ms": took}
    sample = _sample(vectors, questions())
    signs, recall = by_signs(vectors, sample)
    measured = {
        "flat_ms": took,
        "signs_ms": milliseconds(signs, timed),
        "recall_at_10": recall,
        "sample": len(sample),
    }
    say(
        f"Comparing all passages takes {took} ms; by their signs, with {signs.rescored} compared, it takes "
        f"{measured['signs_ms']} ms and finds {recall:.3f} of the ten nearest."
    )
    return signs if recall >= RECALL and measured["signs_ms"] < took else flat, measured


def by_signs(vectors: Vectors, sample: Vectors) -> tuple[Signs, float]:
    """The search by signs that compares the fewest rows and still finds RECALL of the ten nearest; and what it finds.

    `sample` are vectors like those of questions, (questions, dimension). Where none finds so much, the last is given.
    """
    flat, nearest = Flat(vectors), []
    with bar("Measuring the search", len(sample)) as advance:
        for vector in sample:
            nearest.append(flat.nearest(vector, _TOP))
            advance(1)
    bits = sign_bits(vectors)
    for rescored in _TRIED:
        signs = Signs(vectors, bits, rescored)
        share = recall(signs, sample, nearest)
        if share >= RECALL:
            break
    return signs, share


def milliseconds(search: Search, asked: Vectors) -> float:
    """The median time of a search."""
    times = []
    for vector in asked:
        begun = time.perf_counter()
        search.nearest(vector, _TOP)
        times.append(time.perf_counter() - begun)
    return round(1000 * float(np.median(times)), 3)


def recall(search: Search, asked: Vectors, nearest: list[NDArray[np.int64]]) -> float:
    """The share of what is nearest that a search finds, asked for as many; the mean of all questions asked."""
    found = [
        np.isin(rows, search.nearest(vector, len(rows))).mean() for vector, rows in zip(asked, nearest, strict=True)
    ]
    return round(float(np.mean(found)), 4)


def _sample(vectors: Vectors, questions: Vectors) -> Vectors:
    """Questions that are no rows: the council's own, and, where they are few, rows disturbed until they are as far."""
    own = questions[:: max(1, len(questions) // _ASKED)][:_ASKED]
    return own if len(own) == _ASKED else np.concatenate((own, _disturbed(vectors, _ASKED - len(own))))


def _disturbed(vectors: Vectors, count: int) -> Vectors:
    chance = np.random.default_rng(0)  # the same sample for the same vectors
    noise = chance.standard_normal((count, vectors.shape[1]), dtype=np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    disturbed = _FAR * vectors[chance.integers(0, len(vectors), count)] + np.sqrt(1 - _FAR**2) * noise
    made: Vectors = (disturbed / np.linalg.norm(disturbed, axis=1, keepdims=True)).astype(np.float32)
    return made
