"""How a revision is searched is chosen from what is measured; no test here looks at a clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot import index as disk
from bot.nearest import Flat, Signs
from index_builder import search
from index_builder.build import build

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.nearest import Search

    Vectors = NDArray[np.float32]

COUNCIL = "barsetshire"
KNOWLEDGE = Path(__file__).parents[1] / "barsetshire"


def _unit(vectors: NDArray[np.floating]) -> Vectors:
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


VECTORS = _unit(np.random.default_rng(0).standard_normal((6000, 384)))
NONE = np.empty((0, 384), dtype=np.float32)


def _takes(monkeypatch: pytest.MonkeyPatch, *, flat: float, signs: float) -> None:
    def milliseconds(search: Search, _: Vectors) -> float:
        return flat if isinstance(search, Flat) else signs

    monkeypatch.setattr(search, "milliseconds", milliseconds)


def test_all_passages_are_compared_where_that_is_quick_and_no_question_is_embedded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _takes(monkeypatch, flat=10, signs=1)
    found, measured = search.chosen(VECTORS, lambda: pytest.fail("nothing needs a question"))
    assert isinstance(found, Flat)
    assert measured == {"flat_ms": 10}


def test_signs_are_chosen_where_they_find_as_much_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    _takes(monkeypatch, flat=11, signs=1)
    found, measured = search.chosen(VECTORS, lambda: NONE)
    assert isinstance(found, Signs)
    assert measured == {
        "flat_ms": 11,
        "signs_ms": 1,
        "recall_at_10": measured["recall_at_10"],
        "sample": 100,
    }
    assert measured["recall_at_10"] >= search.RECALL


def test_more_rows_are_compared_until_enough_is_found() -> None:
    far = _unit(np.random.default_rng(1).standard_normal((50, 384)))
    signs, share = search.by_signs(VECTORS, far)
    tried = search._TRIED.index(signs.rescored)
    assert tried > 0
    assert share >= search.RECALL
    fewer = Signs(VECTORS, signs.bits, search._TRIED[tried - 1])
    nearest = [Flat(VECTORS).nearest(vector, 10) for vector in far]
    assert search.recall(fewer, far, nearest) < search.RECALL


@pytest.mark.parametrize(("wanted", "signs"), [(1.1, 1), (0.98, 12)], ids=["never enough found", "no sooner"])
def test_all_passages_are_compared_where_signs_do_not_pay(
    monkeypatch: pytest.MonkeyPatch, wanted: float, signs: float
) -> None:
    _takes(monkeypatch, flat=11, signs=signs)
    monkeypatch.setattr(search, "RECALL", wanted)
    found, measured = search.chosen(VECTORS, lambda: NONE)
    assert isinstance(found, Flat)
    assert (measured["flat_ms"], measured["signs_ms"]) == (11, signs)


def test_the_councils_own_questions_are_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    own = _unit(np.random.default_rng(2).standard_normal((250, 384)))
    taken: list[Vectors] = []

    def by_signs(vectors: Vectors, sample: Vectors) -> tuple[Signs, float]:
        taken.append(sample)
        return Signs(vectors, np.empty((0, 48), dtype=np.uint8)), 1.0

    _takes(monkeypatch, flat=11, signs=1)
    monkeypatch.setattr(search, "by_signs", by_signs)
    search.chosen(VECTORS, lambda: own)
    search.chosen(VECTORS, lambda: own[:30])
    many, few = taken
    assert np.isin(many[:, 0], own[:, 0]).all()
    assert (few[:30] == own[:30]).all()
    assert (len(many), len(few)) == (100, 100)
    assert np.allclose(np.linalg.norm(few, axis=1), 1, atol=1e-5)


def test_one_row_is_enough_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    _takes(monkeypatch, flat=11, signs=1)
    assert isinstance(search.chosen(VECTORS[:1], lambda: NONE)[0], Signs)


def test_the_manifest_says_what_was_chosen_and_measured_and_loading_obeys_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _takes(monkeypatch, flat=11, signs=1)
    first = build(KNOWLEDGE, tmp_path, COUNCIL)
    manifest = json.loads((tmp_path / COUNCIL / first.revision / disk.MANIFEST).read_text())
    assert manifest["search"] == {
        "kind": "signs",
        "rescored": 400,
        "flat_ms": 11,
        "signs_ms": 1,
        "recall_at_10": 1.0,
        "sample": 100,
    }
    assert isinstance(disk.load(tmp_path, COUNCIL, first.revision).search, Signs)
    _takes(monkeypatch, flat=9, signs=1)
    again = build(KNOWLEDGE, tmp_path, COUNCIL)
    assert (again.published, again.revision) == (False, first.revision), "what is measured is not part of the name"


def test_a_small_council_is_searched_whole(published: Path) -> None:
    folder = published / COUNCIL / str(disk.current(published / COUNCIL))
    measured = json.loads((folder / disk.MANIFEST).read_text())["search"]
    assert set(measured) == {"kind", "flat_ms"}
    assert measured["kind"] == "flat"
