"""What was made of a text is remembered to the last bit, and a memory that is lost or damaged costs time alone."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.answer import answer, serve
from bot.bootstrap import live
from bot.domain import Question
from bot.encoder import Encoder
from index_builder.model import DEFAULT_MODEL, bring_in, default_cache
from index_builder.remember import kept_in, remembering

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.encoder import Embedding, Seen
    from index_builder.remember import Remembering

TEXT, OTHER = "Who mends the weir?", "who mends the weir?"


class _Counting(Encoder):
    """The real encoder, which says what it was given to see and how."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type] # as the encoder's
        self.saw: list[tuple[str, bool]] = []

    def see(self, text: str, *, closely: bool = False) -> Seen:
        self.saw.append((text, closely))
        return super().see(text, closely=closely)


@pytest.fixture(scope="module")
def folder() -> Path:
    return bring_in(DEFAULT_MODEL, default_cache(), print)


@pytest.fixture
def counting(folder: Path) -> _Counting:
    return _Counting(folder)


def _same(one: Embedding, other: Embedding) -> bool:
    return all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))


def _all_of(remembers: Remembering) -> None:
    for closely in (False, True):
        remembers.read(remembers.see(TEXT, closely=closely), closely=closely)
    remembers.embed(OTHER)


def test_a_text_is_seen_and_read_once_in_each_way_and_then_remembered(counting: _Counting, tmp_path: Path) -> None:
    with remembering(counting, tmp_path / "new" / "questions.db") as remembers:
        _all_of(remembers)
        saw = list(counting.saw)
        _all_of(remembers)
        assert counting.saw == saw
    with remembering(counting, tmp_path / "new" / "questions.db") as remembers:
        _all_of(remembers)
        assert counting.saw == saw, "the next build remembers"


def test_what_is_remembered_is_what_the_encoder_says_to_the_last_bit(counting: _Counting, tmp_path: Path) -> None:
    exact = Encoder(counting.folder)
    for _ in range(2):
        with remembering(counting, tmp_path / "questions.db") as remembers:
            assert (remembers.head, remembers.owners) == (counting.head, counting.owners)
            for closely in (False, True):
                seen, wanted = (each.see(TEXT, closely=closely) for each in (remembers, exact))
                assert _same(seen.embedding, wanted.embedding)
                assert np.array_equal(remembers.read(seen, closely=closely), exact.read(wanted, closely=closely))


def test_fp32_and_int8_share_a_file_and_do_not_mix(folder: Path, tmp_path: Path) -> None:
    for _ in range(2):
        for precision in ("int8", "fp32"):
            exact = Encoder(folder, precision)
            with remembering(exact, tmp_path / "questions.db") as remembers:
                assert _same(remembers.embed(TEXT, closely=True), exact.embed(TEXT, closely=True))


@pytest.mark.parametrize(
    "damage",
    [
        "update seen set vector = substr(vector, 5)",
        "update seen set tokens = x''",
        "update read set reading = substr(reading, 5)",
        "drop table read",
    ],
)
def test_a_memory_that_is_damaged_is_not_used(counting: _Counting, tmp_path: Path, damage: str) -> None:
    file, exact = tmp_path / "questions.db", Encoder(counting.folder)
    with remembering(counting, file) as remembers:
        _all_of(remembers)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(damage)
    with remembering(counting, file) as remembers:
        assert _same(remembers.embed(TEXT), exact.embed(TEXT))
        assert np.array_equal(remembers.read(remembers.see(TEXT)), exact.read(exact.see(TEXT)))


def test_a_file_that_is_no_memory_at_all_is_written_anew(counting: _Counting, tmp_path: Path) -> None:
    (tmp_path / "questions.db").write_bytes(b"no database" * 100)
    with remembering(counting, tmp_path / "questions.db") as remembers:
        _all_of(remembers)
    assert (tmp_path / "questions.db").read_bytes().startswith(b"SQLite")


def test_threads_share_it(counting: _Counting, tmp_path: Path) -> None:
    with remembering(counting, tmp_path / "questions.db") as remembers, ThreadPoolExecutor(8) as threads:
        seen = list(threads.map(partial(remembers.embed, closely=True), [TEXT, OTHER] * 20))
    assert all(_same(embedding, seen[place % 2]) for place, embedding in enumerate(seen))


def test_answers_of_what_remembers_are_those_of_the_encoder(published: Path, tmp_path: Path) -> None:
    served = live(published, "barsetshire", print)()
    encoder = Encoder(served.index.encoder)
    for _ in range(2):
        with remembering(encoder, tmp_path / "questions.db") as remembers:
            other = serve(served.index, remembers)
            for text in (
                "who decides about a rota of £4,000?",
                "what tone should an e-mail take?",
                "the price of fish",
            ):
                one, two = answer(Question(text), served), answer(Question(text), other)
                assert (one.status, one.citations, one.signpost) == (two.status, two.citations, two.signpost)


def _unreadable(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    file.write_bytes(content)


def _no_folder(file: Path) -> None:
    shutil.rmtree(file.parent)
    file.parent.write_text("in the way")


def _locked(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("spoil", [_unreadable, _no_folder, _locked])
def test_a_memory_that_can_be_neither_read_nor_written_costs_time_alone(
    counting: _Counting, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    file, exact = tmp_path / "cache" / "questions.db", Encoder(counting.folder)
    with remembering(counting, file) as remembers:
        _all_of(remembers)
    spoil(file)
    with remembering(counting, file) as remembers:
        assert _same(remembers.embed(TEXT), exact.embed(TEXT))
        assert np.array_equal(remembers.read(remembers.see(TEXT)), exact.read(exact.see(TEXT)))


def test_other_libraries_have_another_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = kept_in(tmp_path, "0123")
    monkeypatch.setattr("index_builder.remember.version", lambda _: "99")
    assert kept_in(tmp_path, "0123") != here
    assert here.parent == tmp_path, "the image has this folder on a volume"
