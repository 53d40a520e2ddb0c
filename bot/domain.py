"""The nouns of this project, each defined once; the standard library only.

The README's glossary repeats the first sentence of every public class here, and a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """How an Answer ends: answered, clarify, referred, not_covered or unavailable."""

    ANSWERED = "answered"
    CLARIFY = "clarify"
    REFERRED = "referred"
    NOT_COVERED = "not_covered"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Contact:
    """A role people can turn to, with the channel and address that reach it; never a person's name."""

    role: str
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Council:
    """The authority whose protocol is quoted, with its contacts by role."""

    name: str
    title: str
    contacts: tuple[Contact, ...] = ()

    def contact(self, role: str) -> Contact | None:
        """The contact of a role, or None where the council names none."""
        return next((contact for contact in self.contacts if contact.role == role), None)


@dataclass(frozen=True, slots=True)
class Document:
    """One text of the council: the umbrella protocol, or an underlying guide.

    `adopted` and `review` are ISO dates; `prevails` says in words which text wins where two differ.
    """

    name: str
    title: str
    kind: str = "umbrella"
    adopted: str | None = None
    review: str | None = None
    owner: str | None = None
    audience: tuple[str, ...] = ()
    url: str | None = None
    prevails: str | None = None
    pictures: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """The smallest numbered part of a Document: what is quoted, verbatim.

    `document` is the Document's name; `path` the headings above it, outermost first, `heading` the nearest;
    `stem` the words of the paragraph it hangs from (searched with it, never quoted as its own);
    `pages` are 1-based, empty where the file has none.
    """

    document: str
    number: str
    heading: str
    path: tuple[str, ...]
    text: str
    stem: str = ""
    pages: tuple[int, ...] = ()
    audience: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a Section, in code points: what is searched; it has no text of its own.

    `section` is a row number in the Revision's sections. `framed` says whether headings and stem were embedded with it.
    """

    section: int
    start: int
    end: int
    framed: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """What a person typed, with the numbers of the sections quoted before in the same thread."""

    text: str
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A Section that retrieval considered for a Question, its scores, and whether it was chosen or rejected.

    `score` is the probability that it is the Section that answers. What that comes from, all within -1 and 1: `whole`
    (cosine of the section), `part` (cosine of its best span), `lexical` (share of the question's rare words that it
    holds) and `late` (mean, over the question's tokens, of the best cosine among its own; 0 before a second look).
    """

    section: Section
    score: float
    whole: float
    part: float
    lexical: float
    late: float = 0.0
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """A Section as published, with its Document and the score that brought it here."""

    document: Document
    section: Section
    score: float


class Owner(StrEnum):
    """Who decides: officers, the executive, full Council, a regulatory body, a named office, a party, or unclear."""

    OPERATIONAL = "operational"
    CABINET = "cabinet"
    COUNCIL = "council"
    REGULATORY = "regulatory"
    STATUTORY_OFFICER = "statutory_officer"
    POLITICAL = "political"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Move:
    """What would give a Matter to another owner: words that complete "It would be different if …"."""

    to: Owner
    fact: str


@dataclass(frozen=True, slots=True)
class Matter:
    """A kind of decision in the catalogue, with its owner, the fact that decides it, and what would move it.

    `standard` is the owner in the base, None for a matter that a council adds; `limit` is the sum in pounds up to which
    officers settle it there, where the council names one of its own; `section` the row of the clause found for it, or
    None.
    """

    name: str
    area: str
    title: str
    fact: str
    owner: Owner
    standard: Owner | None
    moves: tuple[Move, ...] = ()
    limit: float | None = None
    section: int | None = None


@dataclass(frozen=True, slots=True)
class RedFlag:
    """A circumstance worth showing without accusing anybody: the words that betray it, and what to say of it."""

    says: str
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Framework:
    """What a council's signposts are made of: its limits in pounds, its names for each Owner, matters and signs.

    `officers` is what officers may settle, `key_decision` where a key decision begins; `names` maps an Owner to the
    council's words for it; `pressed` are signs that somebody leans on the asker; `settles` the roles that settle a
    doubt, nearest first.
    """

    officers: float
    key_decision: float
    names: Mapping[str, str]
    settles: tuple[str, ...]
    pressed: tuple[str, ...]
    red_flags: tuple[RedFlag, ...]
    matters: tuple[Matter, ...]


