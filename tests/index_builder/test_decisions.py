"""What verdicts on scenarios come to, reckoned by hand; how they are drawn; and how they are asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.answer import answer
from bot.bootstrap import live
from bot.domain import Owner, Question
from index_builder.decisions import NOWHERE, Decisions, Verdict, decisions, judge
from index_builder.picture import who_decides
from index_builder.scenarios import Scenario
from index_builder.score import share

if TYPE_CHECKING:
    from pathlib import Path

    from bot.answer import Served
    from index_builder.score import Figure

OPERATIONAL, CABINET, COUNCIL, UNCLEAR = Owner.OPERATIONAL, Owner.CABINET, Owner.COUNCIL, Owner.UNCLEAR
ASKED: list[tuple[Owner | None, Owner | None, float]] = [
    # decides, signposted, confidence; the surest last, so that their order is no help
    (OPERATIONAL, None, 0.0),
    (None, None, 0.0),
    (UNCLEAR, CABINET, 0.4),
    (OPERATIONAL, CABINET, 0.55),
    (Owner.POLITICAL, Owner.POLITICAL, 0.6),
    (UNCLEAR, UNCLEAR, 0.65),
    (CABINET, OPERATIONAL, 0.7),
    (None, CABINET, 0.97),
    (Owner.STATUTORY_OFFICER, Owner.STATUTORY_OFFICER, 0.75),
    (CABINET, CABINET, 0.8),
    (COUNCIL, COUNCIL, 0.85),
    (None, None, 0.0),
    (OPERATIONAL, OPERATIONAL, 0.9),
    (OPERATIONAL, OPERATIONAL, 0.95),
    (Owner.REGULATORY, Owner.REGULATORY, 0.99),
    (None, UNCLEAR, 0.3),
]
PNG = b"\x89PNG\r\n\x1a\n"


def _verdicts(asked: list[tuple[Owner | None, Owner | None, float]]) -> list[Verdict]:
    return [
        Verdict(Scenario(f"text {place}", owner, "set"), named, confidence, float(place))
        for place, (owner, named, confidence) in enumerate(asked)
    ]


def _of(right: int, count: int) -> Figure | None:
    """So many of so many, with the interval of a share."""
    return share(place < right for place in range(count))


def _all_right(*owners: Owner) -> list[Verdict]:
    return _verdicts([(owner, owner, 0.9) for owner in owners])


@pytest.fixture(scope="module")
def measured() -> Decisions:
    return decisions(_verdicts(ASKED))


def test_precision_recall_and_f1_of_every_owner_are_those_reckoned_by_hand(measured: Decisions) -> None:
    wanted = {
        OPERATIONAL: (2 / 3, 2 / 4, 4 / 7, 4),
        CABINET: (1 / 3, 1 / 2, 2 / 5, 2),
        COUNCIL: (1, 1, 1, 1),
        Owner.REGULATORY: (1, 1, 1, 1),
        Owner.STATUTORY_OFFICER: (1, 1, 1, 1),
        Owner.POLITICAL: (1, 1, 1, 1),
        UNCLEAR: (1, 1 / 2, 2 / 3, 2),
    }
    assert [score.owner for score in measured.owners] == list(wanted)
    for score, figures in zip(measured.owners, wanted.values(), strict=True):
        assert (score.precision, score.recall, score.f1, score.count) == pytest.approx(figures), score.owner


def test_macro_f1_is_the_plain_mean_over_the_owners(measured: Decisions) -> None:
    assert measured.macro_f1 == pytest.approx((4 / 7 + 2 / 5 + 1 + 1 + 1 + 1 + 2 / 3) / 7)


def test_an_owner_that_is_always_missed_counts_as_nought() -> None:
    found = decisions(_verdicts([(COUNCIL, CABINET, 0.9), (CABINET, CABINET, 0.8), (UNCLEAR, None, 0.0)]))
    scores = {score.owner: score for score in found.owners}
    for missed in ("council", "unclear"):
        assert (scores[missed].precision, scores[missed].recall, scores[missed].f1, scores[missed].count) == (
            0,
            0,
            0,
            1,
        )
    assert scores["cabinet"].f1 == pytest.approx(2 / 3)
    assert found.macro_f1 == pytest.approx((0 + 2 / 3 + 0) / 3)


def test_confusion_counts_who_decides_against_who_is_named(measured: Decisions) -> None:
    assert measured.confusion == {
        ("operational", NOWHERE): 1,
        ("operational", "cabinet"): 1,
        ("operational", "operational"): 2,
        ("cabinet", "cabinet"): 1,
        ("cabinet", "operational"): 1,
        ("council", "council"): 1,
        ("regulatory", "regulatory"): 1,
        ("statutory_officer", "statutory_officer"): 1,
        ("political", "political"): 1,
        ("unclear", "cabinet"): 1,
        ("unclear", "unclear"): 1,
    }


def test_the_surest_parts_hold_what_was_named_with_most_confidence(measured: Decisions) -> None:
    assert measured.covered == {0.6: _of(6, 7), 0.8: _of(8, 10), 1.0: _of(8, 12)}


def test_the_surest_parts_without_unclear_are_parts_of_what_is_left(measured: Decisions) -> None:
    assert measured.surest == {0.6: _of(6, 7), 0.8: _of(7, 9), 1.0: _of(7, 11)}


def test_the_curve_goes_from_the_surest_to_all_of_them(measured: Decisions) -> None:
    right = [True] * 6 + [False] + [True] * 2 + [False] * 3
    wanted = [(count / 12, sum(right[:count]) / count) for count in range(1, 13)]
    assert len(measured.curve) == 12
    assert [part for point in measured.curve for part in point] == pytest.approx([p for point in wanted for p in point])


def test_bins_hold_each_confidence_once_and_nothing_that_got_no_signpost(measured: Decisions) -> None:
    assert sum(each.right.count for each in measured.bins) == 11
    confidences = [confidence for owner, named, confidence in ASKED if owner and named]
    assert sum(each.believed * each.right.count for each in measured.bins) == pytest.approx(sum(confidences))
    assert [each.believed for each in measured.bins] == sorted(each.believed for each in measured.bins)
    assert sum(each.right.value * each.right.count for each in measured.bins) == pytest.approx(8)


def test_mistaken_is_the_share_of_other_texts_that_got_a_signpost(measured: Decisions) -> None:
    assert measured.mistaken == _of(2, 4)
    assert decisions(_all_right(CABINET)).mistaken is None


def test_a_subject_of_several_texts_counts_when_all_of_them_are_right() -> None:
    told: list[tuple[str, Owner | None, Owner | None]] = [
        ("quay", CABINET, CABINET),
        ("quay", COUNCIL, COUNCIL),
        ("lido", CABINET, CABINET),
        ("lido", COUNCIL, None),
        ("mart", CABINET, OPERATIONAL),
        ("fair", CABINET, CABINET),
        ("fair", None, UNCLEAR),
    ]
    verdicts = [Verdict(Scenario("", owner, subject), named, 0.5, 1.0) for subject, owner, named in told]
    assert decisions(verdicts).subjects == _of(1, 2), "what stands alone is no subject of several"
    assert decisions(verdicts[-3:]).subjects is None


def test_texts_about_something_else_change_nothing_but_what_is_mistaken(measured: Decisions) -> None:
    told = [verdict for verdict in _verdicts(ASKED) if verdict.scenario.owner]
    assert decisions(told) == replace(measured, mistaken=None)


def test_the_median_is_of_the_texts_about_who_decides() -> None:
    scenarios = [Scenario("a", CABINET, ""), Scenario("b", CABINET, ""), Scenario("c", CABINET, "")]
    verdicts = [Verdict(each, CABINET, 0.9, ms) for each, ms in zip(scenarios, (9.0, 1.0, 2.0), strict=True)]
    other = Verdict(Scenario("d", None, ""), None, 0.0, 500.0)
    assert decisions([*verdicts, other]).median_ms == 2.0


def test_the_order_of_verdicts_does_not_matter(measured: Decisions) -> None:
    turned = decisions(_verdicts(ASKED)[::-1])
    assert (turned.owners, turned.covered, turned.surest, turned.curve, turned.bins) == (
        measured.owners,
        measured.covered,
        measured.surest,
        measured.curve,
        measured.bins,
    )


def test_no_signpost_is_right_where_nothing_is_to_be_decided_and_nowhere_else() -> None:
    asked: list[tuple[Owner | None, Owner | None, float]]
    asked = [(None, None, 0), (None, UNCLEAR, 0.5), (UNCLEAR, None, 0), (UNCLEAR, UNCLEAR, 0.5), (CABINET, COUNCIL, 1)]
    assert [verdict.right for verdict in _verdicts(asked)] == [True, False, False, True, False]


def test_nothing_about_who_decides_cannot_be_measured() -> None:
    for verdicts in ([], _verdicts([(None, None, 0.0), (None, CABINET, 0.9)])):
        with pytest.raises(ValueError, match="about who decides"):
            decisions(verdicts)


def test_a_single_text_called_unclear_leaves_no_surest_part() -> None:
    found = decisions(_verdicts([(UNCLEAR, UNCLEAR, 0.5)]))
    assert found.surest == {}
    assert found.covered[1.0].value == 1
    assert found.macro_f1 == 1


@pytest.mark.parametrize(
    "verdicts",
    [
        _verdicts(ASKED),
        _all_right(*Owner),
        _all_right(*Owner, *Owner, *Owner),
        _all_right(CABINET),
        _all_right(UNCLEAR, UNCLEAR),
        _verdicts([(OPERATIONAL, None, 0.0)]),
        _verdicts([(OPERATIONAL, CABINET, 1.0), (OPERATIONAL, COUNCIL, 1.0)]),
    ],
    ids=["some right", "each right", "all right", "one", "unclear", "no signpost at all", "all wrong"],
)
def test_the_picture_is_drawn_whatever_the_verdicts(verdicts: list[Verdict], tmp_path: Path) -> None:
    path = tmp_path / "who-decides.png"
    who_decides(decisions(verdicts), path)
    content = path.read_bytes()
    assert content.startswith(PNG)
    assert content.endswith(b"IEND\xaeB`\x82")
    assert len(content) > 10_000


def test_other_verdicts_make_another_picture(tmp_path: Path) -> None:
    for name, verdicts in (("some", _verdicts(ASKED)), ("all", _all_right(*Owner)), ("again", _verdicts(ASKED))):
        who_decides(decisions(verdicts), tmp_path / f"{name}.png")
    some, everything, again = ((tmp_path / f"{name}.png").read_bytes() for name in ("some", "all", "again"))
    assert some == again
    assert some != everything


@pytest.fixture(scope="module")
def served(published: Path) -> Served:
    return live(published, "barsetshire", pytest.fail)()


def test_every_scenario_is_judged_in_its_order_as_its_answer_was(served: Served) -> None:
    texts = {
        "Who approves one receptionist's annual leave?": OPERATIONAL,
        "Who sets the council tax for next year?": COUNCIL,
        "What is the recipe for scones?": None,
        "?": None,
        "x" * 1_001: CABINET,
    }
    heard: list[int] = []
    scenarios = [Scenario(text, owner, text) for text, owner in texts.items()]
    verdicts = judge(scenarios, served, heard.append)
    assert [verdict.scenario for verdict in verdicts] == scenarios
    assert sum(heard) == len(scenarios)
    for verdict in verdicts[:3]:
        signpost = answer(Question(verdict.scenario.text), served).signpost
        named = (signpost.owner, signpost.confidence) if signpost else (None, 0.0)
        assert (verdict.owner, verdict.confidence) == named
        assert verdict.elapsed_ms > 0
    assert [verdict.right for verdict in verdicts] == [True, True, True, True, False]


def test_what_cannot_be_asked_gets_no_signpost_and_is_no_fault(served: Served) -> None:
    for text in ("?", "", "x" * 1_001):
        (verdict,) = judge([Scenario(text, CABINET, "")], served)
        assert (verdict.owner, verdict.confidence, verdict.elapsed_ms) == (None, 0.0, 0.0)
