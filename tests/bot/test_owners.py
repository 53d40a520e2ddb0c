"""What was learnt about who decides: beliefs that add up, councils that differ, and files that are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import Matter, Owner
from bot.head import Hunch, shares, sigmoid
from bot.owners import OWNERS, Catalogue, OwnerHead, read_owners

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

HEADS = Path(__file__).parents[2] / "training" / "heads"
FLAT = Hunch((), 0.0)
HEAD = OwnerHead(owners=(FLAT,) * 7, near=0.0, sharpness=5.0, about=FLAT, about_near=0.0, worth=FLAT)

EAST, NORTH, UP = np.eye(3, dtype=np.float32)
NORTH_EAST = ((EAST + NORTH) / np.sqrt(2)).astype(np.float32)

angles = st.floats(-1, 1, width=32)
vectors = st.tuples(angles, angles, angles).filter(any)
biases = st.lists(st.floats(-20, 20), min_size=7, max_size=7)
named = st.sampled_from(OWNERS[:-1])
listed = st.lists(st.tuples(st.none() | named, named, vectors), max_size=9)


def _matter(standard: Owner, owner: Owner | None = None) -> Matter:
    return Matter("name", "area", "title", "fact", owner or standard, standard)


def _added(owner: Owner) -> Matter:
    """A matter of the council's own, which the base does not have."""
    return replace(_matter(owner), standard=None)


def _unit(vector: Sequence[float]) -> NDArray[np.float32]:
    longer = np.array(vector, dtype=np.float64)
    return np.asarray(longer / np.linalg.norm(longer), dtype=np.float32)


def _catalogue(*matters: tuple[Matter, NDArray[np.float32]], head: OwnerHead = HEAD) -> Catalogue:
    rows = [vector for _, vector in matters]
    return Catalogue([matter for matter, _ in matters], np.array(rows, dtype=np.float32).reshape(-1, 3), head)


def _leaning(**biases: float) -> OwnerHead:
    return replace(HEAD, owners=tuple(Hunch((), biases.get(owner.name.lower(), 0.0)) for owner in OWNERS))


def _of(owners: NDArray[np.float64], owner: Owner) -> float:
    return float(owners[OWNERS.index(owner)])


def test_the_owners_stand_in_one_order_with_unclear_among_them() -> None:
    assert set(OWNERS) == set(Owner)
    assert len(OWNERS) == 7
    assert OWNERS[-1] is Owner.UNCLEAR


@settings(deadline=None)
@given(listed, biases, vectors, st.floats(-20, 20), st.floats(0.1, 100))
def test_whatever_a_text_is_near_the_owners_add_up_to_one_and_the_matters_to_what_they_stand_for(
    entries: list[tuple[Owner | None, Owner, tuple[float, float, float]]],
    biases: list[float],
    vector: tuple[float, float, float],
    near: float,
    sharpness: float,
) -> None:
    head = replace(HEAD, owners=tuple(Hunch((), bias) for bias in biases), near=near, sharpness=sharpness)
    known = [(replace(_matter(owner), standard=standard), _unit(at)) for standard, owner, at in entries]
    reading = _catalogue(*known, head=head).read(_unit(vector))
    assert reading.owners.shape == (7,)
    assert reading.owners.sum() == pytest.approx(1)
    assert reading.owners.min() >= 0
    assert reading.matters.shape == reading.cosines.shape == (len(entries),)
    held = {standard for standard, _, _ in entries} | {owner for _, owner, _ in entries}
    unheld = sum(_of(reading.owners, owner) for owner in OWNERS if owner not in held)
    assert reading.matters.sum() <= 1 - unheld + 1e-9
    assert 0 <= reading.about <= 1


def test_the_matters_have_all_the_belief_but_that_of_unclear() -> None:
    full = [(_matter(owner), EAST) for owner in OWNERS[:-1]]
    reading = _catalogue(*full, head=_leaning(unclear=1.0)).read(NORTH)
    assert reading.matters.sum() == pytest.approx(1 - _of(reading.owners, Owner.UNCLEAR))
    assert reading.cosines == pytest.approx([0] * 6)


