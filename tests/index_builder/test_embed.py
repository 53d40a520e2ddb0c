"""The builder's cache of embeddings: it saves time and changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.encoder import Embedding, Encoder, Seen
from index_builder.embed import embed, readings
from index_builder.model import DEFAULT_MODEL, bring_in, default_cache

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TEXTS = ("Officers set rotas.", "Be kind.", "Officers set rotas.", "")


@pytest.fixture(scope="session")
def passages() -> Encoder:
    return Encoder(bring_in(DEFAULT_MODEL, default_cache(), print), "fp32")


GROUPS = (("Mending a roof", "who mends the roof", "roof leaks"), ("Closing a lido", "shut the lido"), ("A fair",))


class _Counting(Encoder):
    """The real encoder, which says what it was given to see."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type] # as the encoder's
        self.seen: list[str] = []

    def see(self, text: str, *, closely: bool = False) -> Seen:
        self.seen.append(text)
        return super().see(text, closely=closely)


@pytest.fixture
def counting(passages: Encoder) -> _Counting:
    return _Counting(passages.folder, "fp32")


def _read(groups: tuple[tuple[str, ...], ...], encoder: Encoder, cache: Path) -> NDArray[np.float32]:
    return readings(groups, encoder, cache, lambda _: None)


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


def _mean(encoder: Encoder, texts: tuple[str, ...]) -> NDArray[np.float32]:
    """The mean reading and the mean vector of texts, each of length 1."""
    seen = [encoder.see(text) for text in texts]
    means = np.mean([(encoder.read(one), one.embedding.vector) for one in seen], axis=0)
    made: NDArray[np.float32] = means / np.linalg.norm(means, axis=1, keepdims=True)
    return made


def test_a_matter_is_the_mean_of_its_texts_readings_and_of_their_vectors(passages: Encoder, tmp_path: Path) -> None:
    made = _read(GROUPS, passages, tmp_path / "cache.db")
    assert made.dtype == np.float32
    assert made.shape == (len(GROUPS), 2, passages.dimension)
    for texts, matter in zip(GROUPS, made, strict=True):
        assert np.allclose(matter, _mean(passages, texts), atol=1e-6)
    assert not np.allclose(made[:, 0], made[:, 1], atol=0.1)


def test_what_the_cache_holds_is_not_read_anew_and_comes_out_as_it_went_in(counting: _Counting, tmp_path: Path) -> None:
    heard: list[int] = []
    first = readings(GROUPS, counting, tmp_path / "new" / "cache.db", heard.append)
    assert sorted(counting.seen) == sorted(text for texts in GROUPS for text in texts)
    again = readings(GROUPS[::-1], counting, tmp_path / "new" / "cache.db", heard.append)
    assert len(counting.seen) == sum(heard) / 2 == 6
    assert np.array_equal(first, again[::-1])


@pytest.mark.parametrize(
    "changed",
    [
        ("Closing a lido", "shut our lido"),
        ("Closing the lido", "shut the lido"),
        ("Closing a lido", "shut the lido", "drain it"),
        ("Closing a lido",),
        ("shut the lido", "Closing a lido"),
        ("Closing a lidoshut the lido",),
    ],
)
def test_a_changed_phrasing_has_its_matter_alone_read_anew(
    counting: _Counting, tmp_path: Path, changed: tuple[str, ...]
) -> None:
    before = _read(GROUPS, counting, tmp_path / "cache.db")
    counting.seen.clear()
    after = _read((GROUPS[0], changed, GROUPS[2]), counting, tmp_path / "cache.db")
    assert sorted(counting.seen) == sorted(changed)
    assert np.array_equal(after[[0, 2]], before[[0, 2]])
    assert np.allclose(after[1], _mean(counting, changed), atol=1e-6)


def test_two_matters_of_the_same_texts_have_the_same_reading(passages: Encoder, tmp_path: Path) -> None:
    made = _read((GROUPS[0], GROUPS[1], GROUPS[0]), passages, tmp_path / "cache.db")
    assert np.array_equal(made[0], made[2])
    assert not np.allclose(made[0], made[1])


@pytest.mark.parametrize("damage", ["substr(vector, 5)", "x''", "cast(vector || vector as blob)"])
def test_a_reading_of_another_length_is_not_used(counting: _Counting, tmp_path: Path, damage: str) -> None:
    made = _read(GROUPS, counting, tmp_path / "cache.db")
    with closing(sqlite3.connect(tmp_path / "cache.db")) as connection, connection:
        connection.execute(f"update readings set vector = {damage}")  # noqa: S608 - our own words
    assert np.array_equal(_read(GROUPS, counting, tmp_path / "cache.db"), made)
    assert len(counting.seen) == 12


def test_embeddings_and_readings_share_a_cache_and_do_not_mix(counting: _Counting, tmp_path: Path) -> None:
    texts = [texts[0] for texts in GROUPS]
    alone = [(text,) for text in texts]
    embedded, _ = embed(texts, counting, tmp_path / "cache.db", lambda _: None)
    counting.seen.clear()
    made = _read(tuple(alone), counting, tmp_path / "cache.db")
    assert sorted(counting.seen) == sorted(texts), "an embedding is no reading"
    again, anew = embed(texts, counting, tmp_path / "cache.db", lambda _: None)
    assert anew == 0
    assert _same(again, embedded)
    assert np.array_equal(_read(tuple(alone), counting, tmp_path / "cache.db"), made)


def test_an_earlier_version_s_cache_without_readings_gets_them(passages: Encoder, tmp_path: Path) -> None:
    embed(TEXTS, passages, tmp_path / "cache.db", lambda _: None)
    with closing(sqlite3.connect(tmp_path / "cache.db")) as connection, connection:
        connection.execute("drop table readings")
    assert len(_read(GROUPS, passages, tmp_path / "cache.db")) == 3
    assert embed(TEXTS, passages, tmp_path / "cache.db", lambda _: None)[1] == 0
