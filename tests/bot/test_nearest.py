"""Both searches find the nearest rows, whatever is asked of them; a revision says which it is searched by."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot import index as disk
from bot.domain import UnservableError
from bot.nearest import Flat, Signs, are_sign_bits, search_of, sign_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

COUNCIL = "barsetshire"
ROWS, DIMENSION = 20_000, 384


def _unit(vectors: NDArray[np.floating]) -> Vectors:
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _asked(vectors: Vectors, count: int) -> Vectors:
    """Vectors about as far from the rows as questions are."""
    chance = np.random.default_rng(1)
    noise = _unit(chance.standard_normal((count, vectors.shape[1])))
    return _unit(vectors[chance.integers(0, len(vectors), count)] + noise)


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    """Rows that lie as a protocol's do: in topics, around a common direction."""
    chance = np.random.default_rng(0)
    topics = chance.standard_normal((100, DIMENSION)) + chance.standard_normal(DIMENSION) / 2
    return _unit(topics[chance.integers(0, 100, ROWS)] + chance.standard_normal((ROWS, DIMENSION)))


@pytest.mark.parametrize("shards", [1, 2, 3])
def test_signs_find_what_a_comparison_of_all_rows_finds(vectors: Vectors, shards: int) -> None:
    flat, signs = Flat(vectors), Signs(vectors, sign_bits(vectors), 800, shards)
    asked = _asked(vectors, 50)
    shares = [np.isin(flat.nearest(vector, 10), signs.nearest(vector, 10)).mean() for vector in asked]
    assert np.mean(shares) >= 0.98


def test_all_rows_compared_are_those_of_a_plain_product_best_first(vectors: Vectors) -> None:
    for vector in _asked(vectors, 5):
        by_product = np.argsort(-(vectors @ vector), kind="stable")[:20].tolist()
        assert Flat(vectors).nearest(vector, 20).tolist() == by_product
        assert Signs(vectors, sign_bits(vectors), ROWS).nearest(vector, 20).tolist() == by_product


@pytest.mark.parametrize("rows", [1, 2, 7])
@pytest.mark.parametrize("shards", [1, 2])
def test_fewer_rows_than_are_asked_for_are_all_found_once(vectors: Vectors, rows: int, shards: int) -> None:
    few = vectors[:rows]
    for search in (Flat(few), Signs(few, sign_bits(few), 400, shards)):
        assert sorted(search.nearest(vectors[0], 120).tolist()) == list(range(rows))


def test_more_may_be_asked_for_than_are_compared_in_full(vectors: Vectors) -> None:
    assert len(Signs(vectors, sign_bits(vectors), 1).nearest(vectors[0], 120)) == 120


def test_lengths_that_fill_no_whole_byte_are_searched_too(vectors: Vectors) -> None:
    narrow = _unit(vectors[:500, :33])
    signs = Signs(narrow, sign_bits(narrow), 500)
    assert signs.bits.shape == (500, 5)
    assert signs.nearest(narrow[7], 3).tolist() == Flat(narrow).nearest(narrow[7], 3).tolist()


def test_what_is_no_number_is_never_served(vectors: Vectors) -> None:
    holed = vectors[:500].copy()
    holed[3] = np.nan
    for search in (Flat(holed), Signs(holed, sign_bits(holed))):
        assert 3 not in search.nearest(vectors[3], 500)
        assert len(search.nearest(np.full(DIMENSION, np.nan, dtype=np.float32), 10)) == 0


@pytest.mark.parametrize("length", [0, 383, 385])
def test_a_question_of_another_length_is_an_error_not_a_guess(vectors: Vectors, length: int) -> None:
    with pytest.raises(ValueError, match="reshape"):
        Signs(vectors, sign_bits(vectors)).nearest(np.ones(length, dtype=np.float32), 10)


def test_threads_share_one_search(vectors: Vectors) -> None:
    signs, asked = Signs(vectors, sign_bits(vectors), 400, shards=2), _asked(vectors, 64)
    alone = [signs.nearest(vector, 10).tolist() for vector in asked]
    with ThreadPoolExecutor(8) as threads:
        assert [rows.tolist() for rows in threads.map(lambda vector: signs.nearest(vector, 10), asked)] == alone


