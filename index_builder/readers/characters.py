"""A file's bytes as text that everyone sees alike, or the Problems that stand in the way."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from index_builder.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 25 * 1024 * 1024
"""The most bytes of one document."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_LINE_END = re.compile(r"\r\n|\r")
_TAG_SELECTORS = range(0xE0100, 0xE01F0)
_MENDS = {
    "Cc": "the control character {code} stands here: delete it",
    "Cf": "the hidden character {code} stands here, which a reader cannot see: delete it",
    "Cs": "half a character ({code}) stands here: type the character again",
    "Co": "{code} is a sign of one font only, so others see a box: write - or the character it stands for",
    "Cn": "{code} is no character of Unicode: delete it",
}


def text_of(path: Path, shown_as: str) -> tuple[str, list[Problem]]:
    r"""The text of a file with "\n" for line ends, and its Problems; "" where it cannot be read at all.

    UTF-8, and for .txt also UTF-16 with its mark and Windows-1252, which older editors write.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        sentence = f"this cannot be read ({error.strerror}): put a readable file in its place"
        return "", [Problem(shown_as, 1, sentence)]
    if len(raw) > LARGEST:
        return "", [Problem(shown_as, 1, f"this is larger than {LARGEST // 1024**2} MB: split it in several")]
    plain = path.suffix.lower() == ".txt"
    try:
        text = _LINE_END.sub("\n", _decoded(raw, windows=plain))
    except UnicodeDecodeError as error:
        return "", [_undecoded(raw, error, shown_as)]
    if not text.strip():
        return "", [Problem(shown_as, 1, "this is empty: put the document's text in it, or delete it")]
    return text, sorted(_unseen(text, shown_as, "\n\t\f" if plain else "\n\t"))


def _decoded(raw: bytes, *, windows: bool) -> str:
    if windows and raw.startswith(_UTF_16):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        partly_utf_8 = not raw.decode("utf-8", "ignore").isascii()
        if not windows or partly_utf_8 or _SURROGATE.search(raw):
            raise
        return raw.decode("cp1252")


def _undecoded(raw: bytes, error: UnicodeDecodeError, shown_as: str) -> Problem:
    before = raw[: error.start].decode(error.encoding, "ignore")
    line = _LINE_END.sub("\n", before).count("\n") + 1
    if raw.startswith(_UTF_16) and not error.encoding.startswith("utf-16"):
        return Problem(shown_as, 1, "the file is UTF-16: save it as UTF-8")
    if _SURROGATE.match(raw, error.start) or error.encoding.startswith("utf-16"):
        return Problem(shown_as, line, "half a character (a lone surrogate) stands here: type the character again")
    return Problem(shown_as, line, f"the byte 0x{raw[error.start]:02X} here is not UTF-8: save the file as UTF-8")


def _unseen(text: str, shown_as: str, allowed: str) -> Iterator[Problem]:
    """One Problem for each character that nobody sees, at its first place."""
    for char in set(text) - set(allowed):
        kind = "Cf" if ord(char) in _TAG_SELECTORS else unicodedata.category(char)
        if kind in _MENDS:
            line = text.count("\n", 0, text.index(char)) + 1
            yield Problem(shown_as, line, _MENDS[kind].format(code=f"U+{ord(char):04X}"))
