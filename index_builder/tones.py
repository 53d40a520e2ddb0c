"""Labelled drafts put before a revision's tone check, and what it comes to: missed, wrongly flagged, mistaken."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from bot.domain import UnusableDraftError
from index_builder.score import Figure, in_bins, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.domain import ToneReport
    from index_builder.drafts import LabelledDraft
    from index_builder.progress import Advance
    from index_builder.score import Bin

UNFOUND = "not found"


@dataclass(frozen=True)
class Checked:
    """A draft with what was found in it: categories and places of its findings, surest first, and the surest belief."""

    draft: LabelledDraft
    categories: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    confidence: float
    elapsed_ms: float

    @property
    def flagged(self) -> bool:
        """Whether anything was found."""
        return bool(self.categories)

    @property
    def right(self) -> bool:
        """Whether something was found exactly where a fair reader would object."""
        return self.flagged == self.draft.concern


@dataclass(frozen=True)
class Tones:
    """What checks come to.

    `f1`, `precision` and `recall` are of concern; `false_alarms` the share of fair drafts that were flagged, `by_kind`
    the same by kind of fair draft, most flagged first; `spans` the share of marked words that some finding overlaps;
    `category` the share of drafts of concern in which a category found is one that was marked, `category_of_found` the
    same of those found at all; `recall_of` the share found by marked category; `confusion` counts (marked, found or
    UNFOUND) by the surest finding of drafts of one category; `bins` compare belief with what was right.
    """

    f1: float
    precision: float
    recall: float
    false_alarms: Figure | None
    by_kind: tuple[tuple[str, Figure], ...]
    spans: Figure | None
    category: Figure | None
    category_of_found: Figure | None
    recall_of: dict[str, Figure]
    confusion: dict[tuple[str, str], int]
    bins: tuple[Bin, ...]
    median_ms: float


def check_all(
    drafts: Iterable[LabelledDraft], check: Callable[[str], ToneReport], progress: Advance = lambda _: None
) -> tuple[Checked, ...]:
    """Check every draft, in order; in one that is refused nothing is found. `progress` hears how many more are done."""
    checked = []
    for draft in drafts:
        checked.append(_checked(draft, check))
        progress(1)
    return tuple(checked)


def tones(checked: Sequence[Checked]) -> Tones:
    """What checks come to. ValueError where no draft is of concern."""
    concern = [given for given in checked if given.draft.concern]
    fair = [given for given in checked if not given.draft.concern]
    if not concern:
        raise ValueError("no draft here is of concern")
    found = sum(given.flagged for given in concern)
    flagged = found + sum(given.flagged for given in fair)
    precision, recall = found / flagged if flagged else 0.0, found / len(concern)
    kinds: dict[str, list[bool]] = defaultdict(list)
    marked: dict[str, list[bool]] = defaultdict(list)
    for given in fair:
        kinds[given.draft.kind].append(given.flagged)
    for given in concern:
        for category in given.draft.categories:
            marked[str(category)].append(given.flagged)
    by_kind = [(kind, figure) for kind, flags in kinds.items() if (figure := share(flags))]
    alone = [given for given in concern if len(given.draft.categories) == 1]
    return Tones(
        f1=2 * precision * recall / (precision + recall) if found else 0.0,
        precision=precision,
        recall=recall,
        false_alarms=share(given.flagged for given in fair),
        by_kind=tuple(sorted(by_kind, key=lambda kind: (-kind[1].value, kind[0]))),
        spans=share(_overlapped(given, mark.start, mark.end) for given in concern for mark in given.draft.marked),
        category=share(_named(given) for given in concern),
        category_of_found=share(_named(given) for given in concern if given.flagged),
        recall_of={category: figure for category, flags in sorted(marked.items()) if (figure := share(flags))},
        confusion=dict(Counter((str(a.draft.categories[0]), a.categories[0] if a.flagged else UNFOUND) for a in alone)),
        bins=in_bins([(given.confidence, given.draft.concern) for given in checked if given.flagged]),
        median_ms=median(given.elapsed_ms for given in checked),
    )


def _checked(draft: LabelledDraft, check: Callable[[str], ToneReport]) -> Checked:
    try:
        report = check(draft.text)
    except UnusableDraftError:
        return Checked(draft, (), (), 0.0, 0.0)
    found = sorted(report.findings, key=lambda finding: -finding.confidence)
    categories = tuple(str(finding.category) for finding in found)
    places = tuple((finding.start, finding.end) for finding in found)
    return Checked(draft, categories, places, found[0].confidence if found else 0.0, report.elapsed_ms)


def _named(given: Checked) -> bool:
    return bool({str(category) for category in given.draft.categories} & set(given.categories))


def _overlapped(given: Checked, start: int, end: int) -> bool:
    return any(begin < end and stop > start for begin, stop in given.places)
