"""The folder of an exported encoder in the cache: whole, checked and on the disk, or not there at all."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from bot import durable
from bot.encoder_files import encoder_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGEST = "digest"


def default_cache() -> Path:
    """The folder that PROTOCOL_BOT_CACHE names, else the user's own cache folder for this project."""
    named = os.environ.get("PROTOCOL_BOT_CACHE")
    return Path(named) if named else user_cache_path("protocol-bot")


def sound(folder: Path) -> bool:
    """Whether a folder holds every file of an encoder, as it was published."""
    try:
        return (folder / _DIGEST).read_bytes() == encoder_digest(folder).encode()
    except OSError:
        return False


@contextmanager
def alone(encoders: Path) -> Iterator[None]:
    """Let one process at a time make encoders here; the others wait."""
    encoders.mkdir(parents=True, exist_ok=True)
    with (encoders / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def published(folder: Path) -> Iterator[Path]:
    """A folder to write an encoder's files to, which takes its final name once they are all on the disk.

    A failure on the way leaves nothing under that name but what stood there before.
    """
    staging = folder.with_name(f".{folder.name}")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        yield staging
        (staging / _DIGEST).write_bytes(encoder_digest(staging).encode())
        for path in [*staging.iterdir(), staging]:
            durable.sync(path)
        shutil.rmtree(folder, ignore_errors=True)
        staging.rename(folder)
        durable.sync(folder.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
