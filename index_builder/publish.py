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

from bot import index as disk
from bot.domain import UnservableError
from bot.encoder_files import ENCODER_FILES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_STAGING = ".staging-"
_DAMAGED = ".damaged-"
HISTORY = "history.jsonl"


class BusyError(Exception):
    """Another builder is at work on the same council; its message is one sentence."""


@contextmanager
def one_builder(council: Path) -> Iterator[None]:
    """Hold a council's folder alone, and sweep what a builder that died left behind. Raises BusyError."""
    council.mkdir(parents=True, exist_ok=True)
    with (council / ".lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise BusyError(f"Another build of {council.name} is under way; wait until it is done.") from fault
        for leftover in council.glob(f"{_STAGING}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def install_encoder(index: Path, source: Path, digest: str) -> Path:
    """The folder of an encoder beside the revisions, copied there once from the cache. Raises OSError."""
    home = index / disk.ENCODERS
    home.mkdir(parents=True, exist_ok=True)
    target = home / digest
    if not target.exists():
        staging = home / f"{_STAGING}{digest}-{os.getpid()}"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        for name in ENCODER_FILES:
            disk.write_durably(staging / name, (source / name).read_bytes())
        disk.sync_folder(staging)
        staging.rename(target)
        disk.sync_folder(home)
    return target


def publish(root: Path, index: disk.Index, manifest: Mapping[str, Any], from_date: date) -> None:
    """Write a rehearsed Index below `root` and make it current from a date on. Call within `one_builder`.

    Raises OSError when the disk fails, UnservableError when what was written does not verify: what was current stays.
    """
    council, name = root / index.revision.council.name, index.revision.name
    if not _is_sound(root, council.name, name):
        staging = council / f"{_STAGING}{name}-{os.getpid()}"
        staging.mkdir()
        disk.save(staging, index, manifest)
        if (council / name).exists():
            (council / name).rename(council / f"{_DAMAGED}{name}-{os.getpid()}")
        staging.rename(council / name)
        disk.sync_folder(council)
    disk.load(root, council.name, name)
    disk.point(council, name, from_date)
    record(council, "publish", name, from_date)


def roll_back(root: Path, council: str, name: str | None) -> str:
    """Make an earlier revision current from today: the one named, else the one in force before. Its name.

    Raises UnservableError where there is none, or where it does not verify.
    """
    folder = root / council
    present = disk.current(folder)
    earlier = [entry["revision"] for entry in history(folder) if entry["revision"] != present]
    target = name or (earlier[-1] if earlier else None)
    if target is None:
        raise UnservableError(f"{council} has no earlier revision to go back to.")
    if target not in disk.revisions(folder):
        known = ", ".join(disk.revisions(folder)) or "none"
        raise UnservableError(f"{council} has no revision {target}; it has: {known}.")
    disk.load(root, council, target)
    today = local_today()
    disk.point(folder, target, today)
    record(folder, "rollback", target, today)
    return target


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
    return event if isinstance(event, dict) and "revision" in event else None


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
