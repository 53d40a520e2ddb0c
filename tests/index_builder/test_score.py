"""Sums of results: intervals that a table gives too, ranks, and belief against truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain import Status
from index_builder.evaluate import Case, Result
from index_builder.score import Score, calibration, scores, share

RANKS = (1, 2, 3, 4, 10, 11, None)


def _case(kind: str = "look-up", *, answerable: bool = True) -> Case:
    return Case("who?", "", (lambda *_: True) if answerable else None, "1", kind=kind)


def _result(found: int | None = 1, *, kind: str = "look-up", answerable: bool = True, **changes: Any) -> Result:
    cited = ("1",) if changes.get("status", Status.ANSWERED) is Status.ANSWERED else ()
    plain = Result(_case(kind, answerable=answerable), Status.ANSWERED, None, cited, found, 0.5, "1")
    return replace(plain, **changes)


def _one(results: list[Result]) -> Score:
    return scores(results, lambda _: "each")[-1]


@pytest.mark.parametrize(
    ("held", "count", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (50, 100, 0.4038, 0.5962),
        (1, 1, 0.2065, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_a_share_has_wilson_s_interval(held: int, count: int, low: float, high: float) -> None:
    figure = share(place < held for place in range(count))
    assert figure is not None
    assert (figure.value, figure.count) == (held / count, count)
    assert (figure.low, figure.high) == pytest.approx((low, high), abs=6e-5)


def test_a_share_of_nothing_is_no_figure() -> None:
    assert share([]) is None


def test_the_reciprocal_rank_counts_to_ten_and_no_further() -> None:
    figure = _one([_result(rank) for rank in RANKS]).reciprocal
    assert figure is not None
    assert figure.value == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 10) / 7)
    assert figure.count == 7
    assert 0 <= figure.low < figure.value < figure.high <= 1


def test_a_mean_s_interval_is_the_normal_one() -> None:
    figure = _one([_result(1), _result(2)] * 50).reciprocal
    assert figure is not None
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.75, 0.701, 0.799), abs=1e-4)


def test_ranking_is_told_apart_from_what_was_cited() -> None:
    score = _one([_result(1, rank=1), _result(1, status=Status.NOT_COVERED), _result(3, rank=2), _result(4)])
    told = [score.first, score.in_three, score.covered, score.ranked_first, score.ranked_in_three]
    assert [figure and figure.value for figure in told] == [0.25, 0.5, 0.75, 0.5, 0.75]
    assert score.refused is None


def test_refusal_is_counted_over_what_cannot_be_answered_alone() -> None:
    beside = [_result(None, answerable=False), _result(None, answerable=False, status=Status.NOT_COVERED)]
    score = _one([*beside, _result(1, rank=1, status=Status.ANSWERED)])
    assert score.refused is not None
    assert (score.refused.value, score.refused.count) == (0.5, 2)
    assert score.covered is not None
    assert score.covered.count == 1
    only = _one(beside)
    assert [only.first, only.in_three, only.covered, only.ranked_first, only.reciprocal] == [None] * 5


def test_there_is_a_score_a_group_in_order_and_one_for_all() -> None:
    kinds = ("scenario", "look-up", "near-miss", "look-up")
    results = [_result(kind=kind, answerable=kind != "near-miss") for kind in kinds]
    found = scores(results, lambda result: result.case.kind)
    assert [score.group for score in found] == ["look-up", "near-miss", "scenario", "all"]
    counts = [(s.ranked_first.count if s.ranked_first else 0, s.refused.count if s.refused else 0) for s in found]
    assert counts == [(2, 0), (0, 1), (1, 0), (3, 1)]


def test_no_results_give_one_score_without_a_figure() -> None:
    assert scores([], lambda _: "") == (Score("all", None, None, None, None, None, None, None),)


@pytest.mark.parametrize("count", [0, 1, 7, 10, 23, 100])
@pytest.mark.parametrize("bins", [1, 4, 10])
def test_bins_hold_every_result_once_in_order_of_belief(count: int, bins: int) -> None:
    results = [_result(belief=(place * 37 % 101) / 101) for place in range(count)]
    found = calibration(results, bins)
    assert sum(each.right.count for each in found) == count
    assert len(found) == min(count, bins)
    assert [each.believed for each in found] == sorted(each.believed for each in found)
    assert sum(each.believed * each.right.count for each in found) == pytest.approx(sum(r.belief for r in results))
    sizes = [each.right.count for each in found]
    assert max(sizes, default=0) - min(sizes, default=0) <= 1


def test_belief_is_right_only_where_the_best_section_is() -> None:
    low = [_result(2, belief=0.1), _result(None, belief=0.1), _result(None, belief=0.1, answerable=False)]
    high = [_result(1, belief=0.9), _result(1, belief=0.9), _result(1, belief=0.9, answerable=False)]
    found = calibration([*high, *low], 2)
    assert [each.believed for each in found] == pytest.approx([0.1, 0.9])
    assert [each.right.value for each in found] == pytest.approx([0, 2 / 3])
