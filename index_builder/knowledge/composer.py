"""One pass over the events of a YAML text: values made, Problems gathered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from index_builder.knowledge.values import Listing, Place, Scalar, Table, Value, hidden, misread, shown
from index_builder.knowledge.yaml_mends import DIRECTIVE, mend

if TYPE_CHECKING:
    from index_builder.problem import Problem

DEPTH = 20
"""The most lists and tables within one another."""
LINE_END = re.compile(r"\r\n|\r|\n")


class _TooDeepError(Exception):
    """The text is nested beyond DEPTH; what follows is not read."""


class Composer:
    """Makes the values of one text. Aliases are never followed, so nothing is larger than what was typed."""

    def __init__(self, text: str, path: str, first_line: int, loader: Any = yaml.SafeLoader) -> None:
        self.problems: list[Problem] = []
        self._path = path
        self._first_line = first_line
        self._here = self._place(0)
        self._events = yaml.parse(self._without_hidden(text), Loader=loader)

    def document(self) -> Value | None:
        """The one document of the text, an empty Table where it has none, None where it cannot be read to its end."""
        try:
            return self._document()
        except _TooDeepError:
            self._refuse(f"lists and tables stand more than {DEPTH} deep in one another here: write them flatter")
        except yaml.MarkedYAMLError as error:
            line, sentence = mend(error)
            self._refuse(sentence, self._place(line))
        except (ValueError, OverflowError):  # PyYAML leaves "\UFFFFFFFF" to chr(), and %YAML 9…9 to int()
            self._refuse("a code on this line or the next is out of range: write the character itself")
        return None

    def _document(self) -> Value:
        self._next()  # the start of the stream
        start = self._next()
        if isinstance(start, yaml.StreamEndEvent):
            return Table(self._here)
        if isinstance(start, yaml.DocumentStartEvent) and (start.version or start.tags):
            self._refuse(DIRECTIVE)
        value = self._value(self._next(), 1)
        self._next()  # the end of the document
        if not isinstance(self._next(), yaml.StreamEndEvent):
            self._refuse("a second document starts here: keep one in a file")
        return value

    def _next(self) -> yaml.Event:
        event = next(self._events)
        self._here = self._place(event.start_mark.line if event.start_mark else 0)
        return event

    def _value(self, event: yaml.Event, depth: int) -> Value:
        if isinstance(event, yaml.AliasEvent):
            self._refuse(f"aliases are not read here: write out what {shown(f'*{event.anchor}')} stands for")
            return Scalar(f"*{event.anchor}", self._here, plain=False)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            self._refuse_names(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if depth > DEPTH:
            raise _TooDeepError
        return self._listing(depth) if isinstance(event, yaml.SequenceStartEvent) else self._table(depth)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        if codes := hidden(event.value):
            self._refuse(f"this text has codes for hidden characters: delete {', '.join(codes)}")
        return Scalar(event.value, self._here, plain=not event.style)

    def _listing(self, depth: int) -> Listing:
        listing = Listing(self._here)
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            listing.append(self._value(event, depth + 1))
        return listing

    def _table(self, depth: int) -> Table:
        table, first = Table(self._here), dict[str, int]()
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            value = self._value(self._next(), depth + 1)
            if complaint := _not_a_key(key, first):
                self._refuse(complaint, key.place)
            elif isinstance(key, Scalar):
                table[key] = value
                first[key] = key.place.line
        return table

    def _refuse_names(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._refuse(f"anchors are not read here: delete {shown(f'&{event.anchor}')}")
        if event.tag is not None:
            tag = shown(event.tag.replace("tag:yaml.org,2002:", "!!"))
            self._refuse(f"tags are not read here: delete {tag}, and put text in quotes")

    def _without_hidden(self, text: str) -> str:
        if not hidden(text):
            return text
        for line, content in enumerate(LINE_END.split(text)):
            if codes := hidden(content):
                self._refuse(f"hidden characters stand in this line: delete {', '.join(codes)}", self._place(line))
        return "".join("\ufffd" if hidden(char) else char for char in text)

    def _refuse(self, sentence: str, place: Place | None = None) -> None:
        self.problems.append((place or self._here).problem(sentence))

    def _place(self, line: int) -> Place:
        return Place(self._path, self._first_line + line)


def _not_a_key(key: Value, first: dict[str, int]) -> str:
    if not isinstance(key, Scalar):
        return "a list or a table cannot be a key: write a word before the colon"
    if key.plain and key == "<<":
        return "merge keys are not read here: write the keys out in place of <<"
    if key.taken_for:
        return f"the key {misread(key)}"
    if key in first:
        return f"the key {shown(key)} stands twice, first on line {first[key]}: keep one of them"
    return ""