class Category(StrEnum):
    """A kind of risk in a draft: one of the twelve of the tone framework."""

    ACCUSATION = "accusation"
    ULTIMATUM = "ultimatum"
    SHOUTING = "shouting"
    SARCASM = "sarcasm"
    COPYING_PRESSURE = "copying-pressure"
    PERSONAL_CRITICISM = "personal-criticism"
    IMPROPER_INSTRUCTION = "improper-instruction"
    UNREASONABLE_DEADLINE = "unreasonable-deadline"
    PUBLIC_THREAT = "public-threat"
    PILE_ON = "pile-on"
    PASSIVE_AGGRESSION = "passive-aggression"
    CONFIDENTIAL_DISCLOSURE = "confidential-disclosure"


@dataclass(frozen=True, slots=True)
class ToneRule:
    """How one Category is shown: why it is risky, how to say it instead, what else to do, and its clause.

    `wordings` are neutral ones with blanks, best first; `strategy` says in a sentence how to reword; `step` names a
    step of the ladder; `not_an_email` says where the matter belongs instead; `signals` are phrases that are always
    pointed out; `section` is the row of the clause found for it, or None.
    """

    category: Category
    title: str
    meaning: str
    why: str
    strategy: str
    wordings: tuple[str, ...]
    step: str
    not_an_email: str
    signals: tuple[str, ...]
    section: int | None = None


@dataclass(frozen=True, slots=True)
class Strength:
    """Something worth keeping in a draft: the words that show it, and what to say of it."""

    name: str
    says: str
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToneGuide:
    """What a council's tone checks go by: a ToneRule for each Category, what is worth keeping, and the ladder.

    `never` are phrases that are not pointed out; `recipients` speaks of copying in, `at_once` of what is no matter for
    an e-mail at all; `ladder` maps the name of a step of de-escalation to its words, gentlest first.
    """

    rules: tuple[ToneRule, ...]
    keep: tuple[Strength, ...]
    never: tuple[str, ...]
    recipients: RedFlag
    at_once: RedFlag
    ladder: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """Words of a draft that carry risk: where they stand, their Category, why, another wording, and the clause.

    `start` and `end` are code points of the draft as given, end exclusive. `suggestion` is for the person to read;
    `replacement` is what the sentence at `sentence` becomes in the rewritten draft, "" where it goes. `confidence` is
    the probability that a fair reader would object, 1 for a signal of the council's.
    """

    category: Category
    title: str
    start: int
    end: int
    quote: str
    why: str
    suggestion: str
    replacement: str
    sentence: tuple[int, int]
    confidence: float
    clause: Citation | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """Something personal or confidential in a draft, such as a telephone number: its kind, and where it stands."""

    kind: str
    start: int
    end: int
    says: str


@dataclass(frozen=True, slots=True)
class ToneReport:
    """What a tone check says of a draft: its Findings, what is worth keeping, advice, and personal details.

    It is advisory: nothing is stored and nothing is stopped. `rewritten` is the draft with each suggestion in its
    place; `wording` is the Revision's, for the labels a Surface puts around the report.
    """

    draft: str
    findings: tuple[Finding, ...]
    keep: tuple[str, ...]
    advice: tuple[str, ...]
    details: tuple[Detail, ...]
    rewritten: str
    revision: str = ""
    elapsed_ms: float = 0.0
    wording: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def status(self) -> str:
        """`concern` where there is any Finding, else `ok`."""
        return "concern" if self.findings else "ok"


