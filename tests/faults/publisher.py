"""A builder of its own process: publishes again and again until it is killed, or does what it is asked under watch.

usage: publisher.py INDEX COUNCIL FIRST    (run by test_publish.py)
       publisher.py                        (run by system_calls.py: a request a line, each done by a child of its own)
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
import traceback
from dataclasses import replace
from datetime import date
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from bot import index as disk
from bot.encoder_files import ENCODER_FILES, QUESTION_FILES, encoder_digest, file_sha256
from index_builder.publish import BusyError, install_encoder, local_today, one_builder, publish, roll_back

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST, LATER = "2026-01-01-00000000", "2026-01-01-ffffffff"
LATER_FROM = date(2999, 1, 1)
_KEPT, _ANYONE, _SET_PTRACER = 4, -1, 0x59616D61


def publish_again(index: Path, present: disk.Index, fresh: str, source: Path | None = None) -> None:
    """Publish a revision again under another name, which also stands in each section; it came from `source`."""
    council = present.revision.council.name
    manifest = disk.read_manifest((source or index) / council / present.revision.name)
    with one_builder(index / council):
        _publish(index, present, fresh, manifest, local_today())


def _publish(index: Path, present: disk.Index, fresh: str, manifest: dict[str, Any], begins: date) -> None:
    sections = tuple(replace(section, heading=fresh) for section in present.revision.sections)
    made = replace(present, revision=replace(present.revision, name=fresh, sections=sections))
    publish(index, made, {key: manifest[key] for key in ("knowledge", "encoder")}, begins)


def publish_small(published: Path, council: str, index: Path) -> None:
    """Publish below `index` what is published elsewhere, cut down, twice: FIRST is in force and LATER is due.

    The encoder that it names is a stand-in of a few bytes a file, in `index`/../cache.
    """
    whole = disk.load(published, council, str(disk.current(published / council)), ())
    framework = replace(whole.revision.framework, matters=whole.revision.framework.matters[:_KEPT])
    revision = replace(whole.revision, framework=framework, vocabulary=())
    small = replace(
        whole, revision=revision, matters=whole.matters[:_KEPT], matter_vectors=whole.matter_vectors[:_KEPT]
    )
    manifest = stand_in_manifest(index.parent / "cache")
    install_encoder(index, index.parent / "cache", manifest["encoder"]["digest"])
    for name, begins in ((FIRST, local_today()), (LATER, LATER_FROM)):
        with one_builder(index / council):
            _publish(index, small, name, manifest, begins)


def stand_in_manifest(cache: Path) -> dict[str, Any]:
    """What a manifest says of the knowledge and of an encoder of a few bytes a file, made where it is missing."""
    cache.mkdir(exist_ok=True)
    for name in ENCODER_FILES:
        (cache / name).write_text(f"stands in for {name}\n")
    files = {
        name: {"sha256": file_sha256(cache / name), "size": (cache / name).stat().st_size} for name in ENCODER_FILES
    }
    return {"knowledge": "", "encoder": {"model": "", "digest": encoder_digest(cache), "files": files}}


def say(sentence: str) -> None:
    """Acknowledge what is done: whoever reads it may rely on it."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def main(index: Path, council: str, number: int) -> None:
    """Publish the revision in force again and again, saying each name once it is done."""
    present = disk.load(index, council, str(disk.current(index / council)))
    while True:
        number += 1
        fresh = f"2026-01-01-{number:08x}"
        publish_again(index, present, fresh)
        say(fresh)


def publish_when_told(index: Path, council: str, number: int) -> None:
    """Publish once more for each line read, in turn with other builders; say each name and when (monotonic) it was."""
    present = disk.load(index, council, str(disk.current(index / council)))
    for _ in sys.stdin:
        number += 1
        fresh = f"2026-01-01-{number:08x}"
        while not _published(index, present, fresh):
            time.sleep(0.005)
        say(f"{fresh} {time.monotonic()}")
        time.sleep(0.02)  # else whoever holds the lock takes it again before another looks


def _published(index: Path, present: disk.Index, fresh: str) -> bool:
    try:
        publish_again(index, present, fresh)
    except BusyError:
        return False
    return True


def name_only_what_questions_need(index: Path, council: str) -> None:
    """Leave the builder's files out of the manifest in force, so that what is published like it verifies in a third."""
    path = index / council / str(disk.current(index / council)) / disk.MANIFEST
    manifest = json.loads(path.read_bytes())
    files = manifest["encoder"]["files"]
    manifest["encoder"]["files"] = {name: files[name] for name in QUESTION_FILES}
    path.write_text(json.dumps(manifest))


def hold(index: Path, council: str, leftover: str) -> None:
    """Take a council's lock, leave half a revision in a staging folder, say so, and stay."""
    with one_builder(index / council):
        staging = index / council / leftover
        staging.mkdir()
        (staging / disk.FILES[0]).write_text("half")
        say("held")
        time.sleep(600)


def serve() -> None:
    """For each request on stdin: fork a child, say its process id, and its exit status once it is done."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    for name in ("bot.bootstrap", "bot.settings", "index_builder.model", "index_builder.__main__"):
        import_module(name)  # once, so that no child need do so under watch
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _child(json.loads(line))
        say(str(child))
        say(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))


def _child(request: dict[str, Any]) -> NoReturn:
    """Wait for SIGUSR1, take the steps of a request as the command would, and end."""
    status, commands = 0, import_module("index_builder.__main__")
    try:
        _let_anyone_trace()
        for stream, path in ((1, request["said"]), (2, request["erred"])):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), stream)
        index, council = Path(request["index"]), request["council"]
        source = Path(request["source"])
        present = disk.load(source, council, FIRST, ())
        signal.sigwait({signal.SIGUSR1})
        if request["command"]:
            sys.argv = ["protocol-index", *request["command"]]
        else:  # what `main` makes of a fault is the command's own
            vars(commands)["app"] = partial(_take, index, present, source, request["steps"])
        commands.main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - a child that forgets to end would be a second server
        traceback.print_exc()
        status = 70
    sys.stderr.flush()
    os._exit(status)


def _take(index: Path, present: disk.Index, source: Path, steps: Sequence[Sequence[str]]) -> None:
    for action, name in steps:
        if action == "install":
            install_encoder(index, Path(name), encoder_digest(Path(name)))
        elif action == "rollback":
            roll_back(index, present.revision.council.name, name)
        else:
            publish_again(index, present, name, source)
        say(name)


def _let_anyone_trace() -> None:
    """Where only a parent may trace its child, let strace do so, which is none."""
    ctypes.CDLL(None).prctl(_SET_PTRACER, ctypes.c_long(_ANYONE), 0, 0, 0)


if __name__ == "__main__":
    if sys.argv[1:]:
        main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    else:
        serve()
