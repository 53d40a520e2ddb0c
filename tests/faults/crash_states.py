"""What a disk may hold after the power fails in the midst of recorded system calls: worked out, and made real.

A crash keeps every call up to some moment, then forgets of what was not yet forced to disk whatever it likes: parts of
what was written to a file, and entries of folders (names given, taken and changed). Kept for certain are a file's bytes
once the file was synced, and a folder's entries once the folder was; a rename is kept as a whole or not at all. A crash
is lenient where syncing a file or folder keeps the name that it was made under as well, as ext4 and xfs do, and strict
where it does not, as POSIX allows; entries are lost one by one, or all from some moment on, as a journal loses them.
"""

from __future__ import annotations

import bisect
import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from system_calls import Call

_READING = frozenset(
    "access close faccessat2 fadvise64 fcntl flock fstat getdents64 ioctl lseek lstat mmap newfstatat pread64 read "
    "readlink stat statx utimensat".split()
)
_PAGE, _NEVER, _TOP = 4096, 1_000_000, 0
_LIKELY = (0.0, 0.3, 0.5, 0.7, 1.0)

Name = tuple[int, str]
"""A folder and a name in it."""


class Op(NamedTuple):
    """One change to what stands below a folder, or one promise: the thing is an inode number."""

    kind: Literal["data", "size", "entry", "sync", "say"]
    thing: int = 0
    at: int = 0
    content: bytes = b""
    takes: tuple[Name, ...] = ()
    gives: tuple[Name, ...] = ()


@dataclass(frozen=True)
class Recording:
    """What stood below a folder, and what was then done there. Folders are those things that hold names."""

    folders: dict[int, dict[str, int]]
    files: dict[int, bytes]
    ops: tuple[Op, ...]

    def without_syncs(self) -> Recording:
        """The same, with nothing forced to disk."""
        return self._with(op for op in self.ops if op.kind != "sync")

    def without_folder_syncs(self) -> Recording:
        """The same, with files forced to disk and folders not."""
        return self._with(op for op in self.ops if op.kind != "sync" or op.thing not in self.folders)

    def without_sync(self, number: int) -> Recording:
        """The same less one sync, counted from nought."""
        where = self.syncs()[number]
        return self._with((*self.ops[:where], *self.ops[where + 1 :]))

    def renamed_first(self) -> Recording:
        """The same, with each file renamed before its bytes are forced to disk."""
        ops = list(self.ops)
        for op in self.ops:
            synced = Op("sync", op.thing)
            if op.takes and op.gives and op.thing not in self.folders and synced in ops[: ops.index(op)]:
                ops.remove(op)
                ops.insert(ops.index(synced), op)
        return self._with(ops)

    def syncs(self) -> list[int]:
        """Which of the ops are syncs."""
        return [where for where, op in enumerate(self.ops) if op.kind == "sync"]

    def _with(self, ops: Sequence[Op] | Iterator[Op]) -> Recording:
        return replace(self, ops=tuple(ops))


