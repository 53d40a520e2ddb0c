"""The hatch of a running bot: a local socket where `protocol-bot ask` gets its answer (docs/decisions/0013).

One thread listens and two answer, so that whoever is slow to ask, or says nothing, keeps nobody waiting. A question is
known here only while it is answered; what goes wrong with one is told without its words, and the asker goes elsewhere.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from bot import local
from bot.bootstrap import make_ask
from bot.surfaces.cli.app import said

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable, Iterator

    from bot.live import Live
    from bot.local import Place

_WORKERS, _QUEUE = 2, 64
_PATIENCE = 2.0  # seconds for each of: asking, waiting for the answer, taking it


class _Shut(Exception):
    """The hatch cannot be opened; the message is one sentence with the mend."""


@contextmanager
def hatch(serving: Live, place: Place | None, report: Callable[[str], None]) -> Iterator[None]:
    """A hatch that is open while the block runs; answers under way are finished before it ends.

    Where it cannot be opened the block runs all the same, and `report` is told why in one sentence. Without a place
    there is none.
    """
    listening = _opened(place, report) if place else None
    if place is None or listening is None:
        yield
        return
    own, answering = _inode(place), _Answering(serving, place, report)
    try:
        loop, thread = _started(answering, listening)
    except (OSError, RuntimeError) as fault:  # no more files or threads to be had
        listening.close()
        Path(place.socket).unlink(missing_ok=True)
        report(f"There is no local socket, so ask is only slower: {fault}.")
        yield
        return
    try:
        yield
    finally:
        if _inode(place) == own:  # while it still listens: nobody else replaces it then
            Path(place.socket).unlink(missing_ok=True)
        loop.call_soon_threadsafe(answering.stop.set)
        thread.join()
        loop.close()


def _started(answering: _Answering, listening: socket.socket) -> tuple[asyncio.AbstractEventLoop, Thread]:
    loop = asyncio.new_event_loop()
    loop.set_debug(False)  # in that mode it logs what it handles
    loop.set_exception_handler(lambda *_: None)
    thread = Thread(target=loop.run_until_complete, args=[answering.until_stopped(listening)], name="hatch")
    thread.start()
    return loop, thread


def _inode(place: Place) -> int | None:
    try:
        return Path(place.socket).stat().st_ino
    except OSError:
        return None


def _opened(place: Place, report: Callable[[str], None]) -> socket.socket | None:
    try:
        return _listening(place)
    except _Shut as fault:
        why = str(fault)
    except OSError as fault:
        why = f"{place.socket} cannot be made ({fault.strerror or fault}); {local.VARIABLE} can name another folder"
    report(f"There is no local socket, so ask is only slower: {why}.")
    return None


def _listening(place: Place) -> socket.socket:
    with suppress(FileExistsError):
        Path(place.folder).mkdir(0o700)
    folder = os.open(place.folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        opened, named = os.fstat(folder), Path(place.folder).lstat()
        if not (local.private(opened) and os.path.samestat(opened, named)):
            raise _Shut(f"{place.folder} must be a folder, and no link, that only this user may enter (mode 700)")
        _lock(folder)
        if _is_served(place):
            raise _Shut("another bot already has that of this index")
        Path(place.socket).unlink(missing_ok=True)
        return _bound(place.socket)
    finally:
        os.close(folder)  # and with it the lock


def _lock(folder: int) -> None:
    """Keeps other bots from opening or replacing a socket in the folder meanwhile."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def _is_served(place: Place) -> bool:
    """Whether somebody listens there already; what a killed bot left behind refuses."""
    with socket.socket(socket.AF_UNIX) as line:
        line.setblocking(False)
        try:
            line.connect(place.socket)
        except BlockingIOError:
            return True  # so many ask that there is a queue
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        return True


def _bound(path: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(path)
        Path(path).chmod(0o600)
        listening.listen(_QUEUE)
    except OSError:
        listening.close()
        raise
    return listening


class _Answering:
    """Takes requests and gives replies, each one line of JSON, until `stop` is set."""

    def __init__(self, serving: Live, place: Place, report: Callable[[str], None]) -> None:
        self._serving, self._ask, self._of, self._report = serving, make_ask(serving), place.of, report
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="hatch")
        self._open = 0
        self._answering: set[asyncio.Task[Any] | None] = set()
        self.stop = asyncio.Event()

    async def until_stopped(self, listening: socket.socket) -> None:
        """Serves a listening socket, and closes it; who has asked by then gets an answer, who has not is let go."""
        server = await asyncio.start_unix_server(self._serve, sock=listening, limit=local.MOST_ASKED)
        await self.stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others - self._answering:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._workers.shutdown(cancel_futures=True)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._open += 1
        task = asyncio.current_task()
        try:
            if self._open > _WORKERS + _QUEUE or not local.same_user(writer.get_extra_info("socket")):
                return
            asked = await asyncio.wait_for(reader.readuntil(), _PATIENCE)
            self._answering.add(task)
            work = asyncio.get_running_loop().run_in_executor(self._workers, self._reply, asked)
            writer.transport.set_write_buffer_limits(0)  # so that drain waits until all is taken
            writer.write(await asyncio.wait_for(work, _PATIENCE))
            await asyncio.wait_for(writer.drain(), _PATIENCE)
        except (OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
            return  # whoever asked is told by the end of the line
        finally:
            self._answering.discard(task)
            self._open -= 1
            writer.transport.abort()

    def _reply(self, asked: bytes) -> bytes:
        """The reply to a request, or nothing where the asker must find the answer alone."""
        try:
            question = _question(asked, self._of)
            if question is None:
                return b""
            status, out, err = said(self._ask, question[0], as_json=question[1])
        except Exception as fault:  # noqa: BLE001 - whatever it says may hold the question
            self._report(f"A question at the local socket was not answered ({type(fault).__name__}); ask goes without.")
            return b""
        if self._serving.fault is not None:
            return b""  # this bot keeps what it had, but ask must say the same whether a bot runs or not
        return json.dumps({"status": status, "out": out.decode(), "err": err}).encode() + b"\n"


def _question(asked: bytes, of: list[str]) -> tuple[str, bool] | None:
    """What a request asks, and whether as JSON; None where it cannot be understood or is not for this bot."""
    try:
        request = json.loads(asked)
        text, as_json = request["text"], request["json"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return (text, as_json) if request.get("of") == of and [type(text), type(as_json)] == [str, bool] else None