@dataclass(frozen=True, slots=True)
class Signpost:
    """Who probably decides, why, and what would change it: a signpost, never a ruling.

    `owner_name` is the council's words for the owner; `about` the probability that the text is about who decides,
    `confidence` that of the owner; `certainty` is sure, likely or doubtful, by its policy; `matters`
    are those it leaned on, nearest first; `clause` the Citation that says so in the council's own text, or None where
    none was found; `wordings` the lines to hold, decline or meet pressure with, where the asker is pressed, and `line`
    one to send in any case; `settled_by` the roles that settle a doubt, nearest first.
    """

    owner: Owner
    owner_name: str
    about: float
    confidence: float
    certainty: str
    because: str
    matters: tuple[Matter, ...]
    would_change: tuple[str, ...]
    ask: tuple[str, ...]
    red_flags: tuple[str, ...]
    wordings: Mapping[str, str] | None
    line: str
    settled_by: tuple[str, ...]
    clause: Citation | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What every Question ends in: a Status, a message, citations, choices, contacts and the matches considered.

    `message` is the bot's own words, from `wording.yaml`; `matches` are best first, the rejected beside the chosen.
    `revision` names the published text answered from, "" when there was none; `wording` is that Revision's, for the
    labels a Surface puts around the answer.
    """

    question: Question
    status: Status
    message: str
    citations: tuple[Citation, ...] = ()
    choices: tuple[Citation, ...] = ()
    contacts: tuple[Contact, ...] = ()
    matches: tuple[Match, ...] = ()
    signpost: Signpost | None = None
    revision: str = ""
    elapsed_ms: float = 0.0
    wording: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Referral:
    """A topic that always goes to a person: the signs that betray it, the role, and the clause to show.

    `signs` are phrases as people type them; `look_for` describes the clause, and the builder finds `section` by it.
    """

    topic: str
    role: str
    signs: tuple[str, ...]
    look_for: str
    section: int | None = None


@dataclass(frozen=True, slots=True)
class SignpostPolicy:
    """What a Signpost goes by: probabilities from which it is put up, likely or sure, and how near a Matter must be.

    `near_matter` is a mean of cosines. From `quote_from` up, of being about who decides and of the owner together, its
    clause is quoted where nothing else is.
    """

    about_from: float
    quote_from: float
    likely_from: float
    sure_from: float
    near_matter: float


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers and topics that decide a Status: costs, thresholds, and the topics always referred.

    `cost_beside` is what a clause beside the point costs, `cost_silence` what silence costs where a clause answers.
    `near_from`, `clarify_gap`, `cite_from`, `sure_from` are probabilities; `second_look` is how many sections get one.
    `signpost` holds what a Signpost goes by; `tone_from` is the probability from which words of a draft are pointed
    out.
    """

    cost_beside: float
    cost_silence: float
    near_from: float
    clarify_gap: float
    cite_from: float
    sure_from: float
    second_look: int
    citations: int
    fall_allowed: float
    signpost: SignpostPolicy
    tone_from: float
    referrals: tuple[Referral, ...] = ()
    not_covered_roles: tuple[str, ...] = ()

    @property
    def answer_from(self) -> float:
        """The probability from which a clause costs less than silence."""
        return self.cost_beside / (self.cost_beside + self.cost_silence)


@dataclass(frozen=True, slots=True)
class Synonyms:
    """One group of the vocabulary: words of the protocol, and what people type for them."""

    protocol: tuple[str, ...]
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revision:
    """The published index: text, wording, policy, vocabulary, framework, named by publication date and digest.

    `wording` maps a message's key to its sentence. Vectors and the question encoder belong to it on disk and are held
    beside it in memory (`bot.index`).
    """

    name: str
    council: Council
    documents: tuple[Document, ...]
    sections: tuple[Section, ...]
    passages: tuple[Passage, ...]
    vocabulary: tuple[Synonyms, ...]
    wording: Mapping[str, str]
    policy: Policy
    framework: Framework
    tone: ToneGuide
    encoder: str
    created: str

    def document(self, name: str) -> Document:
        """The Document of a name. Raises StopIteration for a name that no Document bears (a verified one has none)."""
        return next(document for document in self.documents if document.name == name)


class UnusableQuestionError(ValueError):
    """A text that cannot be asked (empty, too long); its message is one sentence for the person who typed it."""


class UnusableDraftError(ValueError):
    """A draft that cannot be checked (empty, too long); its message is one sentence for the person who wrote it."""


class UnservableError(Exception):
    """A revision that cannot be served (missing, damaged, of another format); its message is one sentence."""


Ask = Callable[[Question], Answer]
"""From a Question to an Answer: all that a Surface is handed."""

CheckTone = Callable[[str], ToneReport]
"""From a draft to a ToneReport: what a Surface that checks tone is handed."""
