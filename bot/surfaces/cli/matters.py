"""The ready reckoner: a council's catalogue of who decides what, as a table, as Markdown or as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, NamedTuple

from bot.signpost import pounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.domain import Matter, Revision

_UNSAFE = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take such a cell for a formula


class Row(NamedTuple):
    """One matter of the reckoner, as text."""

    area: str
    matter: str
    owner: str
    fact: str
    section: str


def rows(revision: Revision, owner: str | None = None, area: str | None = None) -> list[Row]:
    """The matters of a Revision, by area and then by name, of one owner or area where that is given."""
    kept = (
        matter
        for matter in revision.framework.matters
        if owner in {None, str(matter.owner)} and (area is None or area.casefold() in matter.area.casefold())
    )
    return sorted(
        (_row(matter, revision) for matter in kept), key=lambda row: (row.area.casefold(), row.matter.casefold())
    )


def legend(revision: Revision) -> list[str]:
    """What the owners are called here, and the council's limits."""
    framework, wording = revision.framework, revision.wording
    limits = wording["matters_limits"].format(
        officers=pounds(framework.officers), key_decision=pounds(framework.key_decision)
    )
    named = {matter.owner for matter in framework.matters}
    return [limits, *(f"{owner}: {framework.names[owner]}" for owner in sorted(named))]


def shown(revision: Revision, given: Sequence[Row], form: str) -> str:
    """The rows as a table, as markdown or as csv, ending in a line end."""
    wording = revision.wording
    heads = [wording[f"matters_{column}"] for column in Row._fields]
    if form == "csv":
        return _csv([heads, *given])
    title = wording["matters_title"].format(council=revision.council.title, revision=revision.name)
    if form == "markdown":
        return _markdown(title, legend(revision), heads, given)
    return _table(title, legend(revision), heads, given)


def _row(matter: Matter, revision: Revision) -> Row:
    fact = matter.fact
    if matter.limit is not None:
        fact = f"{fact} {revision.wording['matters_limit'].format(limit=pounds(matter.limit))}"
    return Row(matter.area, matter.title, str(matter.owner), fact, _section(matter, revision))


def _section(matter: Matter, revision: Revision) -> str:
    if matter.section is None:
        return revision.wording["matters_no_section"]
    section = revision.sections[matter.section]
    return f"{section.number} {section.heading}".strip()


def _csv(lines: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([f"'{cell}" if cell.startswith(_UNSAFE) else cell for cell in line] for line in lines)
    return text.getvalue()


def _markdown(title: str, notes: Sequence[str], heads: Sequence[str], given: Sequence[Row]) -> str:
    lines = [f"# {title}", "", *(f"- {note}" for note in notes), "", _line(heads), _line(["---"] * len(heads))]
    return "\n".join([*lines, *map(_line, given), ""])


def _line(cells: Sequence[str]) -> str:
    escaped = (" ".join(cell.split()).replace("\\", "\\\\").replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _table(title: str, notes: Sequence[str], heads: Sequence[str], given: Sequence[Row]) -> str:
    from rich.console import Console  # noqa: PLC0415 - only this form needs it, and it takes a while to import
    from rich.table import Table  # noqa: PLC0415 - the same
    from rich.text import Text  # noqa: PLC0415 - the same

    table = Table(title=Text(title), caption=Text("\n".join(notes)), show_lines=True)
    for head in heads:
        table.add_column(Text(head))
    for row in given:
        table.add_row(*map(Text, row))
    console = Console()
    with console.capture() as captured:
        console.print(table)
    return captured.get()
