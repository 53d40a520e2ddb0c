"""Questions at the command line: one, a batch of JSON lines, or a conversation."""

from __future__ import annotations

import io
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.domain import Question, Status, UnusableQuestionError
from bot.surfaces.cli.batch import records, write
from bot.surfaces.cli.render import answer_json, line
from bot.surfaces.plain import answer_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.domain import Ask

SERVED, UNSERVED, MISUSED = 0, 1, 2  # exit statuses: any Answer; nothing can be served; an unusable question


def ask_once(ask: Ask, text: str, *, as_json: bool) -> int:
    """Print the answer to one question; the exit status."""
    status, out, err = said(ask, text, as_json=as_json)
    write(out)
    sys.stderr.write(err)
    return status


def said(ask: Ask, text: str, *, as_json: bool) -> tuple[int, bytes, str]:
    """One question's exit status, and what it prints to standard output and standard error."""
    try:
        answer = ask(Question(text))
    except UnusableQuestionError as fault:
        return MISUSED, b"", f"{fault}\n"
    shown = line(answer_json(answer)) if as_json else f"{answer_text(answer)}\n".encode()
    return UNSERVED if answer.status is Status.UNAVAILABLE else SERVED, shown, ""


def ask_batch(ask: Ask, lines: Iterable[bytes]) -> int:
    """Answer each JSON line `{"id", "text"}` in order, one line each; an unusable one gets `{"id", "error"}`."""
    status = SERVED
    for record in records(lines, partial(_answered, ask), also=', and "context" a list of section numbers'):
        status = UNSERVED if record.get("status") == Status.UNAVAILABLE else status
        write(line(record))
    return status


def converse(ask: Ask, wording: Mapping[str, str]) -> int:
    """Ask and answer until the end of input; each question carries the sections quoted just before it."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    write(f"{wording['greeting']}\n{wording['privacy']}\n".encode())
    context: tuple[str, ...] = ()
    while (text := _typed(wording["prompt"])) is not None:
        try:
            answer = ask(Question(text, context))
        except UnusableQuestionError as fault:
            write(f"{fault}\n".encode())
            continue
        write(f"\n{answer_text(answer)}\n".encode())
        context = tuple(citation.section.number for citation in answer.citations) or context
    write(f"\n{wording['farewell']}\n".encode())
    return SERVED


def _typed(prompt: str) -> str | None:
    try:
        return input(f"\n{prompt}> ")
    except (EOFError, KeyboardInterrupt):
        return None


def _answered(ask: Ask, given: dict[str, Any]) -> dict[str, Any] | None:
    context = given.get("context", [])
    if not isinstance(context, list) or not all(isinstance(part, str) for part in context):
        return None
    try:
        return answer_json(ask(Question(given["text"], tuple(context))))
    except UnusableQuestionError as fault:
        return {"error": str(fault)}
