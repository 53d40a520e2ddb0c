"""JSON lines in and out of the command line: each line with its id, in order."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def records(
    lines: Iterable[bytes], made: Callable[[dict[str, Any]], dict[str, Any] | None], *, also: str = ""
) -> Iterator[dict[str, Any]]:
    """For each line `{"id", "text"}` that is not blank, what is made of it, `id` first; `{"id", "error"}` if unusable.

    What is made is None for a line whose further fields are at fault; `also` is added to the sentence on what a line
    must hold.
    """
    for number, given in enumerate(lines, start=1):
        if given.strip():
            yield _record(given, number, made, also)


def write(content: bytes) -> None:
    """Bytes to standard output, at once."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _record(
    given: bytes, number: int, made: Callable[[dict[str, Any]], dict[str, Any] | None], also: str
) -> dict[str, Any]:
    try:
        asked = json.loads(given)
        name = asked["id"]
        json.dumps(name, allow_nan=False)  # Python reads NaN and 1e999, and would write what is not JSON
    except (ValueError, TypeError, KeyError, RecursionError):
        return {"id": None, "error": f'Line {number} is not a JSON object with "id" and "text".'}
    unusable = {"id": name, "error": f'Line {number}: "text" must be text{also}.'}
    if not isinstance(asked.get("text"), str):
        return unusable
    record = made(asked)
    return unusable if record is None else {"id": name, **record}