class Recorder:
    """Turns the system calls of one process below a folder into ops; refuses a call that it does not know."""

    def __init__(self, root: Path) -> None:
        """Take in what stands below the folder, before the calls are made."""
        self._root = root.resolve()
        self._paths: dict[Path, int] = {self._root: _TOP}
        self._folders: dict[int, dict[str, int]] = {_TOP: {}}
        self._files: dict[int, bytes] = {}
        for path in sorted(self._root.rglob("*")):
            thing = self._paths[path] = len(self._paths)
            self._folders[self._paths[path.parent]][path.name] = thing
            if path.is_dir():
                self._folders[thing] = {}
            else:
                self._files[thing] = path.read_bytes()
        self._next = len(self._paths)
        self._sizes = {thing: len(content) for thing, content in self._files.items()}
        self._offsets: dict[str, int | None] = {}
        self._ops: list[Op] = []

    def recording(self, calls: Sequence[Call]) -> Recording:
        """What the calls that succeeded did."""
        before = {thing: dict(entries) for thing, entries in self._folders.items()}
        for call in calls:
            if call.result >= 0 and self._ours(call):
                self._take(call)
        folders = {thing: before.get(thing, {}) for thing in self._folders}
        return Recording(folders, self._files, tuple(self._ops))

    def _ours(self, call: Call) -> bool:
        places = [at for at, text in enumerate(call.arguments) if text.startswith('"') or "<" in text]
        if call.name == "write" and call.arguments[0].startswith("1<"):
            self._ops.append(Op("say", content=call.content(1)))
            return False
        named = [at for at in places if not (call.name.startswith(("write", "pwrite", "read", "pread")) and at)]
        return any(Path(call.path(at)).is_relative_to(self._root) for at in named)

    def _take(self, call: Call) -> None:
        match call.name:
            case "open" | "openat" | "creat":
                self._opened(call)
            case "write" | "pwrite64":
                self._written(call)
            case "fsync" | "fdatasync":
                self._ops.append(Op("sync", self._paths[Path(call.path(0))]))
            case "mkdir" | "mkdirat":
                self._made(Path(call.path(call.name.endswith("at"))), folder=True)
            case "rename" | "renameat" | "renameat2":
                first, second = (0, 1) if call.name == "rename" else (1, 3)
                self._renamed(Path(call.path(first)), Path(call.path(second)))
            case "unlink" | "unlinkat" | "rmdir":
                self._unlinked(Path(call.path(call.name.endswith("at"))))
            case "lseek":
                if self._offsets.get(self._handle(call)) is not None:
                    self._offsets[self._handle(call)] = call.result
            case "ftruncate":
                self._resized(self._paths[Path(call.path(0))], int(call.arguments[1]))
            case _:
                shared = call.name == "mmap" and "PROT_WRITE" in call.arguments[2] and "SHARED" in call.arguments[3]
                assert call.name in _READING, f"the explorer does not know {call.name}"
                assert not shared, "the explorer does not follow what is written to mapped memory"

    @staticmethod
    def _handle(call: Call) -> str:
        return call.arguments[0].partition("<")[0]

    def _opened(self, call: Call) -> None:
        at = call.name == "openat"
        path, flags = Path(call.path(at)), "O_CREAT|O_TRUNC" if call.name == "creat" else call.arguments[at + 1]
        if path not in self._paths:
            assert "O_CREAT" in flags
            self._made(path, folder=False)
        elif "O_TRUNC" in flags:
            self._resized(self._paths[path], 0)
        self._offsets[str(call.result)] = None if "O_APPEND" in flags else 0

    def _made(self, path: Path, *, folder: bool) -> None:
        thing, self._next = self._next, self._next + 1
        if folder:
            self._folders[thing] = {}
        else:
            self._files[thing], self._sizes[thing] = b"", 0
        self._paths[path] = thing
        self._ops.append(Op("entry", thing, gives=(self._name(path),)))

    def _name(self, path: Path) -> Name:
        return self._paths[path.parent], path.name

    def _written(self, call: Call) -> None:
        thing, handle = self._paths[Path(call.path(0))], self._handle(call)
        content, begins = call.content(1)[: call.result], self._offsets[handle]
        if call.name == "pwrite64":
            begins = int(call.arguments[3])
        elif begins is not None:
            self._offsets[handle] = begins + len(content)
        begins = self._sizes[thing] if begins is None else begins
        self._sizes[thing] = max(self._sizes[thing], begins + len(content))
        self._ops.append(Op("data", thing, begins, content))

    def _resized(self, thing: int, size: int) -> None:
        self._sizes[thing] = size
        self._ops.append(Op("size", thing, size))

    def _renamed(self, old: Path, new: Path) -> None:
        thing = self._paths[old]
        self._ops.append(Op("entry", thing, takes=(self._name(old),), gives=(self._name(new),)))
        inside = {path: known for path, known in self._paths.items() if path.is_relative_to(old)}
        for path in inside:
            del self._paths[path]
        self._paths |= {new / path.relative_to(old): known for path, known in inside.items()}

    def _unlinked(self, path: Path) -> None:
        self._ops.append(Op("entry", self._paths[path], takes=(self._name(path),)))
        del self._paths[path]


@dataclass(frozen=True)
class State:
    """What a crash left: the entries of each folder, and of each file either all that it ever held or some bytes."""

    moment: int
    said: tuple[str, ...]
    folders: dict[int, dict[str, int]]
    torn: dict[int, bytes]
    whole: dict[int, tuple[int, int]]

    def shape(self) -> int:
        """A number that is the same for the same state."""
        entries = frozenset((thing, frozenset(names.items())) for thing, names in self.folders.items())
        return hash((entries, frozenset(self.torn.items()), frozenset(self.whole.items()), self.said))


