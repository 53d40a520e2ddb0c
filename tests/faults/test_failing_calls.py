"""Each call by which a builder changes the index folder fails in turn: what was in force stays whole, and is told so.

The calls are failed between the builder and the kernel, once or from then on, so that the code under test is the real
code to its last line, what Python does when it closes a file included.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

import pytest
from publisher import FIRST, LATER, LATER_FROM, publish_again, publish_small, stand_in_manifest
from system_calls import Builders

from bot import index as disk
from bot.encoder_files import ENCODER_FILES, QUESTION_FILES, encoder_digest
from index_builder.build import build
from index_builder.publish import HISTORY, install_encoder, roll_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from system_calls import Call, Run

COUNCIL = "barsetshire"
SECOND, AFTER = "2026-01-01-00000001", "2026-01-01-00000002"
CHANGING = ("openat", "write", "fsync", "rename", "close", "mkdir")
BUILDERS = 2
_ALIKE = {*disk.FILES[1:], *ENCODER_FILES[1:]}  # written as the first is: failed by the long version only


class Work(NamedTuple):
    """What a builder is asked to do to a copy of an index folder, and what is in force before it and after it."""

    base: Path
    steps: tuple[tuple[str, str], ...]
    command: tuple[str, ...]
    before: str
    after: str


class Failing(NamedTuple):
    """One call that is to fail: its name, its number among those of its name, its path, and how it fails.

    `pointed` says that `current` was renamed before it, `after_it` that all after it fail as well.
    """

    name: str
    number: int
    path: str
    pointed: bool
    changes: bool
    error: str = "EIO"
    after_it: bool = False


@pytest.fixture(scope="module")
def small(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index folder with a small revision in force, and another due."""
    index = tmp_path_factory.mktemp("small") / "index"
    publish_small(published, COUNCIL, index)
    return index


@pytest.fixture(scope="module")
def several(small: Path) -> Iterator[SimpleQueue[Builders]]:
    """Servers of builders, to be taken and given back."""
    free: SimpleQueue[Builders] = SimpleQueue()
    with ExitStack() as stack:
        for _ in range(BUILDERS):
            free.put(stack.enter_context(Builders(small, COUNCIL)))
        yield free


def _copied(source: Path, folder: Path) -> Path:
    """A copy of an index folder; what a builder only ever replaces is linked."""

    def copy(old: str, new: str) -> None:
        if Path(old).name in {".lock", HISTORY}:
            shutil.copyfile(old, new)
        else:
            Path(new).hardlink_to(old)

    index = folder / "index"
    shutil.copytree(source, index, copy_function=copy)
    return index


def _work(kind: str, small: Path, folder: Path) -> Work:
    index = _copied(small, folder / kind)
    if kind == "publish":
        return Work(index, (("publish", SECOND),), (), FIRST, SECOND)
    if kind == "install":
        cache = folder / "another"
        stand_in_manifest(cache)
        (cache / "head.json").write_text("another")
        return Work(index, (("install", str(cache)),), (), FIRST, FIRST)
    publish_again(index, disk.load(index, COUNCIL, FIRST, ()), SECOND)
    return Work(index, (), ("rollback", "--council", COUNCIL, "--index", "{index}"), SECOND, FIRST)


def _done(builders: Builders, work: Work, index: Path, strace: Sequence[str]) -> Run:
    command = [word.replace("{index}", str(index)) for word in work.command]
    return builders.run(index, work.steps, command=command, strace=strace)


def _path(call: Call) -> str:
    return call.path(1 if call.name == "openat" else 0)


def _all_calls(builders: Builders, work: Work, folder: Path) -> list[Failing]:
    """The calls below the index folder of a builder that meets no fault; `{index}` and `{pid}` stand in their paths."""
    index = _copied(work.base, folder)
    run = _done(builders, work, index, ["-e", f"trace={','.join(CHANGING)}"])
    assert run.status == 0, run.erred
    found: list[Failing] = []
    numbers: Counter[str] = Counter()
    pointed, opened = False, dict[str, bool]()
    for call in run.calls:
        path = _path(call)
        if not Path(path).is_relative_to(index):
            continue
        numbers[call.name] += 1
        if call.name == "openat":
            opened[path] = "O_CREAT" in call.arguments[2]
        changes = call.name not in {"openat", "close"} or opened[path]
        path = path.replace(str(index), "{index}").replace(str(run.process), "{pid}")
        found.append(Failing(call.name, numbers[call.name], path, pointed, changes))
        pointed = pointed or (call.name == "rename" and f"/.{disk.CURRENT}" in path)
    shutil.rmtree(index.parent)
    return found


