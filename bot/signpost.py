"""Who probably decides: from a text to a Signpost, by the catalogue's matters and the facts that the text states."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.domain import Citation, Owner, Signpost
from bot.facts import Facts, Holder, facts_of, hinted, in_words
from bot.owners import OWNERS, Catalogue
from bot.phrases import Phrases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.domain import Matter
    from bot.encoder import Seen
    from bot.facts import Amount
    from bot.index import Index
    from bot.owners import Reading
    from bot.reader import Reader

_OF_READING = 2 / 3  # of the nearness of a matter; the rest is that of meaning
_AS_NEAR = 0.1  # of a cosine: how far a matter may stay behind the nearest and be named beside it
_AHEAD = 0.05  # of a cosine: a nearest matter that is not near must be so far ahead
_CLOSE_OWNERS = 0.1  # of a probability: two owners so near each other are told apart by reading closely
_CLOSE_ABOUT = 0.05
_LEANED_ON, _CHANGES, _FLAGS = 3, 3, 3
_MONEY = frozenset((Owner.OPERATIONAL, Owner.CABINET, Owner.COUNCIL, Owner.UNCLEAR))


class Explained(NamedTuple):
    """How a text was read: whether it was worth it, its sums, what they were read as, the owners, likeliest first."""

    worth: bool
    sums: tuple[str, ...]
    hint: str
    owners: tuple[tuple[Owner, float], ...]
    reading: Reading


class Signposts:
    """Makes Signposts against the framework of one Index; holds no state but that, so many threads may call it."""

    def __init__(self, index: Index, reader: Reader) -> None:
        framework = index.revision.framework
        self._index, self._reader = index, reader
        self._framework, self._wording, self._policy = framework, index.revision.wording, index.revision.policy.signpost
        self._catalogue = Catalogue(framework.matters, index.matters, reader.owners)
        self._pressed = Phrases(framework.pressed)
        self._flags = tuple((Phrases(flag.signs), flag.says) for flag in framework.red_flags)

    def signpost(self, text: str, seen: Seen) -> Signpost | None:
        """The Signpost of a cleaned text and what is seen of it; None where it is not about who decides."""
        if self._reader.owners.worth.logit(seen.embedding.vector) < 0:
            return None
        facts = facts_of(text)
        limit, reading = self.reading(text, seen, facts)
        if reading.about < self._policy.about_from:
            return None
        owner = OWNERS[int(np.argmax(reading.owners))]
        confidence = float(reading.owners[OWNERS.index(owner)])
        matters = self.leaned_on(reading, owner, seen.embedding.vector)
        lead = matters[0] if matters else None
        return Signpost(
            owner=owner,
            owner_name=self._framework.names[owner],
            about=round(reading.about, 4),
            confidence=round(confidence, 4),
            certainty=self._certainty(confidence),
            because=self._because(owner, lead, facts, limit),
            matters=matters,
            would_change=self._would_change(owner, lead),
            ask=self._ask(owner, confidence, facts),
            red_flags=tuple(says for signs, says in self._flags if signs.found(text))[:_FLAGS],
            wordings=self._wordings(owner, lead) if self._pressed.found(text) else None,
            line=self._said(f"line_{owner}", lead, owner),
            settled_by=self._framework.settles,
            clause=self._clause(lead),
        )

    def explained(self, text: str, seen: Seen) -> Explained:
        """How a cleaned text was read, whether or not a signpost comes of it."""
        facts = facts_of(text)
        limit, reading = self.reading(text, seen, facts)
        order = np.argsort(-reading.owners, kind="stable").tolist()
        return Explained(
            worth=self._reader.owners.worth.logit(seen.embedding.vector) >= 0,
            sums=tuple(f"{pounds(a.pounds)}{f' (limit of {a.limit_of})' if a.limit_of else ''}" for a in facts.amounts),
            hint=self._hint(facts, limit),
            owners=tuple((OWNERS[place], float(reading.owners[place])) for place in order),
            reading=reading,
        )

    def _close_call(self, reading: Reading) -> bool:
        """Whether reading it closely may well bring another owner, or a signpost instead of none."""
        second, best = np.sort(reading.owners)[-2:]
        near = abs(reading.about - self._policy.about_from) < _CLOSE_ABOUT
        return near or bool(reading.about >= self._policy.about_from and best - second < _CLOSE_OWNERS)

    def reading(self, text: str, seen: Seen, facts: Facts) -> tuple[float, Reading]:
        """What the text says of each owner and matter, and up to which sum officers settle it."""
        limit, reading = self._reading(text, seen, facts, closely=False)
        return self._reading(text, seen, facts, closely=True) if self._close_call(reading) else (limit, reading)

    def _reading(self, text: str, seen: Seen, facts: Facts, *, closely: bool) -> tuple[float, Reading]:
        """The same, read quickly or closely.

        The limit is the council's, or the nearest matter's own, with which the text is then read again.
        """
        limit = self._framework.officers
        hint = self._hint(facts, limit)
        reading = self._catalogue.read(self._read(text, seen, hint, closely=closely))
        matters = self._framework.matters
        nearest = matters[int(np.argmax(reading.matters))] if matters else None
        if nearest is None or nearest.limit is None:
            return limit, reading
        own = self._hint(facts, nearest.limit)
        if own == hint:
            return nearest.limit, reading
        return nearest.limit, self._catalogue.read(self._read(text, seen, own, closely=closely))

    def _hint(self, facts: Facts, limit: float) -> str:
        return in_words(facts, limit, max(limit, self._framework.key_decision))

    def _read(self, text: str, seen: Seen, hint: str, *, closely: bool) -> NDArray[np.float32]:
        return self._reader.read(self._reader.see(hinted(text, hint)) if hint else seen, closely=closely)

    def leaned_on(self, reading: Reading, owner: Owner, vector: NDArray[np.float32]) -> tuple[Matter, ...]:
        """The matters of an owner that a text comes near, nearest first; none for "unclear", which has no matter.

        Readings tell owners apart better than matters of one owner, so the text's own vector counts as well.
        """
        matters = self._framework.matters
        nearness = _OF_READING * reading.cosines + (1 - _OF_READING) * (self._index.matter_vectors @ vector)
        order = np.argsort(-nearness, kind="stable").tolist()
        own = [(float(nearness[row]), matters[row]) for row in order if matters[row].owner is owner]
        if not own or not self._near_enough(own[0][0], own[1][0] if len(own) > 1 else 0.0):
            return ()
        return tuple(matter for near, matter in own[:_LEANED_ON] if near >= own[0][0] - _AS_NEAR)

    def _near_enough(self, nearest: float, second: float) -> bool:
        """Whether the nearest matter is near, or at least clearly nearer than any other of its owner."""
        near = self._policy.near_matter
        return nearest >= near or (nearest >= near - _AS_NEAR and nearest - second >= _AHEAD)

    def _certainty(self, confidence: float) -> str:
        if confidence >= self._policy.sure_from:
            return "sure"
        return "likely" if confidence >= self._policy.likely_from else "doubtful"

    def _because(self, owner: Owner, lead: Matter | None, facts: Facts, limit: float) -> str:
        said = [lead.fact if lead else self._wording[f"because_{owner}"]]
        at_stake = facts.at_stake
        if at_stake and owner in {Owner.OPERATIONAL, Owner.CABINET}:
            said += self._money(owner, at_stake, facts, limit)
        return " ".join(said)

    def _money(self, owner: Owner, at_stake: Amount, facts: Facts, council: float) -> list[str]:
        """The sentence about the sum, where it speaks for the owner."""
        stated = facts.limit(Holder.OFFICERS)
        limit = stated.pounds if stated else council
        over = at_stake.pounds > limit
        if over is not (owner is Owner.CABINET):
            return []
        key = f"{'over' if over else 'within'}_{'stated' if stated else 'council'}_limit"
        return [self._wording[key].format(sum=pounds(at_stake.pounds), limit=pounds(limit))]

    def _would_change(self, owner: Owner, lead: Matter | None) -> tuple[str, ...]:
        moves = [move for move in lead.moves if move.to is not owner] if lead else []
        said = (
            self._wording["would_change_if"].format(fact=move.fact, owner=self._framework.names[move.to])
            for move in moves[:_CHANGES]
        )
        return tuple(said)

    def _ask(self, owner: Owner, confidence: float, facts: Facts) -> tuple[str, ...]:
        """What would have to be known: all that is missing where nobody can tell, else what usually settles a doubt."""
        if owner is not Owner.UNCLEAR and confidence >= self._policy.likely_from:
            return ()
        keys = ["ask_what"] if owner is Owner.UNCLEAR else []
        keys += ["ask_size"] if owner in _MONEY and not facts.at_stake else []
        return tuple(self._wording[key] for key in [*keys, "ask_covered"])

    def _wordings(self, owner: Owner, lead: Matter | None) -> dict[str, str]:
        return {
            "hold": self._said("hold", lead, owner),
            "decline": self._said(f"decline_{owner}", lead, owner),
            "pressure": self._said("pressure", lead, owner),
        }

    def _said(self, key: str, lead: Matter | None, owner: Owner) -> str:
        """A sentence to send, with the matter, the council's words for its owner, and who settles a doubt first."""
        matter = f"‘{lead.title}’" if lead else self._wording["this_matter"]
        framework = self._framework
        return self._wording[key].format(matter=matter, owner=framework.names[owner], settles=framework.settles[0])

    def _clause(self, lead: Matter | None) -> Citation | None:
        if lead is None or lead.section is None:
            return None
        section = self._index.revision.sections[lead.section]
        return Citation(self._index.revision.document(section.document), section, 1.0)


def pounds(amount: float) -> str:
    """A sum as people write it: "£250,000"."""
    return f"£{amount:,.2f}" if amount % 1 else f"£{amount:,.0f}"
