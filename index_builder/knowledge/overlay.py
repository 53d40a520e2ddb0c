"""Lists of named tables, a council's own laid over the base's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index_builder.knowledge.values import Listing, Scalar, Table, Value

if TYPE_CHECKING:
    from collections.abc import Container


def entries_over(base: Listing, own: Listing, added: Container[str] = ()) -> Listing:
    """The base's entries, those that a council names changed key by key, then what it adds.

    What a council lists under one of the keys `added` follows what the base lists there, in place of replacing it.
    """
    changes: dict[str, Table] = {}
    more: list[Value] = []
    known = {name_of(entry): entry for entry in base if isinstance(entry, Table)}
    for entry in own:
        name = name_of(entry)
        if name not in known or not isinstance(entry, Table):
            more.append(entry)
        elif name in changes:
            more.append(_over(known[name], entry, added))  # it stands twice: refused later, with its line
        else:
            changes[name] = entry
    merged = [
        _over(entry, changes[name], added)
        if isinstance(entry, Table) and (name := name_of(entry)) in changes
        else entry
        for entry in base
    ]
    return Listing(own.place, [*merged, *more])


def name_of(entry: Value) -> str:
    """The name of an entry in small letters, "" where it has none."""
    name = entry.get(Scalar("name", entry.place, plain=True)) if isinstance(entry, Table) else None
    return str(name).strip().casefold() if isinstance(name, Scalar) else ""


def _over(base: Table, own: Table, added: Container[str]) -> Table:
    merged = Table(own.place, {**base, **own})
    for key, value in own.items():
        beneath = base.get(key)
        if key in added and value and isinstance(beneath, Listing) and isinstance(value, Listing):
            merged[key] = Listing(value.place, [*beneath, *value])
    return merged
