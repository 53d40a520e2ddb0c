"""YAML read strictly: every scalar stays the text that was typed, and each of YAML's surprises is a Problem."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from index_builder.knowledge.composer import LINE_END, Composer
from index_builder.problem import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from index_builder.knowledge.values import Value

LIMIT = 1024 * 1024
"""The most bytes of one file, and the most characters of one text."""

# libyaml is ten times as quick; what it takes exception to is read again by PyYAML, whose words we know how to mend.
_LOADERS = (yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader, yaml.SafeLoader)
_READ_OTHERWISE = re.compile(r"\t|[|>][0-9+-]*#")  # where libyaml takes what PyYAML rightly refuses
_TOO_LONG = "this is longer than 1 MiB: shorten it or split it"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def load(text: str, path: str, first_line: int = 1) -> tuple[Value | None, list[Problem]]:
    """The value of a text whose first line is line `first_line` of `path`, and every Problem found, in order.

    A text without content gives an empty Table; one that YAML cannot read to its end gives None and a Problem.
    """
    if len(text) > LIMIT:
        return None, [Problem(path, first_line, _TOO_LONG)]
    for loader in _LOADERS[1:] if _READ_OTHERWISE.search(text) else _LOADERS:
        composer = Composer(text.removeprefix("\ufeff"), path, first_line, loader)
        value = composer.document()
        if value is not None and not composer.problems:
            break
    return value, sorted(composer.problems)


def load_bytes(raw: bytes, shown_as: str) -> tuple[Value | None, list[Problem]]:
    """As `load`, from a file's bytes, which must be UTF-8."""
    if len(raw) > LIMIT:
        return None, [Problem(shown_as, 1, _TOO_LONG)]
    if raw.startswith(_UTF_16) or raw[:2].count(0) == 1:
        return None, [Problem(shown_as, 1, "the file is UTF-16: save it as UTF-8")]
    try:
        return load(raw.decode(), shown_as)
    except UnicodeDecodeError as error:
        line = len(LINE_END.findall(raw[: error.start].decode())) + 1
        sentence = f"the byte 0x{raw[error.start]:02X} in this line is not UTF-8: save the file as UTF-8"
        return None, [Problem(shown_as, line, sentence)]


def load_file(path: Path, shown_as: str) -> tuple[Value | None, list[Problem]]:
    """As `load_bytes`, from a file; `shown_as` is its path in the Problems."""
    try:
        with path.open("rb") as file:
            return load_bytes(file.read(LIMIT + 1), shown_as)
    except OSError as error:
        sentence = f"this cannot be read ({error.strerror}): put a readable file in its place"
        return None, [Problem(shown_as, 1, sentence)]
