"""The tokens of sections: whose they are, and how long."""

from __future__ import annotations

import numpy as np
import pytest

from bot.domain import Passage
from bot.encoder import Embedding
from index_builder.chunk import tokens_of

MOST = 4
VECTOR = np.ones(1, dtype=np.float32)


def _embedding(mark: int, count: int, length: float = 1.0) -> Embedding:
    """`count` tokens of four dimensions that all point along one, known by `mark`, in the precision of the cache."""
    tokens = np.zeros((count, 4), dtype=np.float16)
    tokens[:, mark] = length
    return Embedding(VECTOR, tokens)  # type: ignore[arg-type] # the builder's cache keeps 16 bits


def _marks(tokens: np.ndarray[tuple[int, ...], np.dtype[np.float16]]) -> list[int]:
    return [int(mark) for mark in tokens.argmax(axis=1)]


def test_a_section_has_the_tokens_of_its_framed_entire_passage() -> None:
    passages = (Passage(0, 0, 9), Passage(0, 0, 9, framed=False), Passage(0, 0, 4), Passage(0, 4, 9))
    tokens, starts = tokens_of(passages, [_embedding(mark, 3) for mark in range(4)], 1, MOST)
    assert (_marks(tokens), starts.tolist()) == ([0, 0, 0], [0, 3])
    assert tokens.dtype == np.float16
    assert starts.dtype == np.int32


def test_where_the_encoder_cut_it_short_its_parts_follow() -> None:
    passages = (Passage(0, 0, 9), Passage(0, 0, 9, framed=False), Passage(0, 0, 4), Passage(0, 4, 9))
    embeddings = [_embedding(0, MOST), _embedding(1, MOST), _embedding(2, 2), _embedding(3, 1)]
    tokens, starts = tokens_of(passages, embeddings, 1, MOST)
    assert (_marks(tokens), starts.tolist()) == ([0, 0, 0, 0, 2, 2, 3], [0, 7])


def test_a_bare_stem_has_no_tokens_and_its_neighbours_keep_theirs() -> None:
    passages = (Passage(1, 0, 9), Passage(3, 0, 9))
    tokens, starts = tokens_of(passages, [_embedding(1, 2), _embedding(3, 3)], 5, MOST)
    assert (_marks(tokens), starts.tolist()) == ([1, 1, 3, 3, 3], [0, 0, 2, 2, 5, 5])


@pytest.mark.parametrize("length", [1.0, 0.25, 0.01, 0.002, 0.0005])
def test_a_token_has_length_one_however_little_it_matters(length: float) -> None:
    chance = np.random.default_rng(4)
    drawn = chance.normal(size=(3, 96))
    drawn *= length / np.linalg.norm(drawn, axis=1, keepdims=True)
    embedding = Embedding(VECTOR, drawn.astype(np.float16))  # the precision of the cache
    tokens, _ = tokens_of((Passage(0, 0, 9),), [embedding], 1, MOST)
    assert np.linalg.norm(tokens.astype(np.float64), axis=1) == pytest.approx([1] * 3, abs=5e-3)
