"""From a draft to a ToneReport, readable aloud: own sentences → read → findings → suggestions → advice."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.demand import dated, facts_of, undated
from bot.details import details
from bot.domain import Category, Citation, Finding, ToneReport, UnusableDraftError
from bot.draft import sentences
from bot.phrases import Phrases
from bot.rewording import calmed, rest, reworded
from bot.tone_reader import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.domain import Revision, ToneRule
    from bot.draft import Sentence
    from bot.tone_reader import SentenceReading, ToneReader

LIMIT = 10_000
"""The longest draft, in characters."""
_FURTHER = 2 / 3  # of the probability from which words are pointed out, where others of the draft are already
_SECOND = 0.3  # the least probability of a further category of the same sentence
_RISKY = 0.0  # logit from which a token is risky by itself
_REFERENCE = re.compile(r"\d[\d/,.-]*\d|\d")
_MARK = re.compile(r"[,;:.!?()\u2013\u2014]+")
_LAST_MARK = re.compile(r".*[,;:.!?()\u2013\u2014]", re.DOTALL)
_REACH = 200  # characters before a signal in which its clause may begin
_SIGNALS = 5  # of one category in a sentence
_REREAD = 20  # sentences whose wordings are read in their turn
_QUOTED = re.compile(
    '"[^"\n]{1,300}"|\u201c[^\u201d\n]{1,300}\u201d|'
    "(?<!\\w)'[^'\n]{1,300}'(?!\\w)|(?<!\\w)\u2018[^\u2019\n]{1,300}\u2019(?!\\w)"
)
_KEEPS_REST = frozenset({Category.SARCASM, Category.PASSIVE_AGGRESSION, Category.CONFIDENTIAL_DISCLOSURE})
_SPARED = frozenset({Category.SARCASM, Category.PASSIVE_AGGRESSION})  # said beside the point, which stands without
_SHORT_DRAFT = 3  # sentences beside the risky one: about one thing
_REQUEST, _DATE, _FACTS = "request", "date", "facts"


class _Risk(NamedTuple):
    """Where a sentence is risky, of which Category, and how surely."""

    category: Category
    start: int
    end: int
    confidence: float


class _Around(NamedTuple):
    """What surrounds a risky sentence: the draft, and its fair sentences."""

    draft: str
    fair: Sequence[Sentence]


class Tones:
    """Checks drafts by a Revision's ToneGuide; made once for each. Any number of threads may call it."""

    def __init__(self, revision: Revision, reader: ToneReader) -> None:
        self._revision, self.reader = revision, reader
        self._guide = revision.tone
        self._rules: Mapping[Category, ToneRule] = {rule.category: rule for rule in self._guide.rules}
        self._signals = [(rule.category, Phrases(rule.signals)) for rule in self._guide.rules]
        self._any_signal = Phrases(signal for rule in self._guide.rules for signal in rule.signals)
        self._keep = [(strength, Phrases(strength.signs)) for strength in self._guide.keep]
        self._request = Phrases(sign for kept in self._guide.keep if kept.name == _REQUEST for sign in kept.signs)
        self._never = Phrases(self._guide.never)
        self._recipients, self._at_once = Phrases(self._guide.recipients.signs), Phrases(self._guide.at_once.signs)
        self._from = revision.policy.tone_from

    def check(self, draft: str) -> ToneReport:
        """The ToneReport of a draft. Raises UnusableDraftError for one that is empty or too long; none is cut."""
        begun = time.perf_counter()
        wording = self._revision.wording
        if not draft.strip():
            raise UnusableDraftError(wording["draft_empty"])
        if len(draft) > LIMIT:
            raise UnusableDraftError(wording["draft_too_long"].format(limit=f"{LIMIT:,}"))
        own = sentences(draft)
        if not own:
            raise UnusableDraftError(wording["draft_nothing_own"])
        risks = self._risks(draft, own)
        findings = tuple(self._findings(draft, own, risks))
        fair = [draft[start:end] for number, (start, end) in enumerate(own) if not risks[number]]
        return ToneReport(
            draft=draft,
            findings=findings,
            keep=tuple(self._worth_keeping(fair)),
            advice=tuple(self._advice(draft, own, findings)),
            details=details(draft, own, wording),
            rewritten=_rewritten(draft, findings),
            revision=self._revision.name,
            elapsed_ms=round((time.perf_counter() - begun) * 1000, 3),
            wording=wording,
        )

    def _risks(self, draft: str, own: Sequence[Sentence]) -> list[list[_Risk]]:
        """The risks of each sentence, in the order of their places."""
        risks: list[list[_Risk]] = [[] for _ in own]
        never = self._never.spans(draft)
        untouched = [*never, *(match.span() for match in _QUOTED.finditer(draft))]
        for number, (start, end) in enumerate(own):
            for category, span in self._signalled(draft[start:end]):
                place = (start + span[0], start + span[1])
                if not _within(place, untouched):
                    risks[number].append(_Risk(category, *_widened(place, draft, start, end), 1.0))
        readings = self.reader.read(draft, own)
        risky = any(reading.concern >= self._from for reading in readings)
        for reading in readings:
            if reading.concern >= self._from or (risky and reading.concern >= self._from * _FURTHER):
                start, end = own[reading.number]
                for category, place in _read_risks(reading):
                    if not _overlaps(place, never):
                        risk = _Risk(category, *_widened(place, draft, start, end), reading.concern)
                        risks[reading.number].append(risk)
        return [_outermost(_in_order(found)) for found in risks]

    def _signalled(self, sentence: str) -> Iterator[tuple[Category, tuple[int, int]]]:
        if self._any_signal.found(sentence) is not None:
            for category, signals in self._signals:
                for span in signals.spans(sentence)[:_SIGNALS]:
                    yield category, span

    def _findings(self, draft: str, own: Sequence[Sentence], risks: Sequence[Sequence[_Risk]]) -> Iterator[Finding]:
        fair = [sentence for sentence, found in zip(own, risks, strict=True) if not found]
        around = _Around(draft, fair)
        for number, (sentence, found) in enumerate((s, f) for s, f in zip(own, risks, strict=True) if f):
            replacement = self._reworded(sentence, found, around, careful=number < _REREAD)
            for risk in found:
                rule = self._rules[risk.category]
                yield Finding(
                    category=risk.category,
                    title=rule.title,
                    start=risk.start,
                    end=risk.end,
                    quote=draft[risk.start : risk.end],
                    why=rule.why,
                    suggestion=replacement or f"{self._revision.wording['tone_leave_out']} {rule.strategy}",
                    replacement=replacement,
                    sentence=(sentence.start, sentence.end),
                    confidence=round(risk.confidence, 3),
                    clause=self._cited(rule),
                )

    def _reworded(self, sentence: Sentence, found: Sequence[_Risk], around: _Around, *, careful: bool) -> str:
        """What a sentence becomes: the first wording without risk of its own, "" where its words are best left out.

        Without `careful` nothing is read again: only the wording that needs no words of the draft is left.
        """
        draft, fair = around.draft, around.fair
        text = draft[sentence.start : sentence.end]
        spans = [(risk.start - sentence.start, risk.end - sentence.start) for risk in found]
        rule = self._rules[max(found, key=lambda risk: risk.confidence).category]
        if {risk.category for risk in found} == {Category.SHOUTING}:
            return calmed(text, " ".join(draft[start:end] for start, end in fair))
        facts = facts_of(text, spans, _beside(sentence, draft, fair))
        kept = rest(text, spans)
        offered: list[str] = []
        if rule.category is Category.UNREASONABLE_DEADLINE:
            kept = kept or undated(text)
            offered += [f"{kept} {wording}" for wording in reworded(rule.wordings, facts) if kept]
        elif kept and (rule.category in _KEEPS_REST or self._asks(kept)):
            offered.append(kept)
        if rule.category in _SPARED and fair and not (facts.topic or facts.deed):
            return next(filter(self._fair, offered if careful else []), "")
        wordings = list(reworded(rule.wordings, facts))
        made = [*offered, *wordings[:-1]] if careful else []
        return next(filter(self._fair, made), wordings[-1] if wordings else "")

    def _fair(self, wording: str) -> bool:
        """Whether a wording made of the writer's own words would itself be pointed out."""
        if self._any_signal.found(wording) is not None:
            return False
        return all(reading.concern < self._from for reading in self.reader.read(wording, sentences(wording)))

    def _asks(self, sentence: str) -> bool:
        return sentence.endswith("?") or self._request.found(sentence) is not None

    def _cited(self, rule: ToneRule) -> Citation | None:
        if rule.section is None:
            return None
        section = self._revision.sections[rule.section]
        return Citation(self._revision.document(section.document), section, 1.0)

    def _worth_keeping(self, fair: Sequence[str]) -> Iterator[str]:
        text = "\n".join(fair)
        for strength, signs in self._keep:
            by_form = {_DATE: lambda: dated(text), _FACTS: lambda: bool(_REFERENCE.search(text))}.get(strength.name)
            if signs.found(text) or (by_form is not None and by_form()):
                yield strength.says

    def _advice(self, draft: str, own: Sequence[Sentence], findings: Sequence[Finding]) -> Iterator[str]:
        """What is no matter for an e-mail first, then who receives it, the step that fits, and other routes."""
        if any(self._at_once.found(_QUOTED.sub(" ", draft[start:end])) for start, end in own):
            yield self._guide.at_once.says
        copied = any(self._recipients.found(draft[start:end]) for start, end in own)
        if copied or any(finding.category is Category.COPYING_PRESSURE for finding in findings):
            yield self._guide.recipients.says
        categories = list(dict.fromkeys(finding.category for finding in findings))
        steps = [self._rules[category].step for category in categories]
        if steps:
            yield self._guide.ladder[max(steps, key=list(self._guide.ladder).index)]
        for category in categories:
            yield self._rules[category].not_an_email