def _failed(builders: Builders, work: Work, index: Path, failing: Failing, paths: Iterable[str]) -> Run:
    """A run in which a call fails; that it was the one which was meant is read from the trace."""
    known = [option for path in paths for option in ("-P", path.replace("{index}", str(index)))]
    when = f"{failing.number}+" if failing.after_it else failing.number
    inject = ["-e", f"trace={failing.name}", "-e", f"inject={failing.name}:error={failing.error}:when={when}"]
    run = _done(builders, work, index, [*known, *inject])
    first = next(call for call in run.calls if call.injected)
    meant = failing.path.replace("{index}", str(index)).replace("{pid}", str(run.process))
    assert (first.name, _path(first)) == (failing.name, meant)
    return run


def _check(work: Work, index: Path, failing: Failing, run: Run) -> None:
    council = index / COUNCIL
    if run.status:
        assert run.status == 1
        assert not run.said
        assert len(run.erred.splitlines()) == 1
        assert run.erred.rstrip().endswith(".")
    else:
        assert not run.erred
    in_force = disk.current(council)
    assert in_force == (work.after if run.status == 0 or failing.pointed else work.before)
    revision = disk.load(index, COUNCIL, in_force).revision
    assert {section.heading for section in revision.sections} == {in_force}
    assert (LATER_FROM, LATER) in disk.schedule(council)
    _again(work, index)


def _again(work: Work, index: Path) -> None:
    """What failed works once the disk does, and leaves nothing of the failure behind."""
    for action, name in work.steps:
        if action == "install":
            digest = encoder_digest(Path(name))
            assert encoder_digest(install_encoder(index, Path(name), digest)) == digest
    publish_again(index, disk.load(index, COUNCIL, FIRST, ()), AFTER)
    assert disk.current(index / COUNCIL) == AFTER
    disk.load(index, COUNCIL, AFTER)
    assert not [*index.rglob(".staging-*"), *index.rglob(".damaged-*")]


def _fail_each(
    several: SimpleQueue[Builders], work: Work, folder: Path, ways: Callable[[Sequence[Failing]], list[Failing]]
) -> int:
    """Fail each call in its turn; how many failed."""
    builders = several.get()
    calls = _all_calls(builders, work, folder / "met")
    several.put(builders)
    paths = sorted({call.path for call in calls})

    def fail(failing: Failing) -> None:
        index = _copied(work.base, folder / "-".join(map(str, failing[:2] + failing[-2:])))
        builders = several.get()
        try:
            run = _failed(builders, work, index, failing, paths)
        finally:
            several.put(builders)
        try:
            _check(work, index, failing, run)
        except Exception as fault:
            raise AssertionError(f"{failing}: {run.status} {run.said} {run.erred}") from fault
        shutil.rmtree(index.parent)

    with ThreadPoolExecutor(BUILDERS) as pool:
        return len(list(pool.map(fail, ways(calls))))


def _each_change_in_a_way(calls: Sequence[Failing]) -> list[Failing]:
    changing = (call for call in calls if call.changes and Path(call.path).name not in _ALIKE)
    ways = cycle((("ENOSPC", False), ("EIO", True)))
    return [call._replace(error=error, after_it=after) for call, (error, after) in zip(changing, ways, strict=False)]


def _each_in_every_way(calls: Sequence[Failing]) -> list[Failing]:
    ways = [(error, after) for error in ("ENOSPC", "EIO", "EDQUOT") for after in (False, True)]
    calls = [call for call in calls if call.changes or not call.path.endswith(f"/{disk.CURRENT}")]
    return [call._replace(error=error, after_it=after) for call in calls for error, after in ways]


@pytest.mark.parametrize(
    "ways",
    [_each_change_in_a_way, pytest.param(_each_in_every_way, marks=pytest.mark.slow)],
    ids=["each change", "each call in every way"],
)
@pytest.mark.parametrize("kind", ["publish", "rollback", "install"])
def test_a_call_that_fails_leaves_a_whole_revision_in_force_and_is_told_in_a_sentence(
    several: SimpleQueue[Builders],
    small: Path,
    tmp_path: Path,
    kind: str,
    ways: Callable[[Sequence[Failing]], list[Failing]],
) -> None:
    began = time.monotonic()
    failures = _fail_each(several, _work(kind, small, tmp_path), tmp_path, ways)
    print(f"\n{kind}: {failures} calls failed, {time.monotonic() - began:.0f} s")  # noqa: T201
    assert failures >= {"publish": 20, "rollback": 10, "install": 10}[kind]


_DRAFT = f".{disk.CURRENT} .{disk.CURRENT}.{{pid}}"


def _places(index: Path, at: str) -> list[str]:
    """What has strace look at nothing but some names in the council's folder."""
    return [option for name in at.split() for option in ("-P", str(index / COUNCIL / name))]


