"""tone.yaml: how each category of risk in a draft is shown and learnt, a council's own laid over the base's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain import Category, RedFlag, Strength, ToneGuide, ToneRule
from index_builder.knowledge.kinds import blanks, instead_of, not_one_of, not_section, not_wording
from index_builder.knowledge.overlay import entries_over
from index_builder.knowledge.values import Listing, Table, Value, shown

if TYPE_CHECKING:
    from index_builder.knowledge.fields import Fields

BLANKS = ("demand", "topic", "deed")
"""What a wording may leave blank: the draft's own words fill it in."""
_ADDED = frozenset(("signals", "examples", "fair"))
_CATEGORIES = tuple(map(str, Category))
_STEPS = ("wait", "issue", "talk", "help", "senior", "complain")


@dataclass(frozen=True)
class ToneExample:
    """A draft that shows a Category, its risky words in `risky`; without any it is a fair one, of some `kind`."""

    text: str
    risky: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class ToneEntry:
    """A ToneRule as tone.yaml has it, before its clause is found in a council's text, and the examples of it.

    `look_for` describes the clause; `section` and `document` name it where the council does; `path` and `line` are
    where it stands.
    """

    rule: ToneRule
    look_for: str
    examples: tuple[ToneExample, ...]
    fair: tuple[ToneExample, ...]
    section: str | None
    document: str | None
    path: str
    line: int


def tone(fields: Fields) -> tuple[ToneGuide, tuple[ToneEntry, ...]]:
    """tone.yaml, a council's own laid over the base's. The rules have no clause yet; the entries are in their order."""
    entries = tuple(_entry(entry) for entry in fields.each("categories", once=("name",)))
    known = {entry.rule.category for entry in entries}
    missing = [str(category) for category in Category if category not in known]
    if entries and missing and fields.place.path:
        fields.refuse(f"categories lacks {', '.join(missing)}: write each, or delete this file")
    ladder = fields.table("ladder")
    guide = ToneGuide(
        rules=tuple(entry.rule for entry in entries),
        keep=tuple(_strength(strength) for strength in fields.each("keep", once=("name",))),
        never=fields.texts("never"),
        recipients=_flag(fields.table("recipients")),
        at_once=_flag(fields.table("at_once")),
        ladder={step: ladder.text(step) for step in _STEPS},
    )
    return guide, entries


def tone_over(base: Value | None, own: Value | None) -> Value | None:
    """A council's tone.yaml over the base's, entry by entry and key by key; phrases and examples are added to those.

    None where either was refused.
    """
    if not (isinstance(base, Table) and isinstance(own, Table)):
        return own if isinstance(base, Table) else base
    merged = Table(own.place if own else base.place, base)
    for key, value in own.items():
        beneath = base.get(key)
        if key in {"categories", "keep"} and value and isinstance(beneath, Listing) and isinstance(value, Listing):
            merged[key] = entries_over(beneath, value, _ADDED)
        elif key == "never" and value and isinstance(beneath, Listing) and isinstance(value, Listing):
            merged[key] = Listing(value.place, [*beneath, *value])
        elif isinstance(beneath, Table) and isinstance(value, Table):
            merged[key] = Table(value.place, {**beneath, **value})
        else:
            merged[key] = value
    return merged


def _entry(fields: Fields) -> ToneEntry:
    name = fields.text("name").casefold()
    if name and name not in _CATEGORIES:
        fields.dismiss(f"{shown(name)} is no category: {instead_of(name, _CATEGORIES)}")
    document = fields.text("document", required=False)
    if document and "section" not in fields:
        fields.refuse("document is nothing without section: name the section too, or delete document")
    rule = ToneRule(
        category=Category(name) if name in _CATEGORIES else Category.ACCUSATION,  # at fault, and refused already
        title=fields.text("title"),
        meaning=fields.text("meaning"),
        why=fields.text("why"),
        strategy=fields.text("strategy"),
        wordings=fields.texts("wordings", _not_a_wording, required=False),
        step=fields.text("step", not_one_of(_STEPS)),
        not_an_email=fields.text("not_an_email"),
        signals=fields.texts("signals", required=False),
    )
    return ToneEntry(
        rule=rule,
        look_for=fields.text("look_for"),
        examples=tuple(_example(example) for example in fields.each("examples", required=False)),
        fair=tuple(_fair(example) for example in fields.each("fair", required=False)),
        section=fields.text("section", not_section, required=False) or None,
        document=document or None,
        path=fields.place.path,
        line=fields.place.line,
    )


def _example(fields: Fields) -> ToneExample:
    text, risky = fields.text("text"), fields.texts("risky")
    for words in risky:
        if text and words not in text:
            fields.refuse(f"{shown(words)} does not stand in the text: copy it as it stands there")
    return ToneExample(text, risky)


def _fair(fields: Fields) -> ToneExample:
    return ToneExample(fields.text("text"), kind=fields.text("kind"))


def _strength(fields: Fields) -> Strength:
    return Strength(fields.text("name"), fields.text("says"), fields.texts("signs", required=False))


def _flag(fields: Fields) -> RedFlag:
    return RedFlag(fields.text("says"), fields.texts("signs"))


def _not_a_wording(value: Value) -> str:
    """Anything but a wording with no other blanks than the draft can fill."""
    if complaint := not_wording(value):
        return complaint
    unknown = blanks(str(value)) - set(BLANKS)
    return "has a blank that no draft fills: write {demand}, {topic} or {deed}" if unknown else ""
