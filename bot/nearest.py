"""The rows nearest to a vector: all of them compared, or the most promising by their sign bits; the only door to FAISS.

Both ways search the arrays where they lie, memory-mapped ones included: nothing is copied, and FAISS never sees a file.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import faiss
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sized

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Bits = NDArray[np.uint8]
    Rows = NDArray[np.int64]

T = TypeVar("T")

RESCORED = 400
"""Rows that their sign bits bring to be compared in full, at least."""
_COMPARED_FOR_ONE = 4  # rows compared in full for each that is asked for, at least
_SHARDS = min(2, os.cpu_count() or 1)
_SHARDED_FROM = 200_000  # rows: below, handing half to another thread costs what it saves
_PIECE = 4096  # rows packed at once
_helpers = ThreadPoolExecutor(_SHARDS, thread_name_prefix="nearest")


@dataclass(frozen=True)
class Flat:
    """Every row compared with the question: exact, and as slow as reading all `vectors`, (rows, dimension)."""

    vectors: Vectors

    @property
    def settings(self) -> dict[str, Any]:
        """What `search_of` makes this of again."""
        return {"kind": "flat"}

    def nearest(self, vector: Vectors, most: int) -> Rows:
        """The rows with the greatest inner product, best first, at most `most`; none for a vector that holds NaN."""
        most = min(most, len(self.vectors))
        _alone()
        _, rows = faiss.knn(vector[np.newaxis], self.vectors, most, metric=faiss.METRIC_INNER_PRODUCT)
        found: Rows = rows[0]
        return found[found >= 0]  # FAISS fills with -1, which Python would read as the last row


@dataclass(frozen=True)
class Signs:
    """The rows whose signs differ least from the question's, at least `rescored` of them, compared in full.

    `bits` are `sign_bits(vectors)`; of `vectors`, (rows, dimension), only the rows compared in full are touched.
    Any number of threads may share one.
    """

    vectors: Vectors
    bits: Bits
    rescored: int = RESCORED
    shards: int | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """What `search_of` makes this of again, but for the vectors and their bits."""
        return {"kind": "signs", "rescored": self.rescored}

    def nearest(self, vector: Vectors, most: int) -> Rows:
        """The rows with the greatest inner product of those compared, best first, at most `most`; none for NaN.

        ValueError for a vector of another length.
        """
        asked = np.ascontiguousarray(vector, dtype=np.float32).reshape(self.vectors.shape[1])  # read by its address
        rows = np.sort(self._alike(sign_bits(asked[np.newaxis]), max(self.rescored, _COMPARED_FOR_ONE * most)))
        scores = np.concatenate(_shared(lambda start, end: self._scores(asked, rows[start:end]), self._parts(rows)))
        if most < len(rows):
            kept = np.sort(np.argpartition(-scores, most)[:most])  # sorting all of them would take longer than scoring
            rows, scores = rows[kept], scores[kept]
        best = np.argsort(-scores, kind="stable")
        found: Rows = rows[best][~np.isnan(scores[best])]
        return found

    def _alike(self, asked: Bits, most: int) -> Rows:
        """The rows whose bits differ least from those asked for, (1, bytes), at most `most`, in any order."""

        def within(start: int, end: int) -> tuple[NDArray[np.int32], Rows]:
            _alone()
            distances, rows = faiss.knn_hamming(asked, self.bits[start:end], min(most, end - start), "mc")
            return distances[0], rows[0] + start

        distances, rows = (np.concatenate(each) for each in zip(*_shared(within, self._parts(self.bits)), strict=True))
        return rows if len(rows) <= most else rows[np.argsort(distances, kind="stable")[:most]]

    def _scores(self, asked: Vectors, rows: Rows) -> Vectors:
        scores = np.empty(len(rows), dtype=np.float32)
        arrays: tuple[NDArray[Any], ...] = (scores, asked, self.vectors, rows)
        _alone()
        # Twice as quick as gathering the rows first; the stubs leave it out.
        faiss.fvec_inner_products_by_idx(  # type: ignore[attr-defined]
            *(faiss.swig_ptr(array) for array in arrays), len(asked), 1, len(rows)
        )
        return scores

    def _parts(self, rows: Sized) -> list[tuple[int, int]]:
        shards = self.shards or (_SHARDS if len(self.bits) >= _SHARDED_FROM else 1)
        return list(pairwise(len(rows) * shard // shards for shard in range(shards + 1)))


def _alone() -> None:
    """Keep FAISS from starting threads of its own for one question; it remembers that for the calling thread only."""
    faiss.omp_set_num_threads(1)


def _shared(work: Callable[[int, int], T], parts: list[tuple[int, int]]) -> list[T]:
    """What the work makes of each part: the first done here, the others by helpers, or here where none has begun."""
    begun = [(_helpers.submit(work, *part), part) for part in parts[1:]]
    made = [work(*parts[0])]
    return made + [work(*part) if helped.cancel() else helped.result() for helped, part in begun]


Search = Flat | Signs


def sign_bits(vectors: Vectors) -> Bits:
    """One bit for each number of each row, set where it is above 0: (rows, dimension / 8 rounded up)."""
    pieces = [np.packbits(vectors[at : at + _PIECE] > 0, axis=1) for at in range(0, len(vectors), _PIECE)]
    return np.concatenate(pieces) if pieces else np.empty((0, -(-vectors.shape[1] // 8)), dtype=np.uint8)


def are_sign_bits(bits: Bits, vectors: Vectors) -> bool:
    """Whether `bits` are the sign bits of the vectors."""
    return len(bits) == len(vectors) and all(
        np.array_equal(bits[at : at + _PIECE], sign_bits(vectors[at : at + _PIECE]))
        for at in range(0, len(vectors), _PIECE)
    )


def search_of(settings: Mapping[str, Any], vectors: Vectors, bits: Bits) -> Search:
    """The search that `settings` name. KeyError, TypeError or ValueError where they name none that is known."""
    kind = settings["kind"]
    if kind == "flat":
        return Flat(vectors)
    if kind != "signs":
        raise ValueError(f"There is no search by {kind}")
    rescored = settings["rescored"]
    if type(rescored) is not int or rescored < 1:
        raise ValueError(f"{rescored} rows cannot be compared")
    return Signs(vectors, bits, rescored)
