"""matters.yaml: the who-decides framework and its catalogue, a council's own laid over the base's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain import Framework, Matter, Move, Owner, RedFlag
from index_builder.knowledge.kinds import instead_of, not_one_of, not_section
from index_builder.knowledge.overlay import entries_over, name_of
from index_builder.knowledge.values import Listing, Table, Value, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index_builder.knowledge.fields import Fields

_MOST = 1_000_000_000  # pounds
_OWNERS = tuple(owner for owner in Owner if owner is not Owner.UNCLEAR)
_WHOLE = ("area", "owner", "title", "fact", "look_for", "phrasings")
_ADDED = frozenset(("pressed", "red_flags"))


@dataclass(frozen=True)
class Entry:
    """A Matter as matters.yaml has it, before its clause is found in a council's text.

    `look_for` describes the clause; `section` and `document` name it where the council does; `phrasings` are how people
    type it; `path` and `line` are where it stands.
    """

    matter: Matter
    look_for: str
    phrasings: tuple[str, ...]
    section: str | None
    document: str | None
    path: str
    line: int


@dataclass(frozen=True)
class Limits:
    """What a council's council.yaml says of sums in pounds; None for what it leaves to the base."""

    officers: float | None
    key_decision: float | None


def limits(fields: Fields) -> Limits:
    """The `limits` of council.yaml."""
    table = fields.table("limits", required=False)
    return Limits(
        officers=table.number_or_none("officers", 0, _MOST),
        key_decision=table.number_or_none("key_decision", 0, _MOST),
    )


def framework(fields: Fields, own: Limits, standard: Mapping[str, Owner]) -> tuple[Framework, tuple[Entry, ...]]:
    """matters.yaml, a council's own laid over the base's; `standard` are the base's owners, by a matter's name.

    The Framework's matters have no clause yet; the entries stand in the same order.
    """
    names, base = fields.table("names"), fields.table("limits")
    entries = tuple(_entry(entry, standard) for entry in fields.each("matters", once=("name",)))
    officers = base.number("officers", 0, _MOST)
    key_decision = base.number("key_decision", 0, _MOST)
    made = Framework(
        officers=officers if own.officers is None else own.officers,
        key_decision=key_decision if own.key_decision is None else own.key_decision,
        names={str(owner): names.text(str(owner)) for owner in Owner},
        settles=fields.texts("settles"),
        pressed=fields.texts("pressed"),
        red_flags=tuple(_red_flag(flag) for flag in fields.each("red_flags", once=("name",))),
        matters=tuple(entry.matter for entry in entries),
    )
    return made, entries


def standard_owners(base: Value | None) -> dict[str, Owner]:
    """The owner of each of the base's matters, by name in small letters; those that cannot be read are left out."""
    listed = base.get("matters") if isinstance(base, Table) else None  # type: ignore[call-overload] # a Scalar is a str
    tables = [entry for entry in listed if isinstance(entry, Table)] if isinstance(listed, Listing) else []
    known = {name_of(table): str(table.get("owner")) for table in tables}  # type: ignore[call-overload]
    return {name: Owner(owner) for name, owner in known.items() if owner in _OWNERS}


def catalogue_over(base: Value | None, own: Value | None) -> Value | None:
    """A council's matters.yaml over the base's: its matters change those of the same name, key by key, or are added.

    Its signs are added as well; whatever else it says takes the place of the base's. None where either was refused.
    """
    if not (isinstance(base, Table) and isinstance(own, Table)):
        return own if isinstance(base, Table) else base
    merged = Table(own.place if own else base.place, base)
    for key, value in own.items():
        beneath = base.get(key)
        if key == "matters" and value and isinstance(beneath, Listing) and isinstance(value, Listing):
            merged[key] = entries_over(beneath, value)
        elif key in _ADDED and value and isinstance(beneath, Listing) and isinstance(value, Listing):
            merged[key] = Listing(value.place, [*beneath, *value])
        elif isinstance(beneath, Table) and isinstance(value, Table):
            merged[key] = Table(value.place, {**beneath, **value})
        else:
            merged[key] = value
    return merged


def _entry(fields: Fields, standard: Mapping[str, Owner]) -> Entry:
    name = fields.text("name")
    lacking = [key for key in _WHOLE if key not in fields]
    if name and name.casefold() not in standard and len(lacking) > len(_WHOLE) // 2:
        fields.dismiss(f"{shown(name)} is no matter of the base: {instead_of(name, standard)}, or write all of it")
    section = fields.text("section", not_section, required=False)
    document = fields.text("document", required=False)
    if document and "section" not in fields:
        fields.refuse("document is nothing without section: name the section too, or delete document")
    owner = _owner(fields, "owner")
    matter = Matter(
        name=name,
        area=fields.text("area"),
        title=fields.text("title"),
        fact=fields.text("fact"),
        owner=owner,
        standard=standard.get(name.casefold()),
        moves=tuple(Move(_owner(move, "to"), move.text("if")) for move in fields.each("moves", required=False)),
        limit=fields.number_or_none("limit", 0, _MOST),
    )
    return Entry(
        matter=matter,
        look_for=fields.text("look_for"),
        phrasings=fields.texts("phrasings"),
        section=section or None,
        document=document or None,
        path=fields.place.path,
        line=fields.place.line,
    )


def _owner(fields: Fields, key: str) -> Owner:
    word = fields.text(key, not_one_of(map(str, _OWNERS)))
    return Owner(word) if word else Owner.OPERATIONAL  # at fault, and refused already


def _red_flag(fields: Fields) -> RedFlag:
    fields.text("name")
    return RedFlag(fields.text("says"), fields.texts("signs"))
