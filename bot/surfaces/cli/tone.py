"""Tone checks at the command line: one draft, marked in colour on a terminal, as JSON, or a batch of JSON lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from bot.domain import UnusableDraftError
from bot.surfaces.cli.batch import records, write
from bot.surfaces.cli.render import line, report_json
from bot.surfaces.plain import tone_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain import CheckTone, ToneReport

SERVED, MISUSED = 0, 2  # exit statuses: any ToneReport; an unusable draft


def check_once(check: CheckTone, draft: str, *, as_json: bool) -> int:
    """Print what one draft comes to; the exit status."""
    try:
        report = check(draft)
    except UnusableDraftError as fault:
        print(fault, file=sys.stderr)
        return MISUSED
    if as_json:
        write(line(report_json(report)))
        return SERVED
    if sys.stdout.isatty():
        _show(report)
    write(f"{tone_text(report)}\n".encode("utf-8", "replace"))
    return SERVED


def check_batch(check: CheckTone, lines: Iterable[bytes]) -> int:
    """Check each JSON line `{"id", "text"}` in order, one line each; an unusable one gets `{"id", "error"}`."""

    def checked(given: dict[str, Any]) -> dict[str, Any]:
        try:
            return report_json(check(given["text"]))
        except UnusableDraftError as fault:
            return {"error": str(fault)}

    for record in records(lines, checked):
        write(line(record))
    return SERVED


def _show(report: ToneReport) -> None:
    """The draft with what was found underlined and numbered."""
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it, and it takes a while to import
    from rich.text import Text  # noqa: PLC0415 - the same

    text, last = Text(), 0
    for number, finding in enumerate(report.findings, start=1):
        start = max(last, finding.start)
        text.append(report.draft[last:start])
        text.append(report.draft[start : max(start, finding.end)], style="underline yellow")
        text.append(f" [{number}]", style="bold yellow")
        last = max(start, finding.end)
    text.append(report.draft[last:])
    Console(highlight=False).print(text, end="\n\n", soft_wrap=True)
