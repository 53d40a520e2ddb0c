"""Whatever the power's failing leaves of two publishes and a rollback between them, the bot serves it whole.

The calls are those of a real builder; each state is made real and read by the bot's own code.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from crash_states import Crashes, Recorder, Recording
from publisher import FIRST, LATER, LATER_FROM, publish_again, publish_small
from system_calls import Builders

from bot import index as disk
from bot.domain import UnservableError
from index_builder.publish import history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crash_states import State

COUNCIL = "barsetshire"
SECOND, THIRD, AFTER = (f"2026-01-01-{number:08x}" for number in (1, 2, 3))
STEPS = (("publish", SECOND), ("rollback", FIRST), ("publish", THIRD))
_MEMORY = "/dev/shm"  # noqa: S108 - what is made there has a name that nobody can guess
CALLS = ("-e", "trace=%file,%desc")


class Case(NamedTuple):
    """A recording, the revision in force before it, and the revision that each of its steps puts in force."""

    recording: Recording
    turns: tuple[str | None, ...]
    published: dict[str, dict[str, bytes]]
    strict: tuple[bool, ...] = (False, True)


@pytest.fixture(scope="module")
def small(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index folder with a small revision in force, and another due."""
    index = tmp_path_factory.mktemp("small") / "index"
    publish_small(published, COUNCIL, index)
    return index


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: making thousands of folders real must not wait for a disk."""
    if not os.access(_MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def case(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Two publishes and a rollback between them, over a revision in force."""
    index = tmp_path_factory.mktemp("recorded") / "index"
    shutil.copytree(small, index)
    recorder = Recorder(index / COUNCIL)
    with Builders(small, COUNCIL) as builders:
        run = builders.run(index, STEPS, strace=CALLS)
    assert (run.status, run.said.split()) == (0, [SECOND, FIRST, THIRD]), run.erred
    return Case(recorder.recording(run.calls), (FIRST, SECOND, FIRST, THIRD), _contents(index / COUNCIL))


def _contents(council: Path) -> dict[str, dict[str, bytes]]:
    return {
        name: {file: (council / name / file).read_bytes() for file in (*disk.FILES, disk.MANIFEST)}
        for name in disk.revisions(council)
    }


def wrong(case: Case, root: Path, moment: int) -> str | None:
    """What a bot would do wrong that starts on what a crash at a moment left, None if nothing."""
    past = case.recording.ops[:moment]
    done = sum(op.kind == "say" and op.content.decode().strip() in case.turns for op in past)
    pointed = sum(disk.CURRENT in dict(op.gives).values() for op in past)
    try:
        name = disk.current(root / COUNCIL)
        index = disk.load(root, COUNCIL, name, encoder_files=()) if name else None
        due = disk.schedule(root / COUNCIL)
    except UnservableError:
        return "unreadable"
    if name not in case.turns[done : pointed + 1]:
        return "never in force" if name not in case.turns[: pointed + 1] else "acknowledged and lost"
    if index is None:
        return None
    name, headings = index.revision.name, {section.heading for section in index.revision.sections}
    files = {file: (root / COUNCIL / name / file).read_bytes() for file in case.published[name]}
    told = [event["revision"] for event in history(root / COUNCIL) if event["revision"] != LATER]
    expected = [turn for turn in case.turns[: done + 1] if turn]
    sound = {
        "mixed": headings == {name},
        "damaged and served": files == case.published[name],
        "what was due is forgotten": case.turns[0] is None or (LATER_FROM, LATER) in due,
        "no history": told[: len(expected)] == expected,
    }
    return next((fault for fault, holds in sound.items() if not holds), None)


class Found(NamedTuple):
    """How many states were made, how many of them differ, and what was wrong in how many."""

    states: int
    different: int
    wrong: Counter[str]


def explore(case: Case, folder: Path, states: int, seed: int, until: frozenset[str] | None = None) -> Found:
    """Make crash states real, one after the other, and have the bot read each; stop once some faults are found."""
    chance, seen, faults = random.Random(seed), set[int](), Counter[str]()  # noqa: S311 - a seed, not a secret
    pool, root = folder / f"pool-{seed}", folder / f"states-{seed}"
    pool.mkdir(parents=True)
    crashes = Crashes(case.recording, pool, case.strict)
    made = 0
    while made < states and not (faults and until is not None and until <= faults.keys()):
        state = crashes.state(chance)
        _make(crashes, state, root, case)
        if fault := wrong(case, root, state.moment):
            faults[fault] += 1
        seen.add(state.shape())
        shutil.rmtree(root)
        made += 1
    shutil.rmtree(pool)
    return Found(made, len(seen), faults)


def _make(crashes: Crashes, state: State, root: Path, case: Case) -> None:
    if case.turns[0]:
        root.mkdir()
    crashes.make(state, root / COUNCIL if case.turns[0] else root)


def _explore_and_tell(case: Case, folder: Path, states: int, seed: int) -> None:
    began = time.monotonic()
    found = explore(case, folder, states, seed)
    took = time.monotonic() - began
    print(f"\n{found.states} crash states, {found.different} different, seed {seed}, {took:.0f} s:", end=" ")  # noqa: T201
    print(f"{dict(found.wrong) or 'nothing wrong'}; {len(case.recording.ops)} operations")  # noqa: T201
    assert found.different > min(100, states / 4)
    assert not found.wrong


def test_no_crash_state_of_two_publishes_and_a_rollback_is_served_wrongly(case: Case, quick: Path) -> None:
    _explore_and_tell(case, quick, states=300, seed=2026)


