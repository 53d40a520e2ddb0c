"""What strict YAML is read into: texts, lists and tables that know their place."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias

import yaml
from yaml.resolver import Resolver

from index_builder.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SHOWN = 60
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_TAKEN_FOR = {"int": "a number", "float": "a number", "bool": "yes or no", "null": "nothing", "timestamp": "a date"}
_YAML_1_1 = Resolver()
_NUMBER_IN_YAML_1_2 = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Place:
    """A file and a 1-based line in it."""

    path: str
    line: int

    def problem(self, sentence: str) -> Problem:
        """The Problem that stands here."""
        return Problem(self.path, self.line, sentence)


class Scalar(str):
    """A text exactly as typed, its place, whether it stood without quotes, and what YAML takes it for ("" for text)."""

    __slots__ = ("place", "plain", "taken_for")
    place: Place
    plain: bool
    taken_for: str

    def __new__(cls, text: str, place: Place, *, plain: bool) -> Self:
        """A str is made, not filled in, so its place is set here."""
        scalar = super().__new__(cls, text)
        scalar.place, scalar.plain, scalar.taken_for = place, plain, _taken_for(text) if plain else ""
        return scalar


class Listing(list["Value"]):
    """A list, and its place."""

    def __init__(self, place: Place, values: Iterable[Value] = ()) -> None:
        super().__init__(values)
        self.place = place


class Table(dict[Scalar, "Value"]):
    """Keys with their values, and its place."""

    def __init__(self, place: Place, values: Mapping[Scalar, Value] | None = None) -> None:
        super().__init__(values or {})
        self.place = place


Value: TypeAlias = Scalar | Listing | Table


def shown(text: str) -> str:
    """A text within quotation marks as a Problem may show it: short, on one line, nothing hidden."""
    return f"“{printable(text if len(text) <= _SHOWN else f'{text[: _SHOWN - 1]}…')}”"


def misread(scalar: Scalar) -> str:
    """What a scalar without quotes would be read as, and the mend; "" for one that is read as it was typed."""
    if not scalar.taken_for:
        return ""
    mend = f'"{scalar}"' if scalar.isprintable() and len(scalar) <= _SHOWN else "on both sides"
    return f"{shown(scalar)} would be read as {scalar.taken_for}: write it in quotes: {mend}"


def printable(text: str) -> str:
    """A text with U+… in place of every character that does not print."""
    return "".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in text)


def hidden(text: str) -> list[str]:
    """The characters of a text that nobody sees (control, format, surrogate, private use), each once, as U+…."""
    unseen = {char for char in set(text) - set("\t\n\r") if unicodedata.category(char) in _HIDDEN}
    return [f"U+{ord(char):04X}" for char in sorted(unseen)]


def _taken_for(text: str) -> str:
    if text in {"y", "Y", "n", "N"}:
        return "yes or no"
    if _NUMBER_IN_YAML_1_2.fullmatch(text):
        return "a number"
    tag: str = _YAML_1_1.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call] # so in its stubs
    kind = tag.rpartition(":")[2]
    return "" if kind == "str" else _TAKEN_FOR.get(kind, "a sign of YAML's own")
