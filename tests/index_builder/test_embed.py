"""The builder's cache of embeddings: it saves time and changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.encoder import Embedding, Encoder
from index_builder.embed import embed
from index_builder.model import DEFAULT_MODEL, bring_in, default_cache

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ("Officers set rotas.", "Be kind.", "Officers set rotas.", "")


@pytest.fixture(scope="session")
def passages() -> Encoder:
    return Encoder(bring_in(DEFAULT_MODEL, default_cache(), print), "fp32")


def _same(one: list[Embedding], other: list[Embedding]) -> bool:
    return all(
        np.array_equal(left, right) for a, b in zip(one, other, strict=True) for left, right in zip(a, b, strict=True)
    )


def test_a_text_is_embedded_once_and_comes_out_of_the_cache_as_it_went_in(passages: Encoder, tmp_path: Path) -> None:
    heard: list[int] = []
    first, anew = embed(TEXTS, passages, tmp_path / "new" / "cache.db", heard.append)
    again, known = embed(TEXTS, passages, tmp_path / "new" / "cache.db", heard.append)
    assert (anew, known) == (3, 0)
    assert sum(heard) == 2 * len(TEXTS)
    assert _same(first, again)
    assert first[0].tokens.dtype == np.float16


def test_vectors_are_those_of_the_encoder_and_tokens_nearly(passages: Encoder, tmp_path: Path) -> None:
    made, _ = embed(TEXTS, passages, tmp_path / "cache.db", lambda _: None)
    for text, embedding in zip(TEXTS, made, strict=True):
        exact = passages.embed(text)
        assert np.array_equal(embedding.vector, exact.vector)
        assert np.allclose(embedding.tokens, exact.tokens, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize(
    "damage",
    [
        "update embeddings set vector = substr(vector, 5)",
        "update embeddings set tokens = substr(tokens, 3)",
        "update embeddings set vector = x''",
        "delete from embeddings",
    ],
)
def test_a_row_of_another_length_is_not_used(passages: Encoder, tmp_path: Path, damage: str) -> None:
    made, _ = embed(TEXTS, passages, tmp_path / "cache.db", lambda _: None)
    with closing(sqlite3.connect(tmp_path / "cache.db")) as connection, connection:
        connection.execute(damage)
    again, anew = embed(TEXTS, passages, tmp_path / "cache.db", lambda _: None)
    assert anew == 3
    assert _same(made, again)


def test_a_cache_that_is_no_database_is_made_again(passages: Encoder, tmp_path: Path) -> None:
    (tmp_path / "cache.db").write_bytes(b"no database, but long enough to be looked at as if it were one" * 9)
    made, anew = embed(TEXTS, passages, tmp_path / "cache.db", lambda _: None)
    assert (len(made), anew) == (4, 3)


def test_no_tokens_in_a_row_are_not_taken_for_a_text_s(passages: Encoder, tmp_path: Path) -> None:
    embed(TEXTS, passages, tmp_path / "cache.db", lambda _: None)
    with closing(sqlite3.connect(tmp_path / "cache.db")) as connection, connection:
        connection.execute("update embeddings set tokens = x''")
    again, _ = embed(TEXTS, passages, tmp_path / "cache.db", lambda _: None)
    assert all(len(embedding.tokens) for embedding in again)


def test_a_cache_of_vectors_alone_from_an_earlier_version_is_no_fault(passages: Encoder, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "cache.db")) as connection, connection:
        connection.execute("create table vectors (text blob primary key, vector blob not null)")
    assert embed(TEXTS, passages, tmp_path / "cache.db", lambda _: None)[1] == 3
