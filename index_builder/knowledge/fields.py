"""The reader of one table of a knowledge file: each field asked for by key and kind, each fault a Problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index_builder.knowledge.kinds import Complaint, instead_of, not_flag, not_number, not_text
from index_builder.knowledge.values import Listing, Place, Table, Value, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index_builder.problem import Problem


class Fields:
    """One table being read. A field at fault reads as empty ("", 0, False, ()), so that the next fault is found too."""

    def __init__(self, value: Value, problems: list[Problem]) -> None:
        self.place = value.place
        self._problems = problems
        self._within: list[Fields] = []
        self._asked: dict[str, None] = {}
        self._table = value if isinstance(value, Table) else Table(value.place)
        self._values: dict[str, Value] = dict(self._table.items())
        if not isinstance(value, Table):
            self.refuse("keys must stand here: write each as key: text")
            self._problems = []  # what else it lacks is no news

    @classmethod
    def unread(cls, place: Place) -> Fields:
        """The fields of a table that is absent or already refused: all empty, and no Problem more."""
        return cls(Table(place), [])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def text(self, key: str, complaint: Complaint = not_text, *, required: bool = True) -> str:
        """The text of a field, without the spaces around it."""
        value = self._asked_for(key, required=required)
        return str(value).strip() if value is not None and self._suits(key, value, complaint) else ""

    def number(self, key: str, low: float, high: float) -> float:
        """The number of a field, from `low` to `high`; a whole one where `low` is an int."""
        return float(self.text(key, not_number(low, high)) or 0)

    def number_or_none(self, key: str, low: float, high: float) -> float | None:
        """The number of an optional field, None where it is absent."""
        self._asked[key] = None
        return self.number(key, low, high) if key in self._values else None

    def flag(self, key: str) -> bool:
        """Whether an optional field says true."""
        return self.text(key, not_flag, required=False) == "true"

    def texts(self, key: str, complaint: Complaint = not_text, *, required: bool = True) -> tuple[str, ...]:
        """The texts of a field that is a list."""
        entries = self._entries(key, required=required)
        return tuple(str(entry).strip() for entry in entries if self._suits(key, entry, complaint))

    def text_or_texts(self, key: str, complaint: Complaint = not_text) -> tuple[str, ...]:
        """The texts of a field that is a list, or one text alone."""
        if isinstance(self._values.get(key), Listing):
            return self.texts(key, complaint)
        text = self.text(key, complaint)
        return (text,) if text else ()

    def table(self, key: str, *, required: bool = True) -> Fields:
        """The fields of the table under a key."""
        value = self._asked_for(key, required=required)
        return self.unread(self.place) if value is None else self._opened(value)

    def each(self, key: str, *, once: tuple[str, ...] = (), required: bool = True) -> list[Fields]:
        """The fields of every table in the list under a key; no two of one file may have the same `once`."""
        tables = [self._opened(entry) for entry in self._entries(key, required=required)]
        first: dict[tuple[str, ...], int] = {}
        for table in tables:
            words = table.words(once)
            if words in first:
                table.refuse(f"the same {' and '.join(once)} stands on line {first[words]}: keep one of the two")
            elif once and all(words):
                first[words] = table.place.line
        return tables

    def words(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The file, and the fields of these keys whatever their capitals: what makes two tables the same."""
        return (self.place.path, *(str(self._values.get(key, "")).strip().casefold() for key in keys))

    def refuse(self, sentence: str, place: Place | None = None) -> None:
        """Add the Problem that this table, or a place in it, is at fault."""
        self._problems.append((place or self.place).problem(sentence))

    def dismiss(self, sentence: str) -> None:
        """Add the Problem that this table is not wanted at all: what else is wrong with it is no news."""
        self.refuse(sentence)
        self._problems = []

    def refuse_unknown(self) -> None:
        """Add a Problem for every key, here and within, that nobody asked for."""
        for key in self._table:
            if key not in self._asked:
                self.refuse(f"{shown(key)} is no key here: {instead_of(key, self._asked)}", key.place)
        for table in self._within:
            table.refuse_unknown()

    def _asked_for(self, key: str, *, required: bool) -> Value | None:
        self._asked[key] = None
        if required and key not in self._values:
            self.refuse(f"{key} is missing: write {key} and its value here")
        return self._values.get(key)

    def _suits(self, key: str, value: Value, complaint: Complaint) -> bool:
        sentence = complaint(value)
        if sentence:
            self.refuse(f"{key} {sentence}", value.place)
        return not sentence

    def _entries(self, key: str, *, required: bool = True) -> Listing:
        value = self._asked_for(key, required=required)
        if value is None:
            return Listing(self.place)
        if not isinstance(value, Listing):
            self.refuse(f"{key} must be a list: put its entries in [ ], or each on a line after a -", value.place)
            return Listing(self.place)
        if not value:
            self.refuse(f"{key} is empty: list something, or delete {key}", value.place)
        return value

    def _opened(self, value: Value) -> Fields:
        self._within.append(Fields(value, self._problems))
        return self._within[-1]