@pytest.mark.slow
def test_none_of_many_crash_states_of_two_publishes_and_a_rollback_is_served_wrongly(case: Case, quick: Path) -> None:
    _explore_and_tell(case, quick, states=20_000, seed=2027)


@pytest.mark.parametrize(
    ("mutilate", "expected"),
    [
        (Recording.without_syncs, frozenset({"unreadable", "acknowledged and lost", "no history"})),
        (Recording.without_folder_syncs, frozenset({"acknowledged and lost"})),
        (Recording.renamed_first, frozenset({"unreadable"})),
    ],
    ids=["nothing forced to disk", "no folder forced to disk", "renamed before it is forced to disk"],
)
def test_the_explorer_finds_what_a_careless_builder_would_lose(
    case: Case, quick: Path, mutilate: object, expected: frozenset[str]
) -> None:
    assert callable(mutilate)
    found = explore(case._replace(recording=mutilate(case.recording)), quick, states=2_000, seed=7, until=expected)
    assert expected <= found.wrong.keys(), found


def test_the_explorer_finds_damage_that_a_bot_without_checksums_would_serve(
    case: Case, quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_verified", lambda path, _: path.read_bytes())
    damaged = "damaged and served"
    careless = case._replace(recording=case.recording.without_sync(disk.FILES.index("weights.f32")))
    assert explore(careless, quick, states=2_000, seed=7, until=frozenset({damaged})).wrong[damaged]


# Each file, the manifest, the staging folder, the council's folder; the history, the draft of `current`, the folder.
_ROLLBACK = 3
_PUBLISH = len(disk.FILES) + 3 + _ROLLBACK
_FOLDER = len(disk.FILES) + 2  # matters only where one rename of two is lost: found in some thousand states
_SOME = [0, *(number for number in range(len(disk.FILES), _PUBLISH + _ROLLBACK) if number != _FOLDER)]


@pytest.mark.parametrize(
    ("numbers", "states"),
    [(_SOME, 2_000), pytest.param(range(2 * _PUBLISH + _ROLLBACK), 20_000, marks=pytest.mark.slow)],
    ids=["some", "all"],
)
def test_nothing_that_a_builder_forces_to_disk_is_forced_in_vain(
    case: Case, quick: Path, numbers: Sequence[int], states: int
) -> None:
    assert len(case.recording.syncs()) == 2 * _PUBLISH + _ROLLBACK
    for number in numbers:
        careless = case._replace(recording=case.recording.without_sync(number))
        found = explore(careless, quick / str(number), states, seed=7, until=frozenset())
        assert found.wrong, f"without sync {number} nothing is lost in {states} states"


def _anything(_: State) -> bool:
    return True


def _torn_history(state: State) -> bool:
    return any(content.startswith(b'{"at"') and not content.endswith(b"\n") for content in state.torn.values())


def _draft_left(state: State) -> bool:
    return any(name.startswith(f".{disk.CURRENT}") for names in state.folders.values() for name in names)


def _again(case: Case, small: Path, folder: Path, states: int, which: Callable[[State], bool]) -> Iterator[Path]:
    """Folders in which a builder published straight after a crash, of those of some kind."""
    chance, pool, linked, root = random.Random(9), folder / "pool", folder / "linked", folder / "own"  # noqa: S311
    pool.mkdir()
    crashes, present = Crashes(case.recording, pool), disk.load(small, COUNCIL, FIRST, ())
    for _ in range(states):
        _make(crashes, next(filter(which, iter(lambda: crashes.state(chance), None))), linked, case)
        shutil.copytree(linked, root)
        shutil.copytree(small / disk.ENCODERS, root / disk.ENCODERS)
        publish_again(root, present, AFTER)
        yield root
        shutil.rmtree(root)
        shutil.rmtree(linked)


_AGAIN = pytest.mark.parametrize("states", [40, pytest.param(1_000, marks=pytest.mark.slow)])


@_AGAIN
def test_a_publish_straight_after_any_crash_is_in_force(case: Case, small: Path, quick: Path, states: int) -> None:
    for root in _again(case, small, quick, states, _anything):
        assert disk.current(root / COUNCIL) == AFTER
        disk.load(root, COUNCIL, AFTER)
        assert not [*(root / COUNCIL).glob(".staging-*"), *(root / COUNCIL).glob(".damaged-*")]


@_AGAIN
def test_a_publish_straight_after_any_crash_is_told_in_the_history(
    case: Case, small: Path, quick: Path, states: int
) -> None:
    for root in _again(case, small, quick, states, _torn_history):
        assert history(root / COUNCIL)[-1]["revision"] == AFTER


@_AGAIN
def test_a_publish_straight_after_any_crash_sweeps_the_draft_of_current(
    case: Case, small: Path, quick: Path, states: int
) -> None:
    for root in _again(case, small, quick, states, _draft_left):
        assert not [*(root / COUNCIL).glob(f".{disk.CURRENT}*")]


@pytest.mark.parametrize("strict", [False, True], ids=["ext4 and xfs", "any POSIX file system"])
def test_a_first_publish_is_not_lost_with_its_own_folder(small: Path, quick: Path, *, strict: bool) -> None:
    index = quick / "index"
    index.mkdir()
    recorder = Recorder(index)
    with Builders(small, COUNCIL) as builders:
        run = builders.run(index, (("install", str(small.parent / "cache")), ("publish", SECOND)), strace=CALLS)
    assert run.status == 0, run.erred
    first = Case(recorder.recording(run.calls), (None, SECOND), _contents(index / COUNCIL), (strict,))
    _explore_and_tell(first, quick, states=300, seed=2028)