def _beside(sentence: Sentence, draft: str, others: Sequence[Sentence]) -> list[str]:
    """The sentences that tell what a sentence is about: those before it in a short draft, else the last of them."""
    before = [other for other in others if other.end <= sentence.start]
    near = before if len(others) <= _SHORT_DRAFT else before[-1:]
    return [draft[start:end] for start, end in near]


def _read_risks(reading: SentenceReading) -> list[tuple[Category, tuple[int, int]]]:
    """What is risky in a sentence that was read: its likeliest category, any other that is likely, and where."""
    best = int(np.argmax(reading.categories))
    further = [row for row in np.flatnonzero(reading.categories >= _SECOND).tolist() if row != best]
    return [(CATEGORIES[row], _where(reading, row)) for row in (best, *further)]


def _where(reading: SentenceReading, row: int) -> tuple[int, int]:
    """From the first to the last token that is risky by itself, or the whole sentence where none is."""
    risky = np.flatnonzero(reading.risk[:, row] >= _RISKY)
    if not len(risky):
        return int(reading.places[0, 0]), int(reading.places[-1, 1])
    return int(reading.places[risky[0], 0]), int(reading.places[risky[-1], 1])


def _widened(span: tuple[int, int], draft: str, start: int, end: int) -> tuple[int, int]:
    """A span with the words around it: to the nearest comma or other mark on both sides, within its sentence."""
    before = _LAST_MARK.search(draft[max(start, span[0] - _REACH) : span[0]])
    after = _MARK.search(draft, span[1], end)
    begin = max(start, span[0] - _REACH) + before.end() if before else start
    stop = after.start() if after else end
    while draft[begin].isspace():
        begin += 1
    return begin, stop