def test_a_catalogue_without_a_council_s_changes_believes_what_the_weights_say() -> None:
    head = _leaning(operational=1.0, cabinet=2.0, council=-1.0, regulatory=0.5, political=3.0, unclear=-2.0)
    full = [(_matter(owner), vector) for owner in OWNERS[:-1] for vector in (EAST, NORTH)]
    reading = _catalogue(*full, head=head).read(NORTH_EAST)
    assert reading.owners == pytest.approx(shares(np.array([hunch.bias for hunch in head.owners])))


def test_the_weights_look_at_the_text() -> None:
    north = Hunch((0.0, 5.0, 0.0), 0.0)
    head = replace(HEAD, owners=tuple(north if owner is Owner.REGULATORY else FLAT for owner in OWNERS))
    catalogue = _catalogue((_matter(Owner.REGULATORY), UP), head=head)
    assert int(np.argmax(catalogue.read(NORTH).owners)) == OWNERS.index(Owner.REGULATORY)
    assert _of(catalogue.read(EAST).owners, Owner.REGULATORY) == pytest.approx(1 / 7)


def test_an_owner_that_a_council_changes_takes_exactly_that_matter_s_share_with_it() -> None:
    near, far = _matter(Owner.OPERATIONAL), _matter(Owner.OPERATIONAL)
    other = (_matter(Owner.CABINET), UP)
    before = _catalogue((near, EAST), (far, NORTH), other).read(EAST)
    after = _catalogue((replace(near, owner=Owner.COUNCIL), EAST), (far, NORTH), other).read(EAST)
    moved = before.matters[0]
    assert after.matters == pytest.approx(before.matters)
    change = after.owners - before.owners
    assert change[OWNERS.index(Owner.OPERATIONAL)] == pytest.approx(-moved)
    assert change[OWNERS.index(Owner.COUNCIL)] == pytest.approx(moved)
    untouched = [place for place, owner in enumerate(OWNERS) if owner not in {Owner.OPERATIONAL, Owner.COUNCIL}]
    assert change[untouched] == pytest.approx(0)
    assert moved > before.matters[1] > 0


def test_an_owner_who_keeps_none_of_its_matters_is_never_named() -> None:
    given_away = [(_matter(Owner.CABINET, Owner.COUNCIL), vector) for vector in (EAST, NORTH)]
    reading = _catalogue(*given_away, head=_leaning(cabinet=20.0)).read(EAST)
    assert _of(reading.owners, Owner.CABINET) == 0
    assert _of(reading.owners, Owner.COUNCIL) == pytest.approx(1, abs=1e-6)


def test_an_owner_without_a_matter_in_the_catalogue_keeps_its_belief() -> None:
    head = _leaning(statutory_officer=2.0)
    reading = _catalogue((_matter(Owner.OPERATIONAL), EAST), head=head).read(EAST)
    assert reading.owners == pytest.approx(shares(np.array([hunch.bias for hunch in head.owners])))
    assert OWNERS[int(np.argmax(reading.owners))] is Owner.STATUTORY_OFFICER
    assert reading.matters.sum() == pytest.approx(_of(reading.owners, Owner.OPERATIONAL))


def test_unclear_needs_no_matter_to_win() -> None:
    full = [(_matter(owner), EAST) for owner in OWNERS[:-1]]
    reading = _catalogue(*full, head=_leaning(unclear=10.0)).read(EAST)
    assert OWNERS[int(np.argmax(reading.owners))] is Owner.UNCLEAR
    assert reading.matters.sum() < 0.01


def test_an_empty_catalogue_leaves_the_weights_alone() -> None:
    reading = _catalogue(head=replace(_leaning(cabinet=1.0), near=3.0, about_near=3.0)).read(EAST)
    assert OWNERS[int(np.argmax(reading.owners))] is Owner.CABINET
    assert (reading.matters.size, reading.cosines.size, reading.about) == (0, 0, 0.5)


def test_the_nearer_matter_leads_and_by_as_much_as_the_sharpness_says() -> None:
    for sharpness in (1.0, 10.0):
        head = replace(HEAD, sharpness=sharpness)
        near, far = (
            _catalogue((_matter(Owner.POLITICAL), EAST), (_matter(Owner.POLITICAL), NORTH), head=head)
            .read(_unit((0.8, 0.6, 0)))
            .matters
        )
        assert near / far == pytest.approx(np.exp(sharpness * 0.2), rel=1e-5)


