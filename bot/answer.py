"""From Question to Answer, readable aloud: clean → look up → refer → retrieve → decide → signpost → cite."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from bot.clean import cleaned
from bot.decide import decide
from bot.domain import Answer, Citation, Match, Question, Status
from bot.lookup import Numbers
from bot.phrases import Phrases
from bot.recent import Recent
from bot.retrieve import Retriever
from bot.signpost import Signposts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.domain import Contact, Section, Signpost
    from bot.index import Index
    from bot.reader import Reader

_CHOICES = 3
_NUMBERED = 3
_UNSAID = Question("")  # what is kept of an answer does not say to what, but for a sum that its signpost repeats
_COMPARABLE = 0.5  # of the best one's probability: then the second speaks to the question as well


@dataclass(frozen=True)
class Served:
    """A Revision with all that answers from it, made once when it is loaded.

    `signs` are those of every topic that is always referred; `topics` say of which, the first where there are several.
    """

    index: Index
    reader: Reader
    retriever: Retriever
    signposts: Signposts
    numbers: Numbers
    signs: Phrases
    topics: Mapping[str, int]
    recent: Recent[Answer] = field(default_factory=Recent)


def serve(index: Index, reader: Reader) -> Served:
    """Make ready to answer from an Index; `reader` turns a question into vectors and weighs what they find."""
    revision = index.revision
    signs = [(sign, topic) for topic, referral in enumerate(revision.policy.referrals) for sign in referral.signs]
    topics = dict(reversed(signs))
    retriever = Retriever(index, reader.embed, reader.head, partial(reader.embed, closely=True))
    numbers, found = Numbers(revision.sections), Phrases(sign for sign, _ in signs)
    return Served(index, reader, retriever, Signposts(index, reader), numbers, found, topics)


def answer(question: Question, served: Served) -> Answer:
    """The Answer of a Revision to a Question. Raises UnusableQuestionError for a text that cannot be asked."""
    start = time.perf_counter()
    revision = served.index.revision
    text = cleaned(question.text, revision.wording)
    given = _looked_up(text, question, served) or _referred(text, question, served)
    given = given or _remembered(text, question, served)
    elapsed = (time.perf_counter() - start) * 1000
    return replace(
        given, question=question, revision=revision.name, wording=revision.wording, elapsed_ms=round(elapsed, 3)
    )


def _remembered(text: str, question: Question, served: Served) -> Answer:
    """What was found for the same words a while ago, else what is found now; what is referred is never kept."""
    given = served.recent.find(text, *question.context)
    if given is None:
        given = replace(_found(text, question, served), question=_UNSAID)
        served.recent.keep(given, text, *question.context)
    return given


def _looked_up(text: str, question: Question, served: Served) -> Answer | None:
    number = served.numbers.asked(text)
    if number is None:
        return None
    wording, sections = served.index.revision.wording, served.index.revision.sections
    rows = served.numbers.rows(number)
    if not rows:
        return _no_such_section(number, question, served)
    found = _cited((sections[row] for row in rows), served)
    if len({section.section.document for section in found}) > 1:
        return Answer(question, Status.CLARIFY, wording["clarify"], citations=found[:2], choices=found)
    key = "section_found" if len(found) <= _NUMBERED else "section_begins"
    message = wording[key].format(number=number, count=len(found), shown=_NUMBERED)
    return Answer(question, Status.ANSWERED, message, citations=found[:_NUMBERED], choices=found[_NUMBERED:])


def _no_such_section(number: str, question: Question, served: Served) -> Answer:
    revision = served.index.revision
    message = revision.wording["no_such_section"].format(number=number)
    choices = _cited((revision.sections[row] for row in served.numbers.near(number)), served)
    contacts = _contacts(revision.policy.not_covered_roles, served)
    return Answer(question, Status.NOT_COVERED, message, choices=choices, contacts=contacts)


def _referred(text: str, question: Question, served: Served) -> Answer | None:
    revision = served.index.revision
    topics = [served.topics[sign] for sign in served.signs.every(text)]
    if not topics:
        return None
    referral = revision.policy.referrals[min(topics)]
    clause = () if referral.section is None else _cited([revision.sections[referral.section]], served)
    contacts = _contacts([referral.role], served)
    message = revision.wording["referred" if contacts else "referred_no_contact"].format(role=referral.role)
    return Answer(question, Status.REFERRED, message, citations=clause, contacts=contacts)


def _found(text: str, question: Question, served: Served) -> Answer:
    policy = served.index.revision.policy
    seen = served.reader.see(text)
    found = served.retriever.found(text, question.context, seen.embedding)
    status, matches = decide(found.matches, found.covered, policy)
    signpost = served.signposts.signpost(text, seen)
    if status is Status.NOT_COVERED:
        given = _not_covered(question, matches, found.covered, served)
    else:
        given = _covered(question, status, matches, served)
    return given if signpost is None else _with_signpost(given, signpost, served)


def _covered(question: Question, status: Status, matches: tuple[Match, ...], served: Served) -> Answer:
    wording = served.index.revision.wording
    citations = tuple(_citation(match, served) for match in matches if match.chosen)
    if status is Status.CLARIFY:
        return Answer(question, status, wording["clarify"], citations, choices=citations, matches=matches)
    several = len(citations) > 1 and citations[1].score > citations[0].score * _COMPARABLE
    message = wording["answered_several" if several else "answered"]
    return Answer(question, status, message, citations, matches=matches)


def _with_signpost(given: Answer, signpost: Signpost, served: Served) -> Answer:
    """The answer with its signpost, whose clause is quoted where nothing else is, or where there is room for it."""
    policy, wording = served.index.revision.policy, served.index.revision.wording
    sure = signpost.about * signpost.confidence >= policy.signpost.quote_from
    if given.status is Status.NOT_COVERED and not (sure and signpost.clause):
        message = wording["not_covered_signposted"]
        return replace(given, message=message, signpost=replace(signpost, clause=None))
    clause = signpost.clause
    if clause is None or any(citation.section is clause.section for citation in given.citations):
        return replace(given, signpost=signpost)
    if given.status is Status.NOT_COVERED:
        return replace(
            given,
            status=Status.ANSWERED,
            message=wording["answered_by_signpost"],
            citations=(clause,),
            choices=(),
            contacts=(),
            signpost=signpost,
        )
    room = given.status is Status.ANSWERED and len(given.citations) < policy.citations
    return replace(given, citations=(*given.citations, clause) if room else given.citations, signpost=signpost)


def _not_covered(question: Question, matches: Sequence[Match], covered: float, served: Served) -> Answer:
    revision = served.index.revision
    roles = revision.policy.not_covered_roles
    nearest: dict[tuple[str, ...], Match] = {}
    for match in matches:
        nearest.setdefault((match.section.document, *match.section.path), match)
    choices = tuple(_citation(match, served) for match in nearest.values())[:_CHOICES]
    near = choices and covered >= revision.policy.near_from
    message = revision.wording["not_covered_near" if near else "not_covered"].format(roles=" or ".join(roles))
    contacts = _contacts(roles, served)
    return Answer(question, Status.NOT_COVERED, message, choices=choices, contacts=contacts, matches=tuple(matches))


def _citation(match: Match, served: Served) -> Citation:
    return Citation(served.index.revision.document(match.section.document), match.section, match.score)


def _cited(sections: Iterable[Section], served: Served) -> tuple[Citation, ...]:
    return tuple(Citation(served.index.revision.document(section.document), section, 1.0) for section in sections)


def _contacts(roles: Iterable[str], served: Served) -> tuple[Contact, ...]:
    council = served.index.revision.council
    return tuple(contact for role in roles if (contact := council.contact(role)))