def _failed_at(several: SimpleQueue[Builders], index: Path, step: tuple[str, str], at: str, inject: str) -> Run:
    """A step that meets a fault at one of some names in the council's folder."""
    builders, call = several.get(), inject.partition(":")[0]
    run = builders.run(index, [step], strace=[*_places(index, at), "-e", f"trace={call}", "-e", f"inject={inject}"])
    several.put(builders)
    assert [call.name for call in run.calls if call.injected] == [call]
    return run


def test_what_could_not_be_published_is_never_gone_back_to(
    several: SimpleQueue[Builders], small: Path, tmp_path: Path
) -> None:
    index = _copied(small, tmp_path)
    run = _failed_at(several, index, ("publish", SECOND), _DRAFT, "rename:error=ENOSPC:when=1")
    assert run.status == 1
    publish_again(index, disk.load(index, COUNCIL, FIRST, ()), AFTER)
    assert roll_back(index, COUNCIL, None) == FIRST


def test_a_fault_that_comes_after_the_new_revision_is_in_force_is_not_said_to_keep_the_old_one(
    several: SimpleQueue[Builders], small: Path, tmp_path: Path
) -> None:
    index = _copied(small, tmp_path)
    run = _failed_at(several, index, ("publish", SECOND), ".", "fsync:error=EIO:when=2")
    assert (run.status, disk.current(index / COUNCIL)) == (1, SECOND)
    assert "what was in force stays in force" not in run.erred


def test_a_fault_in_reading_what_is_due_does_not_make_the_builder_forget_it(
    several: SimpleQueue[Builders], small: Path, tmp_path: Path
) -> None:
    index = _copied(small, tmp_path)
    _failed_at(several, index, ("publish", SECOND), disk.CURRENT, "openat:error=EIO:when=1")
    assert (LATER_FROM, LATER) in disk.schedule(index / COUNCIL)


def test_mending_an_encoder_never_takes_from_the_bot_the_files_that_it_can_still_use(
    several: SimpleQueue[Builders], small: Path, tmp_path: Path
) -> None:
    cache = small.parent / "cache"
    for number in ("1", "2"):
        index, builders = _copied(small, tmp_path / number), several.get()
        (index / disk.ENCODERS / encoder_digest(cache) / "fp32.onnx").unlink()
        disk.load(index, COUNCIL, FIRST, QUESTION_FILES)
        builders.run(index, [("install", str(cache))], strace=["-e", f"inject=rename:error=EIO:when={number}"])
        several.put(builders)
        disk.load(index, COUNCIL, FIRST, QUESTION_FILES)


_OF_A_BUILD = [
    ("mkdir", ".staging-{fresh}-{pid}", 1),
    ("openat", ".staging-{fresh}-{pid}/vectors.f32", 1),
    ("write", ".staging-{fresh}-{pid}/tokens.f16", 1),
    ("fsync", ".staging-{fresh}-{pid}/manifest.json", 1),
    ("close", ".staging-{fresh}-{pid}/terms.json", 1),
    ("fsync", ".staging-{fresh}-{pid}", 1),
    ("rename", ".staging-{fresh}-{pid}", 1),
    ("fsync", ".", 1),
    ("write", HISTORY, 1),
    ("close", HISTORY, 1),
    ("rename", _DRAFT, 1),
    ("fsync", ".", 2),
]


@pytest.mark.slow
def test_a_build_whose_disk_fails_says_one_sentence_and_the_next_build_succeeds(
    several: SimpleQueue[Builders], own_index: Path, own_knowledge: Path, tmp_path: Path
) -> None:
    text = own_knowledge / COUNCIL / "protocol" / "protocol.md"
    text.write_text(text.read_text().replace("waits an hour", "waits two hours"))
    before = str(disk.current(own_index / COUNCIL))
    fresh = build(own_knowledge, _copied(own_index, tmp_path / "clean"), COUNCIL).revision
    builders = several.get()
    for number, (call, at, when) in enumerate(_OF_A_BUILD):
        index = _copied(own_index, tmp_path / str(number))
        command = ["build", "--knowledge", str(own_knowledge), "--index", str(index), "--council", COUNCIL]
        strace = ["-e", f"trace={call}", "-e", f"inject={call}:error=ENOSPC:when={when}"]
        places = _places(index, at.replace("{fresh}", fresh))
        run = builders.run(index, command=command, strace=[*places, *strace])
        assert [one.name for one in run.calls if one.injected] == [call]
        assert (run.status, run.said, run.erred.count(". what was in force") + run.erred.count("Traceback")) == (
            1,
            "",
            0,
        )
        assert run.erred.splitlines()[-1].endswith(".")
        in_force = str(disk.current(index / COUNCIL))
        assert in_force == (fresh if (call, when) == ("fsync", 2) else before)
        disk.load(index, COUNCIL, in_force)
        assert build(own_knowledge, index, COUNCIL).revision == fresh == disk.current(index / COUNCIL)
        shutil.rmtree(index.parent)
    several.put(builders)