def _overlaps(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < span[1] and end > span[0] for start, end in spans)


def _within(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)


def _outermost(risks: Sequence[_Risk]) -> list[_Risk]:
    """Without those that stand wholly within another."""
    return [
        risk
        for risk in risks
        if not any(
            other is not risk
            and _within((risk.start, risk.end), [(other.start, other.end)])
            and (other.start, other.end) != (risk.start, risk.end)
            for other in risks
        )
    ]


def _in_order(risks: Sequence[_Risk]) -> list[_Risk]:
    """By place; of those of one category that overlap, one over all of it."""
    merged: list[_Risk] = []
    for risk in sorted(risks, key=lambda risk: (risk.start, risk.end)):
        same = next((r for r in merged if r.category is risk.category and risk.start < r.end), None)
        if same is None:
            merged.append(risk)
        else:
            joined = same._replace(end=max(same.end, risk.end), confidence=max(same.confidence, risk.confidence))
            merged[merged.index(same)] = joined
    return merged


def _rewritten(draft: str, findings: Sequence[Finding]) -> str:
    """The draft with each risky sentence replaced, once; one that goes takes the space after it along."""
    text: list[str] = []
    last = 0
    for start, end, wording in dict.fromkeys((*f.sentence, f.replacement) for f in findings):
        replacement = "" if wording in text else wording  # said once, however often it applies
        text += [draft[last:start], replacement]
        last = end
        while not replacement and last < len(draft) and draft[last] == " ":
            last += 1
    return "".join([*text, draft[last:]])
