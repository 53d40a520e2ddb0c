"""The local socket of a running bot: where it stands, and asking there; little of the standard library, nothing else.

A question at the shell that a running bot can answer imports this and no more (docs/decisions/0013).
"""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
import time
from zlib import crc32

VARIABLE = "PROTOCOL_BOT_SOCKETS"
MOST_ASKED = 65_536  # bytes of a request, its line end included
_MOST_SAID = 16_777_216  # bytes of a reply: far over the longest answer
_PATIENCE = 2.0  # seconds; answering in this process takes less
_ONLY = "model"  # the council of an index folder with several, as in bot.bootstrap
_STATUSES = (0, 1, 2)


class Place:
    """Where a bot that serves `council` of the folder `index` is asked: the path `socket`, in `folder`.

    `of` is what a request there must name. The socket's name also depends on the code: a bot of another version, which
    may read other formats, stands elsewhere.
    """

    __slots__ = ("council", "folder", "of", "socket")

    def __init__(self, folder: str, index: str, council: str, code: str) -> None:
        self.folder, self.council, self.of = folder, council, [os.path.abspath(index), council]
        self.socket = os.path.join(folder, f"{_digest(*self.of)}{code}.sock")


def place(index: str, council: str | None) -> Place | None:
    """The Place of a council, by default the only one of the folder, or model; None where sockets are switched off.

    It is None as well where it is not clear which council is meant, or whether the code is the same.
    """
    folder, chosen, code = _folder(), council or _usual(index), _code()
    return Place(folder, index, chosen, code) if folder and chosen and code else None


def asked(where: Place, text: str, *, as_json: bool) -> tuple[int, bytes, str] | None:
    """What `protocol-bot ask` has to do: its exit status, and what to write to standard output and standard error.

    None where no bot of this user answers in time and in order: then the question must be answered here.
    """
    request = json.dumps({"of": where.of, "text": text, "json": as_json}).encode() + b"\n"
    try:
        if len(request) > MOST_ASKED or not private(os.lstat(where.folder)):
            return None
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_PATIENCE)
            line.connect(where.socket)
            if not same_user(line):
                return None
            line.sendall(request)
            return _understood(_received(line, time.monotonic() + _PATIENCE))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def private(folder: os.stat_result) -> bool:
    """Whether this is a real folder of this user's that nobody else may enter or read."""
    return stat.S_ISDIR(folder.st_mode) and folder.st_uid == os.geteuid() and not folder.st_mode & 0o077


def same_user(line: socket.socket) -> bool:
    """Whether this user is at the other end; where the system cannot tell, the folder's permissions have to do."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    credentials = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)  # three ints: process, user, group
    return int.from_bytes(credentials[4:8], sys.byteorder) == os.geteuid()


def _folder() -> str | None:
    chosen = os.environ.get(VARIABLE)
    if chosen in {"", "off"} or not hasattr(socket, "AF_UNIX"):
        return None
    if chosen:
        return os.path.abspath(chosen)  # also without the last slash, which would follow a link
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.path.isdir(runtime):
        return os.path.join(runtime, "protocol-bot")
    return os.path.join(os.environ.get("TMPDIR") or "/tmp", f"protocol-bot-{os.geteuid()}")  # noqa: S108 - see private


def _usual(index: str) -> str | None:
    """As bot.bootstrap.council_of, without importing what reads an index; None where that raises."""
    try:
        names = [name for name in os.listdir(index) if os.path.exists(os.path.join(index, name, "current"))]
    except OSError:
        return None
    return names[0] if len(names) == 1 else _ONLY if _ONLY in names else None


def _code() -> str:
    """Eight hex digits of the code that runs: each file's path, size and time, and the Python; "" without files."""
    files = []
    for folder, _, names in os.walk(os.path.dirname(os.path.abspath(__file__))):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith((".py", ".pyc")) and not folder.endswith("__pycache__"):
                try:
                    status = os.stat(path)
                except OSError:
                    continue  # an editor's link to nowhere, or a file that is just being replaced
                files.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return _digest(sys.prefix, sys.version, *sorted(files)) if files else ""


def _digest(*parts: str) -> str:
    """Eight hex digits; hashlib's would be safer and takes 4 ms to import, and a request says whom it is for."""
    return f"{crc32(chr(0).join(parts).encode('utf-8', 'surrogateescape')):08x}"


def _received(line: socket.socket, until: float) -> bytes:
    said = bytearray()
    while not said.endswith(b"\n"):
        line.settimeout(max(until - time.monotonic(), 0.001))
        part = line.recv(65_536)
        if not part or len(said) > _MOST_SAID:
            raise ValueError("no whole line")
        said += part
    return bytes(said)


def _understood(said: bytes) -> tuple[int, bytes, str]:
    reply = json.loads(said)
    status, out, err = reply["status"], reply["out"], reply["err"]
    if [type(status), type(out), type(err)] != [int, str, str] or status not in _STATUSES:
        raise ValueError("not a reply")
    return status, out.encode(), err