def test_cosines_are_those_of_the_text_with_each_matter() -> None:
    reading = _catalogue((_matter(Owner.POLITICAL), EAST), (_matter(Owner.CABINET), NORTH)).read(_unit((0.8, 0.6, 0)))
    assert reading.cosines == pytest.approx([0.8, 0.6])


def test_an_owner_gains_by_a_matter_that_is_near_where_nearness_counts() -> None:
    known = [(_matter(Owner.REGULATORY), EAST), (_matter(Owner.COUNCIL), NORTH)]
    for near, chosen in ((0.0, Owner.OPERATIONAL), (5.0, Owner.REGULATORY)):
        reading = _catalogue(*known, head=replace(_leaning(operational=1.0), near=near)).read(EAST)
        assert OWNERS[int(np.argmax(reading.owners))] is chosen


def test_an_owner_gains_nothing_by_having_its_matters_twice() -> None:
    head = replace(HEAD, near=4.0)
    once = [(_matter(Owner.REGULATORY), EAST), (_matter(Owner.REGULATORY), NORTH), (_matter(Owner.COUNCIL), NORTH)]
    twice = [*once, *once[:2]]
    vector = _unit((0.8, 0.6, 0))
    assert _catalogue(*twice, head=head).read(vector).owners == pytest.approx(
        _catalogue(*once, head=head).read(vector).owners
    )


def test_a_matter_that_a_council_adds_is_believed_by_its_nearness_against_all_others() -> None:
    head = _leaning(cabinet=2.0, unclear=1.0)
    known = [(_matter(Owner.CABINET), EAST), (_matter(Owner.COUNCIL), NORTH)]
    before = _catalogue(*known, head=head).read(NORTH_EAST)
    after = _catalogue(*known, (_added(Owner.POLITICAL), EAST), head=head).read(NORTH_EAST)
    assert after.matters[2] == pytest.approx(1 / 3), "three that are as near as each other"
    assert after.matters[:2] == pytest.approx(before.matters * 2 / 3)
    political = OWNERS.index(Owner.POLITICAL)
    assert after.owners[political] == pytest.approx(before.owners[political] * 2 / 3 + 1 / 3)
    assert _of(after.owners, Owner.UNCLEAR) == pytest.approx(_of(before.owners, Owner.UNCLEAR) * 2 / 3)


def test_a_text_that_is_nearest_to_what_a_council_added_goes_to_its_owner_whatever_the_weights_say() -> None:
    head = replace(_leaning(cabinet=20.0), sharpness=30.0)
    catalogue = _catalogue((_matter(Owner.CABINET), NORTH), (_added(Owner.OPERATIONAL), EAST), head=head)
    assert OWNERS[int(np.argmax(catalogue.read(EAST).owners))] is Owner.OPERATIONAL
    assert OWNERS[int(np.argmax(catalogue.read(NORTH).owners))] is Owner.CABINET


def test_a_text_is_about_who_decides_by_its_own_words_and_by_the_nearest_matter() -> None:
    known = [(_matter(Owner.REGULATORY), EAST), (_matter(Owner.COUNCIL), NORTH)]
    head = replace(HEAD, about=Hunch((0.0, 0.0, 2.0), -1.0), about_near=3.0)
    catalogue = _catalogue(*known, head=head)
    assert catalogue.read(EAST).about == pytest.approx(sigmoid(-1 + 3))
    assert catalogue.read(UP).about == pytest.approx(sigmoid(-1 + 2))
    assert catalogue.read(-UP).about == pytest.approx(sigmoid(-1 - 2))


def _record() -> dict[str, Any]:
    hunch = {"weights": [0.5, -0.25, 1.0], "bias": 0.125}
    return {
        "owners": [hunch] * 7,
        "near": 2.0,
        "sharpness": 8.0,
        "about": {"weights": [1.0, 0.0, 0.0], "bias": 1.0},
        "about_near": 0.5,
        "worth": {"weights": [], "bias": 3.0},
    }


def _written(folder: Path, record: object) -> Path:
    path = folder / "owners.json"
    path.write_text(json.dumps(record), "utf-8")
    return path


