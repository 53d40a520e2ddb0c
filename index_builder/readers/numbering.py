"""What may be a number at the start of a line, in each way it can be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from itertools import product
from typing import NamedTuple

_TENS = ("", "x", "xx", "xxx", "xl")
_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ROMAN = {_TENS[n // 10] + _UNITS[n % 10]: n for n in range(1, 50)}
_ALPHABET = 26

_PLACES = "Part|Appendix|Annexe?|Schedule|Section|Chapter|Article|Rule|Standing Order|Guide"
_PART = r"\((?:[a-z]{1,6}|[A-Z]|\d{1,2})\)"
_PARTS = rf"(?:\s?[—–-]{{0,2}}\s?{_PART})*"
_END = r"(?:\s+|$)"
_NUMBER = re.compile(rf"((?:[A-Z]{{1,4}}[ .]?)?)(\d{{1,3}}(?:\.\d{{1,3}}){{0,4}})([A-Z]?)([.):]?)({_PARTS}){_END}")
_LISTED = re.compile(rf"({_PART}{_PARTS}){_END}")
_STOPPED = re.compile(rf"([a-z]|[ivxl]{{2,6}}|\d{{1,2}})([.)]){_END}")
_CAPITAL = re.compile(rf"([A-Z]|[IVXL]{{2,6}})\.{_END}")
_PLACE = re.compile(
    rf"((?=[A-Z])(?i:{_PLACES}))\s+(\d{{1,3}}|[IVXL]{{2,6}}|[A-Z])(?!\w|\.\d)\s*+[:.–—-]?+\s*+(?![a-z,;)])"
)
_DASH = re.compile(r"^[–—-]\s+")


class Kind(Enum):
    """A place (Part 3, IV.), a number (4.2, SO 7), a letter put in later (the A of 4.2A), or a mark in a list ((a))."""

    PLACE = auto()
    NUMBER = auto()
    INSERTED = auto()
    LIST = auto()


class Level(NamedTuple):
    """One step of a number: the series it counts in, where in it, and the number as printed down to here."""

    kind: Kind
    series: str
    ordinal: int
    printed: str


Path = tuple[Level, ...]
"""The levels of a number, outermost first: 2(c)(ii) has three."""


@dataclass(frozen=True, slots=True)
class Label:
    """One reading of the start of a line: the label as printed, its levels, and the words after it."""

    printed: str
    levels: Path
    rest: str


def readings(text: str) -> tuple[Label, ...]:
    """Every label a line could begin with; (i) is both a letter and a roman numeral."""
    return *_places(text), *_numbers(text), *_lists(text)


def number_of(path: Path) -> str:
    """The number of a path as a citation shows it: `2(c)(ii)`, `4.2`, `SO 7`; its place where there is no other."""
    numbers = [level.printed for level in numbers_of(path)][-1:]
    marks = [level.printed for level in path if level.kind is Kind.LIST]
    return "".join(numbers + marks) or place_of(path)


def numbers_of(path: Path) -> Path:
    """The levels of a path that are numbers, or letters put in after one."""
    return tuple(level for level in path if level.kind in {Kind.NUMBER, Kind.INSERTED})


def place_of(path: Path) -> str:
    """The place a path begins with: `Part 3`, `IV / B`, or "" where it begins with a number."""
    return " / ".join(level.printed for level in path if level.kind is Kind.PLACE)


def _places(text: str) -> list[Label]:
    if found := _PLACE.match(text):
        word, value = found.groups()
        series = "Annex" if word.lower() == "annexe" else word.title()
        printed, rest = f"{word} {value}", text[found.end() :]
        ordinals = _ordinals(value.lower()).values()
        return [Label(printed, (Level(Kind.PLACE, series, ordinal, printed),), rest) for ordinal in ordinals]
    if found := _CAPITAL.match(text):
        rest, value = text[found.end() :], found[1]
        ways = _ordinals(value.lower()).items()
        return [Label(found[0].strip(), (Level(Kind.PLACE, f"{s.upper()}.", n, value),), rest) for s, n in ways]
    return []


def _numbers(text: str) -> list[Label]:
    found = _NUMBER.match(text)
    if not found or re.fullmatch(_PLACES, found[1].strip(), re.IGNORECASE):
        return []
    prefix, number, letter, stop, parts = found.groups()
    rest = _DASH.sub("", text[found.end() :]) if not parts else text[found.end() :]
    printed, levels = f"{prefix}{number}{letter}{stop}{parts}", _levels(prefix, number, letter)
    return [Label(printed, (*levels, *marks), rest) for marks in _marks(parts)]


def _levels(prefix: str, number: str, letter: str) -> Path:
    steps = number.removesuffix(".0").split(".")  # 4.0 is how some number part 4
    series = f"{prefix.strip(' .')}1"
    inserted = [Level(Kind.INSERTED, "A", _ordinals(letter)["A"], prefix + number + letter)] if letter else []
    numbers = [Level(Kind.NUMBER, series, int(steps[n]), prefix + ".".join(steps[: n + 1])) for n in range(len(steps))]
    return (*numbers, *inserted)


def _lists(text: str) -> list[Label]:
    if found := _LISTED.match(text):
        return [Label(found[1], marks, text[found.end() :]) for marks in _marks(found[1])]
    if found := _STOPPED.match(text):
        value, stop = found.groups()
        ways = _ordinals(value).items()
        rest, mark = text[found.end() :], f"({value})"
        return [Label(value + stop, (Level(Kind.LIST, series + stop, n, mark),), rest) for series, n in ways]
    return []


def _marks(parts: str) -> list[Path]:
    marks = re.findall(_PART, parts)
    ways = [
        [Level(Kind.LIST, f"({series})", ordinal, mark) for series, ordinal in _ordinals(mark[1:-1]).items()]
        for mark in marks
    ]
    return list(product(*ways))


def _ordinals(value: str) -> dict[str, int]:
    """The place of a value in each series it can belong to: digits, letters (z is followed by aa), roman numerals."""
    if value.isdigit():
        return {"1": int(value)}
    lower = value.lower()
    upper = value != lower
    ways = {}
    if lower in {lower[0], lower[0] * 2}:
        ways["A" if upper else "a"] = ord(lower[0]) - ord("a") + 1 + _ALPHABET * (len(lower) - 1)
    if lower in _ROMAN:
        ways["I" if upper else "i"] = _ROMAN[lower]
    return ways
