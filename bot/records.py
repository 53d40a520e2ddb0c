"""Frozen dataclasses to JSON records and back, by their annotations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

Noun = TypeVar("Noun")


def to_json(noun: Any) -> str:
    """One line of JSON for a dataclass or plain value; readable text, no escapes beyond what JSON needs."""
    return json.dumps(asdict(noun) if is_dataclass(noun) and not isinstance(noun, type) else noun, ensure_ascii=False)


def made(kind: type[Noun], record: Any) -> Noun:
    """The dataclass that a record describes. Raises ValueError, TypeError or KeyError where it does not fit."""
    noun: Noun = _maker(kind)(record)  # type: ignore[arg-type] # mypy does not count a class as hashable here
    return noun


@cache
def _maker(kind: Any) -> Callable[[Any], Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass_maker(kind)
    if origin is tuple:
        inner = _maker(arguments[0])
        return lambda record: tuple(inner(part) for part in _checked(record, list))
    if origin is UnionType:
        inner = _maker(arguments[0])
        return lambda record: None if record is None else inner(record)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if origin is Mapping:
        return lambda record: {str(key): str(value) for key, value in _checked(record, dict).items()}
    return _number if kind is float else lambda record: _checked(record, kind)


def _dataclass_maker(kind: type[Any]) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    makers = [(field.name, _maker(hints[field.name])) for field in fields(kind)]
    return lambda record: kind(**{name: make(record[name]) for name, make in makers})


def _number(record: Any) -> float:
    try:
        return float(record)
    except OverflowError as fault:
        raise ValueError("a number is too large") from fault


def _checked(record: Any, kind: type[Any]) -> Any:
    if not isinstance(record, kind):
        raise TypeError(f"{kind.__name__} expected, not {type(record).__name__}")
    return record