def test_a_head_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_owners(_written(tmp_path, _record()), 3) == OwnerHead(
        owners=(Hunch((0.5, -0.25, 1.0), 0.125),) * 7,
        near=2.0,
        sharpness=8.0,
        about=Hunch((1.0, 0.0, 0.0), 1.0),
        about_near=0.5,
        worth=Hunch((), 3.0),
    )


@pytest.mark.parametrize("name", ["owners", "owners-plain"])
def test_the_project_s_own_heads_are_read(name: str) -> None:
    head = read_owners(HEADS / f"{name}.json", 384)
    assert len(head.owners) == len(OWNERS)


def test_a_head_may_leave_out_weights_but_not_have_others(tmp_path: Path) -> None:
    without = {**_record(), "owners": [{"weights": [], "bias": 0.0}] * 7}
    assert read_owners(_written(tmp_path, without), 3).owners[0].weights == ()


@pytest.mark.parametrize(
    "change",
    [
        {"owners": []},
        {"owners": _record()["owners"][:6]},
        {"owners": [*_record()["owners"], _record()["about"]]},
        {"owners": [*_record()["owners"][:6], {"weights": [1.0, 2.0], "bias": 0.0}]},
        {"about": {"weights": [1.0] * 4, "bias": 0.0}},
        {"worth": {"weights": [1.0], "bias": 0.0}},
        {"sharpness": 0.0},
        {"sharpness": -1.0},
    ],
)
def test_a_head_of_other_owners_or_vectors_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^owners\.json weighs other owners or vectors than this bot reads$"):
        read_owners(_written(tmp_path, {**_record(), **change}), 3)


def test_a_head_of_vectors_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^owners\.json weighs other owners or vectors than this bot reads$"):
        read_owners(_written(tmp_path, _record()), 4)


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(
    "changed",
    [
        lambda figure: {"near": figure},
        lambda figure: {"about_near": figure},
        lambda figure: {"about": {"weights": [figure, 0.0, 0.0], "bias": 0.0}},
        lambda figure: {"about": {"weights": [], "bias": figure}},
        lambda figure: {"worth": {"weights": [0.0, 0.0, figure], "bias": 0.0}},
        lambda figure: {"worth": {"weights": [], "bias": figure}},
        lambda figure: {"owners": [*_record()["owners"][:6], {"weights": [0.0, figure, 0.0], "bias": 0.0}]},
        lambda figure: {"owners": [*_record()["owners"][:6], {"weights": [], "bias": figure}]},
    ],
)
def test_a_weight_that_is_no_number_is_refused(tmp_path: Path, changed: Any, figure: float) -> None:
    with pytest.raises(ValueError, match=r"^owners\.json holds a weight that is no number$"):
        read_owners(_written(tmp_path, {**_record(), **changed(figure)}), 3)


@pytest.mark.parametrize("figure", [float("nan"), float("inf")])
def test_a_sharpness_that_is_no_number_is_refused(tmp_path: Path, figure: float) -> None:
    with pytest.raises(ValueError, match=r"owners\.json"):
        read_owners(_written(tmp_path, {**_record(), "sharpness": figure}), 3)


@pytest.mark.parametrize("key", list(_record()))
@pytest.mark.parametrize("value", [None, "many", [], {}, [None], {"weights": "none", "bias": 0}])
def test_a_part_of_another_kind_is_refused(tmp_path: Path, key: str, value: object) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        read_owners(_written(tmp_path, {**_record(), key: value}), 3)


@pytest.mark.parametrize("key", list(_record()))
def test_a_part_that_is_missing_is_refused(tmp_path: Path, key: str) -> None:
    record = _record()
    del record[key]
    with pytest.raises(KeyError):
        read_owners(_written(tmp_path, record), 3)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"3", b"{}", b'"owners"', b"\xff\xfe", b"\x00" * 99])
def test_what_holds_no_head_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "owners.json").write_bytes(content)
    with pytest.raises((ValueError, TypeError, KeyError)):
        read_owners(tmp_path / "owners.json", 3)


def test_a_weight_too_large_for_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        read_owners(_written(tmp_path, {**_record(), "near": 10**400}), 3)


def test_a_head_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_owners(tmp_path / "owners.json", 3)
