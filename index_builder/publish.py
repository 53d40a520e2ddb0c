"""Makes a revision current so that it is never seen half-written; keeps the history; goes back.

Staging folder → each file written and forced to disk → manifest → folder → rename to its own name → parent folder →
`current` → history. A failure at any step leaves what was published before in force.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import shutil
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from bot import durable
from bot import index as disk
from bot.domain import UnservableError
from bot.encoder_files import ENCODER_FILES, file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_STAGING = ".staging-"
_DAMAGED = ".damaged-"
HISTORY = "history.jsonl"
_FAILED = "failed"
_EVENT = frozenset({"at", "action", "revision", "from", "by"})


class BusyError(Exception):
    """Another builder is at work on the same council; its message is one sentence."""


@contextmanager
def one_builder(council: Path) -> Iterator[None]:
    """Hold a council's folder alone, and sweep what a builder that died left behind. Raises BusyError."""
    with _alone(council, fcntl.LOCK_EX | fcntl.LOCK_NB):
        yield


@contextmanager
def _alone(folder: Path, lock_as: int) -> Iterator[None]:
    durable.folder(folder)
    with (folder / ".lock").open("ab") as lock:
        try:
            fcntl.flock(lock, lock_as)
        except BlockingIOError as fault:
            raise BusyError(f"Another build of {folder.name} is under way; wait until it is done.") from fault
        for leftover in (*folder.glob(f"{_STAGING}*"), *folder.glob(f"{_DAMAGED}*")):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def install_encoder(index: Path, source: Path, digest: str) -> Path:
    """The folder of an encoder beside the revisions, copied from the cache where it is missing or damaged.

    Builders of other councils wait for each other here. Raises OSError.
    """
    home = index / disk.ENCODERS
    target = home / digest
    with _alone(home, fcntl.LOCK_EX):
        if target.is_dir():
            _mend(target, source)
        else:
            staging = home / f"{_STAGING}{digest}"
            staging.mkdir()
            for name in ENCODER_FILES:
                durable.write(staging / name, (source / name).read_bytes())
            durable.sync(staging)
            _put(staging, target)
    return target


def _mend(target: Path, source: Path) -> None:
    """Replace an encoder's damaged files one by one: a bot goes on with those that it can use."""
    draft = target / _STAGING
    draft.unlink(missing_ok=True)
    for name in ENCODER_FILES:
        if not _alike(source / name, target / name):
            durable.write(draft, (source / name).read_bytes())
            draft.replace(target / name)
    durable.sync(target)


def _alike(sound: Path, other: Path) -> bool:
    wanted = file_sha256(sound)
    try:
        return file_sha256(other) == wanted
    except OSError:
        return False


def _put(staging: Path, target: Path) -> None:
    """Give a finished folder its name; a damaged one that bears it is set aside, and swept by the next builder."""
    if target.exists():
        target.rename(target.with_name(f"{_DAMAGED}{target.name}-{os.getpid()}"))
    staging.rename(target)
    durable.sync(target.parent)


def publish(root: Path, index: disk.Index, manifest: Mapping[str, Any], from_date: date) -> None:
    """Write a rehearsed Index below `root` and make it current from a date on. Call within `one_builder`.

    Raises OSError when the disk fails, UnservableError when what was written does not verify: what was current stays.
    """
    council, name = root / index.revision.council.name, index.revision.name
    if not _is_sound(root, council.name, name):
        staging = council / f"{_STAGING}{name}-{os.getpid()}"
        staging.mkdir()
        disk.save(staging, index, manifest)
        _put(staging, council / name)
    disk.load(root, council.name, name)
    record(council, "publish", name, from_date)
    disk.point(council, name, from_date)


def roll_back(root: Path, council: str, name: str | None) -> str:
    """Make an earlier revision current from today: the one named, else the one in force before. Its name.

    Raises UnservableError where there is none, or where it does not verify.
    """
    folder = root / council
    if not folder.is_dir():
        raise UnservableError(f"{council} has no revision {name or 'to go back to'}; it has: none.")
    with one_builder(folder):
        target = _target(folder, name)
        disk.load(root, council, target)
        record(folder, "rollback", target, local_today())
        disk.point(folder, target, local_today())
    return target


