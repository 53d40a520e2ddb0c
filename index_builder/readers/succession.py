"""Which of the possible numbers are the document's own: those that together tell the most even sequence.

A line may begin with 4.2 because paragraph 4.2 starts there, or because "see paragraph 4.2" was wrapped there. Each
way to read a document, accepting or refusing each label, is a Story with a cost; the cheapest one is taken. A number
that follows from the one before costs nothing, a leap or a repetition something, and a refusal the same for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from index_builder.readers.numbering import Kind, Label, Level, Path, numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

REFUSED = 3.0
_KEPT = 8
_NEAR = 5
_OUTERMOST = {"Appendix", "Annex", "Schedule"}
_NEXT, _START, _UNLIKELY, _RESTART, _LEAP, _BACK, _ELSEWHERE = 0.0, 0.3, 0.4, 1.1, 1.5, 2.5, 4.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that may bear a label: each reading with the doubt about it, and what stands above the line."""

    labels: tuple[tuple[Label, float], ...]
    under_stem: bool
    under_title: bool


@dataclass(frozen=True, slots=True)
class Numbered:
    """A label taken for the document's own, and the whole path it stands at."""

    label: Label
    path: Path


@dataclass(frozen=True, slots=True)
class _Story:
    """The lines read so far: what they cost, the path now open, the last number met, and the label of the last line."""

    cost: float = 0.0
    path: Path = ()
    running: Path = ()
    taken: Numbered | None = None
    before: _Story | None = None


def succession(candidates: Sequence[Candidate]) -> list[Numbered | None]:
    """For each candidate, in order, the label it bears, or None."""
    stories = [_Story()]
    for candidate in candidates:
        stories = _cheapest(following for story in stories for following in _told(story, candidate))
    chosen, story = list[Numbered | None](), stories[0]
    while story.before:
        chosen.append(story.taken)
        story = story.before
    return chosen[::-1]


def _cheapest(stories: Iterable[_Story]) -> list[_Story]:
    best: dict[tuple[Path, Path], _Story] = {}
    for story in sorted(stories, key=lambda told: told.cost):
        best.setdefault((story.path, story.running), story)
    return list(best.values())[:_KEPT]


def _told(story: _Story, candidate: Candidate) -> Iterator[_Story]:
    for label, doubt in candidate.labels:
        for cost, path in _steps(story, label, candidate):
            numbers = numbers_of(path)
            yield _Story(story.cost + doubt + cost, path, numbers or story.running, Numbered(label, path), story)
    yield _Story(story.cost + REFUSED, story.path, story.running, None, story)


def _steps(story: _Story, label: Label, candidate: Candidate) -> Iterator[tuple[float, Path]]:
    kind = label.levels[0].kind
    if kind is Kind.NUMBER:
        yield _to_number(story, label.levels, under_title=candidate.under_title)
    elif kind is Kind.PLACE:
        yield _to_place(story.path, label.levels[0])
    else:
        yield from _to_mark(story.path, label.levels, candidate, stopped=not label.printed.startswith("("))


def _to_number(story: _Story, levels: Path, *, under_title: bool) -> tuple[float, Path]:
    places = tuple(level for level in story.path if level.kind is Kind.PLACE)
    below = story.path[len(places) :]
    cost = _distance(below or story.running, levels)
    fresh = all(level.ordinal == 1 for level in levels)
    if not below and (fresh or not story.running):
        cost = min(cost, _START if fresh else _LEAP)
    elif fresh and under_title:
        cost = min(cost, _RESTART)
    return cost, places + levels


def _distance(old: Path, new: Path) -> float:
    """How far a number is from being the next after another."""
    shared = 0
    while shared < min(len(old), len(new)) and old[shared] == new[shared]:
        shared += 1
    if shared == len(new):
        return _BACK
    rival = old[shared] if shared < len(old) else None
    if rival and rival.series != new[shared].series and not shared:
        return _START if all(level.ordinal == 1 for level in new) else _LEAP + (len(new) == 1)
    expected = rival.ordinal + 1 if rival and rival.series == new[shared].series else 1
    return _leap(new[shared].ordinal - expected) + _leap(sum(level.ordinal - 1 for level in new[shared + 1 :]))


def _leap(size: int) -> float:
    if size < 0:
        return _BACK
    return _NEXT if not size else _LEAP if size <= _NEAR else _BACK


def _to_place(path: Path, level: Level) -> tuple[float, Path]:
    for depth, rival in enumerate(path):
        if rival.kind is Kind.PLACE and rival.series == level.series:
            return _leap(level.ordinal - rival.ordinal - 1), (*path[:depth], level)
    outer = [rival for rival in path if rival.kind is Kind.PLACE and level.series not in _OUTERMOST]
    return _START if level.ordinal == 1 else _ELSEWHERE, (*outer, level)


def _to_mark(path: Path, levels: Path, candidate: Candidate, *, stopped: bool) -> Iterator[tuple[float, Path]]:
    first = levels[0]
    for depth, rival in enumerate(path):
        if rival.kind is Kind.LIST and rival.series == first.series:
            unlikely = _UNLIKELY if candidate.under_stem else _NEXT
            cost = _afresh(candidate) if first.ordinal == 1 else _distance(path[depth:], levels) + unlikely
            yield cost, (*path[:depth], *levels)
            return
    cost = _distance((), levels) if first.ordinal == 1 else _ELSEWHERE
    doubtful = stopped and first.printed[1:-1].isdigit() and not candidate.under_stem
    yield cost + (_BACK if doubtful else _afresh(candidate)), (*path, *levels)


def _afresh(candidate: Candidate) -> float:
    """What it costs to begin a list: nothing right under a stem."""
    return _NEXT if candidate.under_stem else _RESTART
