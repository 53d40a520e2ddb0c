"""Results, summed up: recall, mean reciprocal rank, coverage and refusal, each with its interval; and calibration."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import NormalDist, fmean, pstdev
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from index_builder.evaluate import Result

_DEEPEST = 10
_DEVIATIONS = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Figure:
    """A share or mean of `count` results, with its 95 % interval (Wilson's for a share)."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Score:
    """What a group of results comes to; a Figure is None where the group has nothing to measure it by.

    As answered: `first` and `in_three` (the right section is cited first, or at all), `covered` (some clause was shown)
    of what can be answered, `refused` of what cannot. By ranking alone, thresholds aside: `ranked_first`,
    `ranked_in_three`, and `reciprocal`, the mean reciprocal rank within ten.
    """

    group: str
    first: Figure | None
    in_three: Figure | None
    covered: Figure | None
    ranked_first: Figure | None
    ranked_in_three: Figure | None
    reciprocal: Figure | None
    refused: Figure | None


@dataclass(frozen=True)
class Bin:
    """Results whose best section was believed about equally: how much on average, and how often it was right."""

    believed: float
    right: Figure


def scores(results: Sequence[Result], group: Callable[[Result], str]) -> tuple[Score, ...]:
    """One Score a group, in alphabetical order, and one for all under `all`."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[group(result)].append(result)
    return (*(_score(name, groups[name]) for name in sorted(groups)), _score("all", results))


def share(held: Iterable[bool]) -> Figure | None:
    """The share of what holds, with Wilson's interval."""
    values = list(held)
    if not values:
        return None
    count, value = len(values), fmean(values)
    spread = _DEVIATIONS**2 / count
    middle, reach = value + spread / 2, _DEVIATIONS * sqrt(value * (1 - value) / count + spread / count / 4)
    return Figure(value, max(0.0, (middle - reach) / (1 + spread)), min(1.0, (middle + reach) / (1 + spread)), count)


def calibration(results: Iterable[Result], bins: int = 10) -> tuple[Bin, ...]:
    """How often the best section was right, for results of like belief: as many in each bin as in any other."""
    return in_bins([(result.belief, bool(result.case.right) and result.found == 1) for result in results], bins)


def in_bins(believed: Iterable[tuple[float, bool]], bins: int = 10) -> tuple[Bin, ...]:
    """Beliefs and whether they were right, in bins of like belief: as many in each as in any other."""
    ordered = sorted(believed)
    cuts = [round(place * len(ordered) / bins) for place in range(bins + 1)]
    made = []
    for start, end in pairwise(cuts):
        right = share(held for _, held in ordered[start:end])
        if right:
            made.append(Bin(fmean(belief for belief, _ in ordered[start:end]), right))
    return tuple(made)


def _score(group: str, results: Sequence[Result]) -> Score:
    answerable = [result for result in results if result.case.right]
    return Score(
        group,
        first=share(result.rank == 1 for result in answerable),
        in_three=share(result.rank is not None for result in answerable),
        covered=share(not result.refused for result in answerable),
        ranked_first=share(result.found == 1 for result in answerable),
        ranked_in_three=share(0 < (result.found or 0) <= 3 for result in answerable),  # noqa: PLR2004
        reciprocal=_reciprocal(answerable),
        refused=share(result.refused for result in results if not result.case.right),
    )


def _reciprocal(answerable: Sequence[Result]) -> Figure | None:
    if not answerable:
        return None
    values = [1 / result.found if result.found and result.found <= _DEEPEST else 0.0 for result in answerable]
    mean, reach = fmean(values), _DEVIATIONS * pstdev(values) / sqrt(len(values))
    return Figure(mean, max(0.0, mean - reach), min(1.0, mean + reach), len(values))