@dataclass
class Crashes:
    """The crash states of a recording, drawn at random and made real below a folder: strict ones, lenient, or both."""

    recording: Recording
    pool: Path
    strict: tuple[bool, ...] = (False, True)
    _lasting: dict[bool, list[int]] = field(init=False)
    _pooled: dict[tuple[int, int], Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Work out from which moment on each op lasts."""
        self._lasting = {strict: self._moments(strict=strict) for strict in (False, True)}
        self._edges = [n for n, op in enumerate(self.recording.ops) if self._is_edge(op)]

    def _is_edge(self, op: Op) -> bool:
        """Whether what may be lost matters most after an op: a rename, an acknowledgement, an appended line."""
        return op.kind == "say" or bool(op.takes) or (op.kind == "data" and bool(self.recording.files[op.thing]))

    def _moments(self, *, strict: bool) -> list[int]:
        synced: dict[int, list[int]] = {}
        for where in self.recording.syncs():
            synced.setdefault(self.recording.ops[where].thing, []).append(where)

        def after(where: int, thing: int) -> int:
            moments = synced.get(thing, [])
            at = bisect.bisect(moments, where)
            return moments[at] if at < len(moments) else _NEVER

        lasting = []
        for where, op in enumerate(self.recording.ops):
            moment = where
            if op.kind in {"data", "size"}:
                moment = after(where, op.thing)
            elif op.kind == "entry":
                moment = max(after(where, folder) for folder, _ in (*op.takes, *op.gives))
                if not strict and not op.takes:
                    moment = min(moment, after(where, op.thing))
            lasting.append(moment)
        return lasting

    def state(self, chance: random.Random) -> State:
        """A crash at a moment that is drawn among all, as often as not close to one that matters."""
        ops = self.recording.ops
        moment = chance.randint(0, len(ops))
        if self._edges and chance.random() < 0.5:
            moment = min(len(ops), chance.choice(self._edges) + chance.choice((1, 1, 2, 3)))
        lasting = self._lasting[chance.choice(self.strict)]
        kept = self._kept(chance, lasting, moment)
        folders = {thing: dict(names) for thing, names in self.recording.folders.items()}
        torn: dict[int, bytes] = {}
        written: dict[int, int] = {}
        unsure: set[int] = set()
        for where, op in enumerate(ops[:moment]):
            if op.kind == "entry" and where in kept:
                _change(folders, op)
            elif op.kind in {"data", "size"}:
                written[op.thing] = where + 1
                if lasting[where] >= moment:
                    unsure.add(op.thing)
        likely = chance.choice(_LIKELY)
        for thing in sorted(unsure):
            torn[thing] = self._torn(chance, thing, lasting, moment, likely)
        whole = {thing: (thing, written.get(thing, 0)) for thing in self.recording.files if thing not in torn}
        said = tuple(op.content.decode() for op in ops[:moment] if op.kind == "say")
        return State(moment, said, folders, torn, whole)

    def _kept(self, chance: random.Random, lasting: Sequence[int], moment: int) -> set[int]:
        entries = [where for where, op in enumerate(self.recording.ops[:moment]) if op.kind == "entry"]
        sure = {where for where in entries if lasting[where] < moment}
        if chance.random() < 1 / 3:
            journal = chance.randint(0, moment)
            return sure | {where for where in entries if where < journal}
        likely = chance.choice(_LIKELY)
        return sure | {where for where in entries if chance.random() < likely}

    def _torn(self, chance: random.Random, thing: int, lasting: Sequence[int], moment: int, likely: float) -> bytes:
        """A file's bytes where each page that was not forced to disk is kept or not, and the rest cut or zeros."""
        content = bytearray(self.recording.files[thing])
        for where, op in enumerate(self.recording.ops[:moment]):
            if op.thing != thing or op.kind not in {"data", "size"}:
                continue
            sure = lasting[where] < moment
            if op.kind == "size":
                if sure or chance.random() < likely:
                    del content[op.at :]
                    content.extend(bytes(op.at - len(content)))
                continue
            pages = range(0, len(op.content), _PAGE)
            keeps = [begins for begins in pages if sure or chance.random() < likely]
            cut = len(op.content) if sure or chance.random() < 0.5 else chance.randrange(len(op.content) + 1)
            for begins in keeps:
                piece = op.content[begins : min(begins + _PAGE, cut)]
                content.extend(bytes(max(0, op.at + begins + len(piece) - len(content))))
                content[op.at + begins : op.at + begins + len(piece)] = piece
            if not sure and chance.random() < 0.5:
                content.extend(bytes(max(0, op.at + cut - len(content))))
        return bytes(content)

    def make(self, state: State, root: Path) -> None:
        """Make a state real; a file that is whole is linked, and must not be written to."""
        self._fill(state, _TOP, root)

    def _fill(self, state: State, folder: int, path: Path) -> None:
        path.mkdir()
        for name, thing in state.folders[folder].items():
            if thing in state.folders:
                self._fill(state, thing, path / name)
            elif thing in state.torn:
                (path / name).write_bytes(state.torn[thing])
            else:
                (path / name).hardlink_to(self._linked(state.whole[thing]))

    def _linked(self, version: tuple[int, int]) -> Path:
        if version not in self._pooled:
            path = self._pooled[version] = self.pool / f"{version[0]}-{version[1]}"
            path.write_bytes(self._torn(random.Random(0), version[0], [-1] * version[1], version[1], 1))  # noqa: S311
        return self._pooled[version]


def _change(folders: dict[int, dict[str, int]], op: Op) -> None:
    for folder, name in op.takes:
        if folders[folder].get(name) == op.thing:
            del folders[folder][name]
    for folder, name in op.gives:
        folders[folder][name] = op.thing
