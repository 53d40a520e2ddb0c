"""Files damaged on disk: never served, said in a sentence with a mend, and the way back stays open."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from publisher import publish_again

from bot import index as disk
from bot.bootstrap import make_ask
from bot.domain import Question, Status, UnservableError
from bot.encoder_files import ENCODER_FILES, MAPPED_FILES, QUESTION_FILES, file_sha256
from bot.live import Live
from index_builder.publish import history, local_today, record, roll_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNCIL = "barsetshire"
ROOT = Path(__file__).parents[2]
SECOND = "2026-01-02-00000002"
QUESTIONS = (Question("2.1"), Question("who sets the rota?"))
_LARGE = 1_000_000
_MENDS = ("publish", "roll back", "build")


class Pair(NamedTuple):
    """A private index with two revisions of different words, both sound, and the files of each."""

    root: Path
    first: str
    second: str

    @property
    def council(self) -> Path:
        """The council's folder."""
        return self.root / COUNCIL

    @property
    def encoder(self) -> Path:
        """The folder of the encoder that both share."""
        (folder,) = (folder for folder in (self.root / disk.ENCODERS).iterdir() if folder.is_dir())
        return folder

    def files(self, revision: str, encoder_files: tuple[str, ...] = ENCODER_FILES) -> list[Path]:
        """Every file of a revision and of its encoder."""
        own = [self.council / revision / name for name in (disk.MANIFEST, *disk.FILES)]
        return [*own, *(self.encoder / name for name in encoder_files)]


