"""The files of one folder of knowledge: which there are, that they stay inside it, and what was read of them."""

from __future__ import annotations

import hashlib
from difflib import get_close_matches
from typing import TYPE_CHECKING

from index_builder.knowledge.kinds import listed
from index_builder.knowledge.strict_yaml import LIMIT, load_bytes
from index_builder.knowledge.values import Place, Table, Value, printable
from index_builder.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DOCUMENTS = (".md", ".txt")
"""The endings of the files that protocol/ may hold."""
PROTOCOL = "protocol"

_AS_DOCUMENT = f"as {listed(DOCUMENTS)}"


class Folder:
    """One folder of knowledge being read; `used` holds the sha256 of every file read, by its name below the root."""

    def __init__(self, path: Path, name: str, known: Sequence[str], problems: list[Problem]) -> None:
        self.used: dict[str, str] = {}
        self._path = path
        self._name = name
        self._problems = problems
        for entry in _visible(path):
            if entry.name not in known:
                self._refuse(entry, _unknown(entry.name, known))

    def value(self, file: str, *, required: bool = False) -> Value | None:
        """What a YAML file holds: an empty Table where it is absent, None where it was refused."""
        path = self._path / file
        place = Place(printable(str(path)), 1)
        if not path.exists() and not path.is_symlink():
            if required:
                self._problems.append(place.problem("the file is missing: write it"))
            return None if required else Table(place)
        raw = self._read(path)
        if raw is None:
            return None
        value, problems = load_bytes(raw, place.path)
        self._problems += problems
        return value

    def documents(self) -> tuple[Path, ...]:
        """The files of protocol/, sorted; none where it is at fault."""
        protocol = self._path / PROTOCOL
        if not protocol.is_dir() or not self._inside(protocol):
            self._refuse(protocol, f"the folder is missing: make it and put the council's text in it, {_AS_DOCUMENT}")
            return ()
        entries = _visible(protocol)
        if not entries:
            self._refuse(protocol, f"no text stands here: put the council's text here, {_AS_DOCUMENT}")
        return tuple(entry for entry in entries if self._is_document(entry))

    def _is_document(self, path: Path) -> bool:
        if path.suffix.lower() not in DOCUMENTS:
            self._refuse(path, f"only texts are read here: save it {_AS_DOCUMENT}, or move it elsewhere")
            return False
        return self._read(path, limit=-1) is not None

    def _read(self, path: Path, limit: int = LIMIT + 1) -> bytes | None:
        if not path.is_file():
            self._refuse(path, "this is not a file that can be read: put a file in its place")
            return None
        if not self._inside(path):
            self._refuse(path, "this is a link to a file outside the folder: put the file itself here")
            return None
        try:
            with path.open("rb") as file:
                raw = file.read(limit)
        except OSError as error:
            self._refuse(path, f"this cannot be read ({error.strerror}): allow it to be read")
            return None
        self.used[f"{self._name}/{path.relative_to(self._path).as_posix()}"] = hashlib.sha256(raw).hexdigest()
        return raw

    def _inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._path.resolve())

    def _refuse(self, path: Path, sentence: str) -> None:
        self._problems.append(Problem(printable(str(path)), 1, sentence))


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _unknown(name: str, known: Sequence[str]) -> str:
    nearest = get_close_matches(name, known, n=1)
    mend = f"rename it to {nearest[0]}, or move it elsewhere" if nearest else "move it elsewhere"
    return f"nothing of this name is read here: {mend}"
