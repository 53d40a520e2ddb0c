"""Scenarios put before a revision's signposts, and what they come to: by owner, by confidence, and what is confused."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING

from bot.answer import answer
from bot.domain import Owner, Question, UnusableQuestionError
from index_builder.score import Bin, Figure, in_bins, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.answer import Served
    from index_builder.progress import Advance
    from index_builder.scenarios import Scenario

COVERAGES = (0.6, 0.8, 1.0)
NOWHERE = "no signpost"


@dataclass(frozen=True)
class Verdict:
    """What a scenario got: the owner its signpost names, None without a signpost, and with what confidence."""

    scenario: Scenario
    owner: Owner | None
    confidence: float
    elapsed_ms: float

    @property
    def right(self) -> bool:
        """Whether the signpost names who decides, or there is none where nothing is to be decided."""
        return self.owner is self.scenario.owner


@dataclass(frozen=True)
class OwnerScore:
    """How well one owner is found: of those named, the share that are right; of all there are, the share found."""

    owner: str
    precision: float
    recall: float
    f1: float
    count: int


@dataclass(frozen=True)
class Decisions:
    """What verdicts come to.

    `confusion` counts (true owner, named owner or NOWHERE); `macro_f1` is over the owners that are there, no signpost
    being wrong; `covered` gives the share right of the surest 0.6, 0.8 and all; `surest` leaves out what is
    called unclear; `bins` compare confidence with what was right; `subjects` is the share of those with several texts
    in which all are right, `mistaken` that of texts about something else that got a signpost; each None where there
    are none.
    """

    owners: tuple[OwnerScore, ...]
    macro_f1: float
    confusion: dict[tuple[str, str], int]
    covered: dict[float, Figure]
    surest: dict[float, Figure]
    curve: tuple[tuple[float, float], ...]
    bins: tuple[Bin, ...]
    subjects: Figure | None
    mistaken: Figure | None
    median_ms: float


def judge(scenarios: Iterable[Scenario], served: Served, progress: Advance = lambda _: None) -> tuple[Verdict, ...]:
    """Ask every scenario, in order; `progress` hears how many more are done."""
    verdicts = []
    for scenario in scenarios:
        verdicts.append(_verdict(scenario, served))
        progress(1)
    return tuple(verdicts)


def decisions(verdicts: Sequence[Verdict]) -> Decisions:
    """What verdicts come to. ValueError where no scenario is about who decides."""
    told = [verdict for verdict in verdicts if verdict.scenario.owner is not None]
    if not told:
        raise ValueError("no scenario here is about who decides")
    confusion = Counter((str(v.scenario.owner), str(v.owner) if v.owner else NOWHERE) for v in told)
    owners = tuple(_owner_score(str(owner), confusion) for owner in Owner)
    by_confidence = sorted(told, key=lambda verdict: -verdict.confidence)
    clear = [verdict for verdict in by_confidence if verdict.owner is not Owner.UNCLEAR]
    return Decisions(
        owners=owners,
        macro_f1=fmean(score.f1 for score in owners if score.count),
        confusion=dict(confusion),
        covered={part: figure for part in COVERAGES if (figure := _right(by_confidence, part, len(told)))},
        surest={part: figure for part in COVERAGES if (figure := _right(clear, part, len(clear)))},
        curve=tuple(_curve(by_confidence)),
        bins=in_bins([(verdict.confidence, verdict.right) for verdict in told if verdict.owner]),
        subjects=share(_whole_subjects(told)),
        mistaken=share(verdict.owner is not None for verdict in verdicts if verdict.scenario.owner is None),
        median_ms=median(verdict.elapsed_ms for verdict in told),
    )


def _verdict(scenario: Scenario, served: Served) -> Verdict:
    try:
        given = answer(Question(scenario.text), served)
    except UnusableQuestionError:
        return Verdict(scenario, None, 0.0, 0.0)
    signpost = given.signpost
    return Verdict(
        scenario,
        signpost.owner if signpost else None,
        signpost.confidence if signpost else 0.0,
        given.elapsed_ms,
    )


def _owner_score(owner: str, confusion: Counter[tuple[str, str]]) -> OwnerScore:
    right = confusion[owner, owner]
    named = sum(count for (_, given), count in confusion.items() if given == owner)
    there = sum(count for (true, _), count in confusion.items() if true == owner)
    precision, recall = right / named if named else 0.0, right / there if there else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return OwnerScore(owner, precision, recall, f1, there)


def _right(ordered: Sequence[Verdict], part: float, of: int) -> Figure | None:
    return share(verdict.right for verdict in ordered[: round(part * of)])


def _whole_subjects(told: Sequence[Verdict]) -> Iterable[bool]:
    subjects: dict[str, list[bool]] = defaultdict(list)
    for verdict in told:
        subjects[verdict.scenario.subject].append(verdict.right)
    return (all(right) for right in subjects.values() if len(right) > 1)


def _curve(ordered: Sequence[Verdict]) -> Iterable[tuple[float, float]]:
    right = 0
    for count, verdict in enumerate(ordered, start=1):
        right += verdict.right
        yield count / len(ordered), right / count
