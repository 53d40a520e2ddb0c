"""Questions at the command line: one, a batch of JSON lines, or a conversation."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

from bot.domain import Question, Status, UnusableQuestionError
from bot.surfaces.cli.render import answer_json, line
from bot.surfaces.plain import answer_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.domain import Ask

SERVED, UNSERVED, MISUSED = 0, 1, 2  # exit statuses: any Answer; nothing can be served; an unusable question


def ask_once(ask: Ask, text: str, *, as_json: bool) -> int:
    """Print the answer to one question; the exit status."""
    try:
        answer = ask(Question(text))
    except UnusableQuestionError as fault:
        print(fault, file=sys.stderr)
        return MISUSED
    _write(line(answer_json(answer)) if as_json else f"{answer_text(answer)}\n".encode())
    return UNSERVED if answer.status is Status.UNAVAILABLE else SERVED


def ask_batch(ask: Ask, lines: Iterable[bytes]) -> int:
    """Answer each JSON line `{"id", "text"}` in order, one line each; an unusable one gets `{"id", "error"}`."""
    status = SERVED
    for number, given in enumerate(lines, start=1):
        if given.strip():
            record = _batch_record(ask, given, number)
            status = UNSERVED if record.get("status") == Status.UNAVAILABLE else status
            _write(line(record))
    return status


def converse(ask: Ask, wording: Mapping[str, str]) -> int:
    """Ask and answer until the end of input; each question carries the sections quoted just before it."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    _write(f"{wording['greeting']}\n{wording['privacy']}\n".encode())
    context: tuple[str, ...] = ()
    while (text := _typed(wording["prompt"])) is not None:
        try:
            answer = ask(Question(text, context))
        except UnusableQuestionError as fault:
            _write(f"{fault}\n".encode())
            continue
        _write(f"\n{answer_text(answer)}\n".encode())
        context = tuple(citation.section.number for citation in answer.citations) or context
    _write(f"\n{wording['farewell']}\n".encode())
    return SERVED


def _typed(prompt: str) -> str | None:
    try:
        return input(f"\n{prompt}> ")
    except (EOFError, KeyboardInterrupt):
        return None


def _batch_record(ask: Ask, given: bytes, number: int) -> dict[str, Any]:
    try:
        asked = json.loads(given)
        name = asked["id"]
        json.dumps(name, allow_nan=False)  # Python reads NaN and 1e999, and would write what is not JSON
    except (ValueError, TypeError, KeyError, RecursionError):
        return {"id": None, "error": f'Line {number} is not a JSON object with "id" and "text".'}
    text, context = asked.get("text"), asked.get("context", [])
    if not isinstance(text, str) or not isinstance(context, list) or not all(isinstance(part, str) for part in context):
        return {"id": name, "error": f'Line {number}: "text" must be text, and "context" a list of section numbers.'}
    try:
        return {"id": name, **answer_json(ask(Question(text, tuple(context))))}
    except UnusableQuestionError as fault:
        return {"id": name, "error": str(fault)}


def _write(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
