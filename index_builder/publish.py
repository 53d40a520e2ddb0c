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
from typing import TYPE_CHECKING, Any

from bot import durable
from bot import index as disk
from bot.domain import UnservableError
from bot.encoder_files import ENCODER_FILES, encoder_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_STAGING = ".staging-"
_DAMAGED = ".damaged-"
HISTORY = "history.jsonl"
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
    folder.mkdir(parents=True, exist_ok=True)
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
        if not _is_encoder(target, digest):
            staging = home / f"{_STAGING}{digest}"
            staging.mkdir()
            for name in ENCODER_FILES:
                durable.write(staging / name, (source / name).read_bytes())
            durable.sync(staging)
            _put(staging, target)
    return target


def _is_encoder(folder: Path, digest: str) -> bool:
    try:
        return encoder_digest(folder) == digest
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
    known = disk.revisions(folder)
    target = name or _before(folder)
    if target is None:
        raise UnservableError(f"{council} has no earlier revision to go back to; it has: {', '.join(known) or 'none'}.")
    if target not in known:
        raise UnservableError(f"{council} has no revision {target}; it has: {', '.join(known) or 'none'}.")
    with one_builder(folder):
        disk.load(root, council, target)
        record(folder, "rollback", target, local_today())
        disk.point(folder, target, local_today())
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
    for event in sorted(history(council), key=lambda event: event["from"]):
        if event["from"] > today:
            continue
        if event["revision"] in been:
            del been[been.index(event["revision"]) :]
        been.append(event["revision"])
    if present in been:
        del been[been.index(present) :]
    return been[-1] if been else None


def local_today() -> date:
    """The day it is where the builder runs."""
    return datetime.now(UTC).astimezone().date()


def record(council: Path, action: str, revision: str, from_date: date) -> None:
    """Append one event to the history: what was done, when, from which day, by which account of the machine."""
    event = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "action": action,
        "revision": revision,
        "from": from_date.isoformat(),
        "by": _account(),
    }
    with (council / HISTORY).open("ab") as file:
        file.write((json.dumps(event) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())


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
    return event if isinstance(event, dict) and _EVENT.issubset(event) else None


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