def test_sign_bits_are_those_of_their_vectors_only(vectors: Vectors) -> None:
    bits = sign_bits(vectors)
    assert bits.shape == (ROWS, DIMENSION // 8)
    assert are_sign_bits(bits, vectors)
    assert not are_sign_bits(bits[1:], vectors)
    bits[-1, -1] ^= 1
    assert not are_sign_bits(bits, vectors)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell what is mapped")
def test_searching_mapped_files_takes_no_memory_of_its_own(vectors: Vectors, tmp_path: Path) -> None:
    (tmp_path / "vectors").write_bytes(b"".join([vectors.tobytes()] * 4))
    (tmp_path / "signs").write_bytes(b"".join([sign_bits(vectors).tobytes()] * 4))
    mapped = np.memmap(tmp_path / "vectors", "<f4", "r").reshape(-1, DIMENSION)
    bits = np.memmap(tmp_path / "signs", "u1", "r").reshape(len(mapped), -1)
    searches = Flat(mapped), Signs(mapped, bits, shards=2)
    searches[1].nearest(vectors[0], 10)  # its threads have started
    before = _own_memory()
    for search in searches:
        assert vectors[0] @ mapped[search.nearest(vectors[0], 10)[0]] > 0.999
    assert are_sign_bits(bits, mapped)
    assert _own_memory() - before < mapped.nbytes / 4


def _own_memory() -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"kind": "guess"},
        {"kind": None},
        {"kind": "signs"},
        {"kind": "signs", "rescored": 0},
        {"kind": "signs", "rescored": True},
        {"kind": "signs", "rescored": "400"},
    ],
)
def test_a_search_that_is_not_known_is_refused_with_the_usual_sentence(
    own_index: Path, settings: dict[str, object]
) -> None:
    _with_search(own_index, settings)
    with pytest.raises(UnservableError, match="does not hold a sound revision; roll back or publish again"):
        disk.load(own_index, COUNCIL, _manifest(own_index).parent.name)


def test_a_revision_is_searched_as_its_manifest_says(own_index: Path) -> None:
    name = _manifest(own_index).parent.name
    flat = disk.load(own_index, COUNCIL, name)
    _with_search(own_index, {"kind": "signs", "rescored": 400, "recall_at_10": 0.99})
    signs = disk.load(own_index, COUNCIL, name)
    assert isinstance(flat.search, Flat)
    assert isinstance(signs.search, Signs)
    for vector in flat.vectors:
        assert signs.nearest(vector, 120).tolist() == flat.nearest(vector, 120).tolist()


@pytest.mark.parametrize("mapped_from", [0, 1 << 26])
def test_signs_that_are_not_those_of_the_vectors_are_refused_though_their_digest_is_right(
    own_index: Path, monkeypatch: pytest.MonkeyPatch, mapped_from: int
) -> None:
    monkeypatch.setattr(disk, "_MAPPED_FROM", mapped_from)
    path = _manifest(own_index).with_name("signs.u8")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)
    with pytest.raises(UnservableError, match="not the file that was published"):
        disk.load(own_index, COUNCIL, path.parent.name)
    manifest = json.loads(_manifest(own_index).read_text())
    manifest["files"][path.name]["sha256"] = hashlib.sha256(content).hexdigest()
    _manifest(own_index).write_text(json.dumps(manifest))
    with pytest.raises(UnservableError, match="rows that it does not hold"):
        disk.load(own_index, COUNCIL, path.parent.name)


@pytest.mark.parametrize("file", ["vectors.f32", "signs.u8", "tokens.f16"])
def test_files_that_are_mapped_are_verified_and_outlive_their_names(
    own_index: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    name = _manifest(own_index).parent.name
    read = disk.load(own_index, COUNCIL, name)
    monkeypatch.setattr(disk, "_MAPPED_FROM", 0)
    _with_search(own_index, {"kind": "signs", "rescored": 400})
    mapped = disk.load(own_index, COUNCIL, name)
    path = _manifest(own_index).with_name(file)
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    other = path.with_name("other")
    other.write_bytes(damaged)
    os.replace(other, path)  # noqa: PTH105 - what a published file may suffer: another takes its name
    with pytest.raises(UnservableError, match=f"{file} is not the file that was published"):
        disk.load(own_index, COUNCIL, name)
    path.unlink()
    assert mapped.vectors.tobytes() == read.vectors.tobytes()
    assert mapped.tokens.tobytes() == read.tokens.tobytes()
    assert mapped.nearest(read.vectors[2], 9).tolist() == read.nearest(read.vectors[2], 9).tolist()
    with pytest.raises(ValueError, match="read-only"):
        mapped.vectors[0, 0] = 1


def test_settings_make_the_same_search_again(vectors: Vectors) -> None:
    few = vectors[:9]
    for search in (Flat(few), Signs(few, sign_bits(few), 1600)):
        again = search_of(search.settings, few, sign_bits(few))
        assert (type(again), again.settings) == (type(search), search.settings)


def _manifest(index: Path) -> Path:
    return index / COUNCIL / str(disk.current(index / COUNCIL)) / disk.MANIFEST


def _with_search(index: Path, settings: dict[str, object]) -> None:
    manifest = {**json.loads(_manifest(index).read_text()), "search": settings}
    _manifest(index).write_text(json.dumps(manifest))