def _target(council: Path, name: str | None) -> str:
    known, target = disk.revisions(council), name or _before(council)
    has = f"it has: {', '.join(known) or 'none'}"
    if target is None:
        raise UnservableError(f"{council.name} has no earlier revision to go back to; {has}.")
    if target not in known:
        raise UnservableError(f"{council.name} has no revision {target}; {has}.")
    return target


def in_force(council: Path) -> str | None:
    """The revision in force, None where there is none or where `current` is damaged."""
    try:
        return disk.current(council)
    except UnservableError:
        return None


def _before(council: Path) -> str | None:
    """The revision that was in force before the present one, as the history tells; what was rolled back is gone."""
    today, present = local_today().isoformat(), in_force(council)
    been: list[str] = []
    for event in sorted(_kept(_came_to_be(council)), key=lambda event: event["from"]):
        if event["from"] > today:
            continue
        if event["revision"] in been:
            del been[been.index(event["revision"]) :]
        been.append(event["revision"])
    if present in been:
        del been[been.index(present) :]
    return been[-1] if been else None


def _kept(events: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """The events without those that another replaced before their day came: they were never in force."""
    kept: list[dict[str, str]] = []
    for event in events:
        done = datetime.fromisoformat(event["at"]).astimezone().date().isoformat()
        kept = [one for one in kept if not one["from"] == event["from"] > done]
        kept.append(event)
    return kept


def local_today() -> date:
    """The day it is where the builder runs."""
    return datetime.now(UTC).astimezone().date()


def record(council: Path, action: str, revision: str, from_date: date) -> None:
    """Append one event to the history: what was done, when, from which day, by which account of the machine.

    Where the event before it was recorded and then failed, that is recorded first.
    """
    events = [{"action": action, "revision": revision, "from": from_date.isoformat()}]
    last = next(reversed(history(council)), None)
    if last and last["action"] != _FAILED and _never_was(council, last):
        events.insert(0, {"action": _FAILED, "revision": last["revision"], "from": last["from"]})
    at, by = datetime.now(UTC).isoformat(timespec="seconds"), _account()
    lines = "".join(json.dumps({"at": at, **event, "by": by}) + "\n" for event in events)
    with (council / HISTORY).open("a+b") as file:
        file.write(b"" if _ends_a_line(file) else b"\n")  # a line torn by a crash never takes the next one with it
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())


def _ends_a_line(file: BinaryIO) -> bool:
    if not file.seek(0, os.SEEK_END):
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _came_to_be(council: Path) -> list[dict[str, str]]:
    """The events of the history less those that were recorded and then failed."""
    events: list[dict[str, str]] = []
    for event in history(council):
        if event["action"] == _FAILED:
            del events[-1:]
        else:
            events.append(event)
    return events[:-1] if events and _never_was(council, events[-1]) else events


def _never_was(council: Path, last: Mapping[str, str]) -> bool:
    """Whether the event recorded last is not in `current`, which is written right after it is recorded."""
    try:
        lines = [(day.isoformat(), name) for day, name in disk.schedule(council)]
    except UnservableError:
        return False
    return bool(lines) and (last["from"], last["revision"]) not in lines


def history(council: Path) -> list[dict[str, str]]:
    """The recorded events, oldest first; a line torn by a crash is left out."""
    try:
        lines = (council / HISTORY).read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    return [event for line in lines if (event := _event(line))]


def _event(line: str) -> dict[str, str] | None:
    try:
        event: dict[str, str] = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(event, dict) and all(isinstance(event.get(name), str) for name in _EVENT)
    return event if whole else None


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return f"uid {os.getuid()}"


def _is_sound(root: Path, council: str, name: str) -> bool:
    try:
        disk.load(root, council, name)
    except UnservableError:
        return False
    return True