@pytest.fixture(scope="module")
def pair(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    index = tmp_path_factory.mktemp("damaged") / "index"
    shutil.copytree(published, index)
    first = str(disk.current(index / COUNCIL))
    publish_again(index, disk.load(index, COUNCIL, first), SECOND)
    yield Pair(index, first, SECOND)
    shutil.rmtree(index)


# --- the damages ---


@contextmanager
def _rewritten(path: Path, start: int, change: Callable[[bytes], bytes], length: int) -> Iterator[None]:
    with path.open("r+b") as file:
        file.seek(start)
        kept = file.read(length)
        file.seek(start)
        file.write(change(kept))
    try:
        yield
    finally:
        with path.open("r+b") as file:
            file.seek(start)
            file.write(kept)


def _flipped(path: Path, chance: random.Random, _: Path) -> Any:
    start, bit = chance.randrange(path.stat().st_size), 1 << chance.randrange(8)
    return _rewritten(path, start, lambda kept: bytes([kept[0] ^ bit]), 1)


def _overwritten(path: Path, chance: random.Random, _: Path) -> Any:
    start, length = chance.randrange(path.stat().st_size), chance.randint(2, 64)
    return _rewritten(path, start, lambda kept: bytes(byte ^ chance.randint(1, 255) for byte in kept), length)


def _zeroed(path: Path, chance: random.Random, _: Path) -> Any:
    start, length = chance.randrange(path.stat().st_size), chance.randint(1, 4096)
    # Zeros over zeros are no damage: then the run is of ones.
    return _rewritten(path, start, lambda kept: bytes(len(kept)) if any(kept) else b"\xff" * len(kept), length)


@contextmanager
def _cut(path: Path, chance: random.Random, _: Path) -> Iterator[None]:
    size = chance.randrange(path.stat().st_size)
    with path.open("r+b") as file:
        file.seek(size)
        kept = file.read()
        file.truncate(size)
    try:
        yield
    finally:
        with path.open("ab") as file:
            file.write(kept)


@contextmanager
def _lengthened(path: Path, chance: random.Random, _: Path) -> Iterator[None]:
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(chance.randbytes(chance.randint(1, 4096)))
    try:
        yield
    finally:
        os.truncate(path, size)


@contextmanager
def _set_aside(path: Path) -> Iterator[None]:
    aside = path.with_name(".aside")
    path.rename(aside)
    try:
        yield
    finally:
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        aside.rename(path)


def _gone(path: Path, _: random.Random, __: Path) -> Any:
    return _set_aside(path)


@contextmanager
def _made_a_folder(path: Path, _: random.Random, __: Path) -> Iterator[None]:
    with _set_aside(path):
        path.mkdir()
        yield


@contextmanager
def _linked(path: Path, _: random.Random, other: Path) -> Iterator[None]:
    with _set_aside(path):
        path.symlink_to(other)
        yield


@contextmanager
def _swapped(path: Path, _: random.Random, other: Path) -> Iterator[None]:
    def swap() -> None:
        path.rename(aside)
        other.rename(path)
        aside.rename(other)

    aside = path.with_name(".aside")
    swap()
    try:
        yield
    finally:
        swap()


DAMAGES: dict[str, Callable[[Path, random.Random, Path], Any]] = {
    "bit flipped": _flipped,
    "bytes overwritten": _overwritten,
    "zero-filled": _zeroed,
    "truncated": _cut,
    "lengthened": _lengthened,
    "missing": _gone,
    "a folder": _made_a_folder,
    "linked to another revision's": _linked,
    "swapped with another": _swapped,
}


class Case(NamedTuple):
    """One damage: which file, how, and the other file that a swap or a link takes."""

    path: Path
    kind: str
    other: Path


def _deck(pair: Pair, encoder_files: tuple[str, ...] = ENCODER_FILES) -> list[Path]:
    """Every file of a revision, the larger the seldomer: a file of 90 MB takes as long as ten small ones."""
    paths = pair.files(pair.second, encoder_files)
    weights = [8 if path.name == disk.MANIFEST else 1 if path.stat().st_size > _LARGE else 4 for path in paths]
    return [path for path, weight in zip(paths, weights, strict=True) for _ in range(weight)]


def _cases(pair: Pair, deck: list[Path], count: int, chance: random.Random) -> Iterator[Case]:
    digests = {path: file_sha256(path) for path in (*pair.files(pair.second), *pair.files(pair.first))}
    drawn: list[Path] = []
    for _ in range(count):
        drawn = drawn or chance.sample(deck, len(deck))
        path = drawn.pop()
        kind = chance.choice(list(DAMAGES))
        beside = [other for other in digests if other.parent == path.parent and digests[other] != digests[path]]
        other, same = chance.choice(beside), pair.council / pair.first / path.name
        if kind.startswith("linked") and digests.get(same, digests[path]) != digests[path]:
            other = same
        yield Case(path, kind, other)


# --- what comes of them ---


def _say(figures: str) -> None:
    sys.stdout.write(f"{figures}\n")


def _alike(one: Any, two: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == two.dtype and np.array_equal(one, two)
    if is_dataclass(one):
        return type(one) is type(two) and all(_alike(getattr(one, f.name), getattr(two, f.name)) for f in fields(one))
    return bool(one == two)


def _same_served(loaded: disk.Index, sound: disk.Index) -> bool:
    """Whether two Indexes serve the same to the last byte; `created`, which nothing serves, is left aside."""
    dated = replace(loaded.revision, created=sound.revision.created)
    parts = (field.name for field in fields(sound) if field.name not in {"revision", "flat"})
    return _alike(dated, sound.revision) and all(_alike(getattr(loaded, name), getattr(sound, name)) for name in parts)


def _told_well(sentence: str, places: tuple[Path, ...]) -> bool:
    one = sentence.endswith(".") and "\n" not in sentence and ". " not in sentence
    return one and any(place.name in sentence for place in places) and any(mend in sentence for mend in _MENDS)


def _outcome(pair: Pair, case: Case, sound: disk.Index) -> str:
    of_encoder = case.path.parent == pair.encoder
    manifest = case.path.name == disk.MANIFEST
    looked_at = (case.path.name,) if of_encoder else None if manifest else ()
    try:
        loaded = disk.load(pair.root, COUNCIL, pair.second, looked_at)
    except UnservableError as fault:
        told = _told_well(str(fault), (pair.council / pair.second, pair.root / disk.ENCODERS))
        return "refused" if told else f"refused without file or mend: {fault}"
    except BaseException as fault:  # noqa: BLE001 - whatever escapes is what is counted
        return f"escaped: {type(fault).__name__}"
    return "served unchanged" if manifest and _same_served(loaded, sound) else "damaged served"


def _remembered() -> Callable[[Path], str]:
    """`file_sha256` that reads the encoder's files once, for damages that leave them as they are."""
    known: dict[Path, str] = {}

    def sha256(path: Path) -> str:
        if path not in known:
            known[path] = file_sha256(path)
        return known[path]

    return sha256


def _count_outcomes(pair: Pair, cases: Iterator[Case], chance: random.Random) -> Counter[str]:
    sound, beside = (disk.load(pair.root, COUNCIL, name) for name in (pair.second, pair.first))
    outcomes: Counter[str] = Counter()
    remembered = _remembered()
    for turn, case in enumerate(cases):
        with DAMAGES[case.kind](case.path, chance, case.other), pytest.MonkeyPatch.context() as patch:
            if case.path.name == disk.MANIFEST:
                patch.setattr(disk, "file_sha256", remembered)
            outcome = _outcome(pair, case, sound)
            if outcome not in {"refused", "served unchanged"}:
                _say(f"{case.kind}: {case.path.name}: {outcome}")
            outcomes[outcome] += 1
            if turn % 25 == 0:  # what stands beside the damaged one can still be gone back to
                outcomes["unreadable"] += not _is_whole(pair.root, pair.first, beside)
    outcomes["unreadable"] += not _is_whole(pair.root, pair.second, sound)
    return outcomes


def _is_whole(index: Path, name: str, as_it_was: disk.Index) -> bool:
    try:
        return _same_served(disk.load(index, COUNCIL, name, ()), as_it_was)
    except UnservableError:
        return False


def _damage(pair: Pair, count: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a seed, not a secret
    cases = list(_cases(pair, _deck(pair), count, chance))
    outcomes = _count_outcomes(pair, iter(cases), chance)
    bad = {name: number for name, number in outcomes.items() if name not in {"refused", "served unchanged"} and number}
    least = min(Counter(case.path for case in cases).values())
    _say(
        f"{count} damages, seed {seed}: {outcomes['refused']} refused, {outcomes['served unchanged']} of the manifest "
        f"that change nothing served; unreadable {outcomes['unreadable']}, damaged served "
        f"{outcomes['damaged served']}, exception escaped {sum(n for o, n in bad.items() if o.startswith('escaped'))}; "
        f"each of {len(set(_deck(pair)))} files at least {least} times"
    )
    assert {case.path for case in cases} == set(pair.files(pair.second)), "a file was never damaged"
    assert not bad


def test_no_damage_of_any_file_is_served(pair: Pair) -> None:
    _damage(pair, 250, seed=250)


@pytest.mark.slow
def test_no_damage_of_any_file_is_served_in_ten_thousand(pair: Pair) -> None:
    _damage(pair, 10_000, seed=10_000)


def _flip_manifest(pair: Pair, bits: range) -> None:
    path = pair.council / pair.second / disk.MANIFEST
    content = path.read_bytes()
    sound = disk.load(pair.root, COUNCIL, pair.second)
    outcomes: Counter[str] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "file_sha256", _remembered())
        for bit in bits:
            damaged = bytearray(content)
            damaged[bit // 8] ^= 1 << bit % 8
            path.write_bytes(damaged)
            outcomes[_outcome(pair, Case(path, "bit flipped", path), sound)] += 1
    path.write_bytes(content)
    _say(f"{len(bits)} of the manifest's {8 * len(content)} bits flipped, one at a time: {dict(outcomes)}")
    assert set(outcomes) <= {"refused", "served unchanged"}


def test_no_flip_of_the_manifest_changes_what_is_served(pair: Pair) -> None:
    size = 8 * (pair.council / pair.second / disk.MANIFEST).stat().st_size
    _flip_manifest(pair, range(0, size, size // 100))


@pytest.mark.slow
def test_no_flip_of_any_bit_of_the_manifest_changes_what_is_served(pair: Pair) -> None:
    _flip_manifest(pair, range(8 * (pair.council / pair.second / disk.MANIFEST).stat().st_size))


@pytest.mark.parametrize(("name", "value"), [("rows", 10**30), ("dimension", -384), ("rows", 1e300), ("files", 0)])
def test_a_manifest_with_numbers_out_of_all_proportion_is_refused(own_index: Path, name: str, value: object) -> None:
    import json  # noqa: PLC0415 - this test alone reads a manifest

    revision = str(disk.current(own_index / COUNCIL))
    path = own_index / COUNCIL / revision / disk.MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))
    with pytest.raises(UnservableError, match="sound revision"):
        disk.load(own_index, COUNCIL, revision, ())


_LOADING = """
import resource, sys
from pathlib import Path
from bot import index as disk
from bot.domain import UnservableError
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]),) * 2)
try:
    disk.load(Path(sys.argv[1]), "barsetshire", sys.argv[2], ())
except UnservableError as fault:
    print(fault)
"""


@pytest.mark.parametrize("file", ["sections.jsonl", disk.MANIFEST])
def test_a_file_grown_beyond_memory_is_refused(own_index: Path, file: str) -> None:
    revision = str(disk.current(own_index / COUNCIL))
    os.truncate(own_index / COUNCIL / revision / file, 64 << 30)  # sparse: it takes no room on disk
    memory, hard = 8 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]
    assert hard == resource.RLIM_INFINITY or hard > memory
    command = [sys.executable, "-c", _LOADING, str(own_index), revision, str(memory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert _told_well(done.stdout.strip(), (own_index / COUNCIL / revision,))


# --- `current` ---


def _scheduled(pair: Pair, council: Path) -> bytes:
    council.mkdir()
    disk.point(council, pair.first, local_today() - timedelta(days=1))
    disk.point(council, pair.second, local_today())
    return (council / disk.CURRENT).read_bytes()


def _damaged_pointers(content: bytes) -> Iterator[bytes]:
    for place in range(len(content)):
        yield content[:place]
        for bit in range(8):
            damaged = bytearray(content)
            damaged[place] ^= 1 << bit
            yield bytes(damaged)


def test_no_flip_or_cut_of_the_pointer_brings_anything_but_a_published_revision_or_a_refusal(
    pair: Pair, tmp_path: Path
) -> None:
    """A date that a flip makes another date cannot be told from one that was meant: then the one before stays."""
    content = _scheduled(pair, tmp_path / COUNCIL)
    pointed: Counter[str] = Counter()
    for damaged in _damaged_pointers(content):
        (tmp_path / COUNCIL / disk.CURRENT).write_bytes(damaged)
        try:
            name = disk.current(tmp_path / COUNCIL)
        except UnservableError:
            name = None
        kind = {pair.first: "older", pair.second: "right", None: "refused"}.get(name, "one that does not exist")
        pointed[kind] += 1
    _say(f"{sum(pointed.values())} damages of {disk.CURRENT}: {dict(pointed)}")
    assert pointed["right"] + pointed["older"] + pointed["refused"] + pointed["one that does not exist"] == len(
        list(_damaged_pointers(content))
    )
    assert pointed["older"] <= pointed.total() // 20


@pytest.mark.parametrize("content", [b"\xff\xfe", b"tomorrow x\n", b"2026-01-01\n", b"\x00" * 40])
def test_a_damaged_pointer_leaves_the_running_bot_serving_and_is_written_anew(pair: Pair, content: bytes) -> None:
    disk.point(pair.council, pair.first, local_today())
    said: list[str] = []
    serving = Live(pair.root, COUNCIL, said.append)
    ask = make_ask(serving)
    before = ask(QUESTIONS[0])
    (pair.council / disk.CURRENT).write_bytes(content)
    kept = ask(QUESTIONS[0])
    assert (kept.revision, kept.citations) == (pair.first, before.citations)
    assert said == [serving.fault]
    assert _told_well(said[0], (pair.council / disk.CURRENT,))
    assert roll_back(pair.root, COUNCIL, pair.second) == pair.second
    assert (ask(QUESTIONS[0]).revision, serving.fault) == (pair.second, None)


# --- a running bot ---


def _quoted(serving: Live) -> list[tuple[Any, ...]]:
    given = map(make_ask(serving), QUESTIONS)
    return [(answer.revision, answer.status, answer.citations, answer.choices) for answer in given]


def _is_mapped(pair: Pair, path: Path) -> bool:
    """Whether damage to a file reaches what a running bot has opened, so that it must answer nothing."""
    return path.parent == pair.encoder and path.name in {*MAPPED_FILES} & {*QUESTION_FILES}


def test_a_running_bot_keeps_serving_a_revision_that_is_damaged_beneath_it_or_answers_nothing(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.live._PAUSE", 0)
    disk.point(pair.council, pair.second, local_today())
    chance = random.Random(4)  # noqa: S311 - a seed, not a secret
    serving = Live(pair.root, COUNCIL, lambda _: None)
    before = _quoted(serving)
    for case in _cases(pair, sorted(set(_deck(pair))), 3 * len(set(_deck(pair))), chance):
        with DAMAGES[case.kind](case.path, chance, case.other):
            given = _quoted(serving)
            nothing = {status for _, status, *_ in given} == {Status.UNAVAILABLE}
            assert nothing if _is_mapped(pair, case.path) else given == before
        assert _quoted(serving) == before
    assert serving.fault is None


def _take_up(pair: Pair, count: int, seed: int) -> None:
    """Publish damaged revisions to a running bot, and a sound one after each."""
    chance = random.Random(seed)  # noqa: S311 - a seed, not a secret
    said: list[str] = []
    disk.point(pair.council, pair.first, local_today())
    serving = Live(pair.root, COUNCIL, said.append)
    ask, old, wrong = make_ask(serving), _quoted(serving), Counter[str]()
    kinds: Counter[str] = Counter()
    remembered = _remembered()
    for case in _cases(pair, sorted(set(_deck(pair, QUESTION_FILES))), count, chance):
        disk.point(pair.council, pair.first, local_today())
        assert _quoted(serving) == old
        said.clear()
        with DAMAGES[case.kind](case.path, chance, case.other), pytest.MonkeyPatch.context() as patch:
            if case.path.parent != pair.encoder:
                patch.setattr(disk, "file_sha256", remembered)
            disk.point(pair.council, pair.second, local_today())
            answers = [ask(question) for question in QUESTIONS]
        served = {answer.revision for answer in answers}
        if served == {pair.second} and case.path.name == disk.MANIFEST:
            kinds["harmless"] += 1
        elif _is_mapped(pair, case.path):  # the one before has the same encoder
            kinds["nothing served"] += 1
            wrong["of the damaged"] += {answer.status for answer in answers} != {Status.UNAVAILABLE}
            wrong["said badly"] += not _told_well(serving.fault or "", (pair.council / pair.second, pair.encoder))
        else:
            kinds["kept"] += 1
            wrong["of the damaged"] += served != {pair.first} or serving.fault is None or said != [serving.fault]
            wrong["not said"] += any(not answer.message.startswith("(") for answer in answers)
            wrong["said badly"] += not _told_well(serving.fault or "", (pair.council / pair.second, pair.encoder))
        disk.point(pair.council, pair.second, local_today())
        wrong["not recovered"] += (ask(QUESTIONS[0]).revision, serving.fault) != (pair.second, None)
    _say(f"{count} damaged revisions published, seed {seed}: {dict(kinds)}; wrong {dict(wrong)}")
    assert not wrong.total()


def test_a_damaged_new_revision_leaves_the_old_one_and_a_sound_one_is_taken_up(pair: Pair) -> None:
    _take_up(pair, 19, seed=19)


@pytest.mark.slow
def test_five_hundred_damaged_new_revisions_leave_the_old_one(pair: Pair) -> None:
    _take_up(pair, 500, seed=500)


# --- the way back ---


def _fresh_history(pair: Pair) -> None:
    """`first` and then `second` published today, and nothing else known of."""
    (pair.council / "history.jsonl").unlink(missing_ok=True)
    for name in (pair.first, pair.second):
        record(pair.council, "publish", name, local_today())
        disk.point(pair.council, name, local_today())


def _rollback(pair: Pair, *revision: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "index_builder", "rollback", *revision]
    options = ["--index", str(pair.root), "--council", COUNCIL]
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False, cwd=ROOT)


def test_rolling_back_to_a_damaged_revision_is_refused_in_a_sentence(pair: Pair) -> None:
    _fresh_history(pair)
    chance = random.Random(5)  # noqa: S311 - a seed, not a secret
    events = history(pair.council)
    for kind in ("bit flipped", "truncated", "missing", "a folder"):
        path = pair.council / pair.first / "sections.jsonl"
        with DAMAGES[kind](path, chance, path):
            for named in (pair.first, None):
                with pytest.raises(UnservableError) as refused:
                    roll_back(pair.root, COUNCIL, named)
                assert _told_well(str(refused.value), (pair.council / pair.first,))
    assert disk.current(pair.council) == pair.second
    assert history(pair.council) == events


def test_the_command_refuses_a_damaged_revision_and_takes_a_sound_one(pair: Pair) -> None:
    _fresh_history(pair)
    chance = random.Random(6)  # noqa: S311 - a seed, not a secret
    with _flipped(pair.council / pair.first / "vectors.f32", chance, pair.council):
        refused = _rollback(pair)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert _told_well(refused.stderr.strip(), (pair.council / pair.first,))
    assert disk.current(pair.council) == pair.second
    with _flipped(pair.council / pair.second / "vectors.f32", chance, pair.council):
        mended = _rollback(pair)
    assert (mended.returncode, mended.stderr) == (0, "")
    assert disk.current(pair.council) == pair.first


@pytest.mark.parametrize("kind", ["bit flipped", "missing", "a folder", "truncated"])
@pytest.mark.parametrize("file", [disk.MANIFEST, "sections.jsonl"])
def test_rolling_back_from_a_damaged_revision_puts_the_one_before_in_force(pair: Pair, kind: str, file: str) -> None:
    _fresh_history(pair)
    chance = random.Random(7)  # noqa: S311 - a seed, not a secret
    path = pair.council / pair.second / file
    with DAMAGES[kind](path, chance, path):
        assert roll_back(pair.root, COUNCIL, None) == pair.first
        serving = Live(pair.root, COUNCIL, pytest.fail)
        assert (serving().index.revision.name, serving.fault) == (pair.first, None)
