"""The kinds of value a field of the knowledge folder may have.

A Complaint says what is wrong with a value and how to mend it, in words that follow the field's name; "" for nothing.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

from index_builder.knowledge.values import Listing, Scalar, Table, Value, misread, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 2000
"""The most characters of one text."""

Complaint = Callable[[Value], str]

_FEW = 8
_KINDS = {Scalar: "a text", Listing: "a list", Table: "a table of keys"}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LINK = re.compile(r"https?://[^\s<>\"]+")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def not_text(value: Value) -> str:
    """Anything but words: another kind, nothing, too much, or what YAML takes for something else than was typed."""
    if not isinstance(value, Scalar):
        return f"must be a text, not {_KINDS[type(value)]}: write one text in quotes"
    if not value.strip():
        return "is empty: write its text, or delete it"
    if len(value) > LONGEST:
        return f"is longer than {LONGEST:,} characters: shorten it"
    return misread(value)


def not_section(value: Value) -> str:
    """Anything but a section's number, which stands in quotes unless a letter shows that it is no figure."""
    if complaint := not_text(value):
        return complaint
    if isinstance(value, Scalar) and value.plain and not any(map(str.isalpha, value)):
        return f"{shown(value)} is a section number without a letter: write it in quotes"
    return ""


def not_day(value: Value) -> str:
    """Anything but a date of the calendar, year first; quotes or none."""
    try:
        sound = isinstance(value, Scalar) and _DAY.fullmatch(value) and date.fromisoformat(value)
    except ValueError:
        sound = None
    return "" if sound else "must be a date of the calendar: write it as 2026-05-19"


def not_link(value: Value) -> str:
    """Anything but a web address."""
    if complaint := not_text(value):
        return complaint
    return "" if _LINK.fullmatch(str(value)) else "must be a web address: write it in full, starting with https://"


def not_flag(value: Value) -> str:
    """Anything but true and false."""
    sound = isinstance(value, Scalar) and value.plain and value in {"true", "false"}
    return "" if sound else "must be true or false: write one of the two, without quotes"


def not_one_of(words: Iterable[str]) -> Complaint:
    """Anything but one of a few words."""
    words = tuple(words)
    return lambda value: (
        not_text(value) or ("" if value in words else f"is not one that is known: write {listed(words)}")
    )


def not_number(low: float, high: float) -> Complaint:
    """Anything but figures without quotes, from `low` to `high`; whole ones where `low` is an int."""
    kind, example = ("whole number", low or 1000) if isinstance(low, int) else ("number", "0.4")

    def complaint(value: Value) -> str:
        figures = _NUMBER.fullmatch(value) if isinstance(value, Scalar) and value.plain else None
        whole = figures and not figures[1]
        if figures and low <= float(figures[0]) <= high and (whole or isinstance(low, float)):
            return ""
        return f"must be a {kind} from {low:g} to {high:,.10g}: write it in figures without quotes, such as {example}"

    return complaint


def not_wording(value: Value) -> str:
    """Anything but a sentence whose braces, if any, enclose the {name} of a blank."""
    if complaint := not_text(value):
        return complaint
    try:
        blanks(str(value))
    except ValueError:
        return "has a brace that belongs to no {blank}: write {{ or }} for the brace itself"
    return ""


def not_wording_like(sentence: str) -> Complaint:
    """Anything but a sentence with the same {blanks} as another; one at fault itself has none to compare."""

    def complaint(value: Value) -> str:
        if at_fault := not_wording(value):
            return at_fault
        own, base = blanks(str(value)), blanks(sentence)
        add = [f"add {{{name}}}" for name in sorted(base - own) if sentence]
        delete = [f"delete {{{name}}}" for name in sorted(own - base) if sentence]
        return f"must have the blanks of the base's sentence: {', '.join(add + delete)}" if add + delete else ""

    return complaint


def blanks(sentence: str) -> set[str]:
    """The names of a sentence's {blanks}. ValueError for braces that are none."""
    parts = string.Formatter().parse(sentence)
    found = [(name, spec, conversion) for _, name, spec, conversion in parts if name is not None]
    if any(spec or conversion or not name.isidentifier() for name, spec, conversion in found):
        raise ValueError(sentence)
    return {name for name, _, _ in found}


def listed(words: Iterable[str]) -> str:
    """Words as a sentence offers them: "a, b or c"."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def instead_of(word: str, known: Iterable[str]) -> str:
    """The mend of an unknown word: the nearest of those known, or any of them where they are few."""
    known = list(known)
    offered = get_close_matches(word, known, n=1) or (known if len(known) <= _FEW else [])
    return f"write {listed(offered)}, or delete it" if offered else "delete it"
