"""What each YAML file of a knowledge folder holds: one function a file, from its fields to the words of the domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain import Contact, Council, Policy, Referral, SignpostPolicy, Synonyms
from index_builder.knowledge.catalogue import Limits, limits
from index_builder.knowledge.kinds import not_day, not_link, not_one_of, not_section, not_wording, not_wording_like
from index_builder.knowledge.values import Listing, Table, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index_builder.knowledge.fields import Fields

CHANNELS = ("e-mail", "phone", "web", "in person")
_LEAST_COST, _MOST_COST = 0.001, 1000.0
_MOST_LOOKED_AT = 100


@dataclass(frozen=True)
class Source:
    """Where the council publishes its protocol, and the ISO date it was adopted; None for what it does not say."""

    url: str | None
    adopted: str | None


@dataclass(frozen=True)
class Expected:
    """A question the council expects: answered by one of these sections, or, without sections, refused.

    `document` is the Document's name where section numbers alone are not enough; `topic` groups questions in reports;
    `promised` holds back a Revision that misses it; `near_miss` marks council business left to another document;
    `line` is where it stands in questions.yaml.
    """

    ask: str
    sections: tuple[str, ...]
    document: str | None
    topic: str | None
    promised: bool
    near_miss: bool
    line: int


def council(fields: Fields, name: str) -> tuple[Council, Source, Limits]:
    """council.yaml, of the council whose folder bears this name."""
    contacts = fields.each("contacts", once=("role", "channel"), required=False)
    source = fields.table("source", required=False)
    return (
        Council(name, fields.text("title"), tuple(_contact(contact) for contact in contacts)),
        Source(
            url=source.text("url", not_link, required=False) or None,
            adopted=source.text("adopted", not_day, required=False) or None,
        ),
        limits(fields),
    )


def vocabulary(fields: Fields) -> tuple[Synonyms, ...]:
    """vocabulary.yaml."""
    groups = fields.each("groups", required=False)
    return tuple(Synonyms(group.texts("protocol"), group.texts("people")) for group in groups)


def wording(fields: Fields) -> dict[str, str]:
    """wording.yaml of the base: each key with its sentence."""
    return {key: fields.text(key, not_wording) for key in fields}


def own_wording(fields: Fields, base: Mapping[str, str]) -> dict[str, str]:
    """A council's wording.yaml: its own sentences for keys of the base, with the same {blanks} to fill in."""
    texts = {key: fields.text(key, not_wording_like(said), required=False) for key, said in base.items()}
    return {key: text for key, text in texts.items() if text}


def policy(fields: Fields) -> Policy:
    """policy.yaml, a council's already laid over the base's."""
    costs, thresholds = fields.table("costs"), fields.table("thresholds")
    signpost = fields.table("signpost")
    referrals = [_referral(topic) for topic in fields.each("referred", once=("topic",), required=False)]
    return Policy(
        cost_beside=costs.number("beside_the_point", _LEAST_COST, _MOST_COST),
        cost_silence=costs.number("silence", _LEAST_COST, _MOST_COST),
        near_from=thresholds.number("near_from", 0.0, 1.0),
        clarify_gap=thresholds.number("clarify_gap", 0.0, 1.0),
        cite_from=thresholds.number("cite_from", 0.0, 1.0),
        sure_from=thresholds.number("sure_from", 0.0, 1.0),
        second_look=int(fields.number("second_look", 1, _MOST_LOOKED_AT)),
        citations=int(fields.number("citations", 1, 3)),
        signpost=SignpostPolicy(
            about_from=signpost.number("about_from", 0.0, 1.0),
            quote_from=signpost.number("quote_from", 0.0, 1.0),
            likely_from=signpost.number("likely_from", 0.0, 1.0),
            sure_from=signpost.number("sure_from", 0.0, 1.0),
            near_matter=signpost.number("near_matter", 0.0, 1.0),
        ),
        tone_from=fields.table("tone").number("concern_from", 0.0, 1.0),
        fall_allowed=fields.table("rehearsal").number("fall_allowed", 0.0, 1.0),
        referrals=tuple({referral.topic.casefold(): referral for referral in referrals}.values()),
        not_covered_roles=fields.table("not_covered").texts("roles"),
    )


def questions(fields: Fields) -> tuple[Expected, ...]:
    """questions.yaml: those to be answered, then those to be refused."""
    answered = fields.each("answered", once=("ask",), required=False)
    refused = fields.each("refused", once=("ask",), required=False)
    return (*map(_answered, answered), *map(_refused, refused))


def laid_over(base: Value | None, own: Value | None) -> Value | None:
    """A council's policy over the base's, key by key, in tables within too; its `referred` topics follow the base's.

    None where either was refused.
    """
    if isinstance(base, Table) and isinstance(own, Table):
        return _merged(base, own)
    return own if isinstance(base, Table) else base


def _merged(base: Table, own: Table) -> Table:
    merged = Table(own.place if own else base.place, base)
    for key, value in own.items():
        beneath = base.get(key)
        if isinstance(beneath, Table) and isinstance(value, Table):
            merged[key] = _merged(beneath, value)
        elif key == "referred" and value and isinstance(beneath, Listing) and isinstance(value, Listing):
            merged[key] = Listing(value.place, [*beneath, *value])
        else:
            merged[key] = value
    return merged


def _contact(fields: Fields) -> Contact:
    return Contact(fields.text("role"), fields.text("channel", not_one_of(CHANNELS)), fields.text("address"))


def _referral(fields: Fields) -> Referral:
    return Referral(
        topic=fields.text("topic"),
        role=fields.text("role"),
        signs=fields.texts("signs"),
        look_for=fields.text("look_for"),
    )


def _answered(fields: Fields) -> Expected:
    return Expected(
        ask=fields.text("ask"),
        sections=fields.text_or_texts("section", not_section),
        document=fields.text("document", required=False) or None,
        topic=fields.text("topic", required=False) or None,
        promised=fields.flag("promised"),
        near_miss=False,
        line=fields.place.line,
    )


def _refused(fields: Fields) -> Expected:
    return Expected(
        ask=fields.text("ask"),
        sections=(),
        document=None,
        topic=None,
        promised=False,
        near_miss=fields.flag("near_miss"),
        line=fields.place.line,
    )
