"""Status by probability: what a clause beside the point costs, and what silence does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.decide import close_call, decide
from bot.domain import Match, Policy, Section, SignpostPolicy, Status

POLICY = Policy(
    cost_beside=1.0,
    cost_silence=4.0,
    near_from=0.05,
    clarify_gap=0.02,
    cite_from=0.1,
    sure_from=0.9,
    second_look=10,
    tone_from=0.5,
    citations=2,
    signpost=SignpostPolicy(about_from=0.5, quote_from=0.8, likely_from=0.6, sure_from=0.85, near_matter=0.4),
    fall_allowed=0.0,
)


def _match(number: str, score: float, heading: str = "Rotas", document: str = "protocol") -> Match:
    return Match(Section(document, number, heading, (heading,), "Text."), score, 0.5, 0.5, 0.5)


def _decided(*matches: Match, covered: float = 0.9, policy: Policy = POLICY) -> tuple[Status, list[str]]:
    status, marked = decide(matches, covered, policy)
    return status, [match.section.number for match in marked if match.chosen]


@pytest.mark.parametrize(("beside", "silence", "least"), [(1, 1, 0.5), (1, 4, 0.2), (3, 1, 0.75), (2, 8, 0.2)])
def test_the_least_probability_of_an_answer_follows_from_the_costs(beside: float, silence: float, least: float) -> None:
    policy = replace(POLICY, cost_beside=beside, cost_silence=silence)
    assert policy.answer_from == pytest.approx(least)
    assert _decided(_match("1", 0.1), covered=least + 1e-6, policy=policy)[0] is Status.ANSWERED
    assert _decided(_match("1", 0.1), covered=least - 1e-6, policy=policy) == (Status.NOT_COVERED, [])


def test_at_the_least_probability_a_clause_costs_what_silence_does_and_is_shown() -> None:
    least = POLICY.answer_from
    assert (1 - least) * POLICY.cost_beside == pytest.approx(least * POLICY.cost_silence)
    assert _decided(_match("1", 0.2), covered=least)[0] is Status.ANSWERED


def test_it_is_the_question_s_probability_that_answers_and_not_the_best_section_s() -> None:
    matches = (_match("1", 0.15), _match("2", 0.1))
    assert _decided(*matches, covered=0.3)[0] is Status.ANSWERED
    assert _decided(_match("1", 0.9), covered=0.1)[0] is Status.NOT_COVERED


def test_a_clear_best_is_answered_alone() -> None:
    assert _decided(_match("1", 0.8), _match("2", 0.05)) == (Status.ANSWERED, ["1"])


def test_further_clauses_are_cited_from_the_policy_s_probability_up() -> None:
    assert _decided(_match("1", 0.6), _match("2", 0.1)) == (Status.ANSWERED, ["1", "2"])
    assert _decided(_match("1", 0.6), _match("2", 0.0999)) == (Status.ANSWERED, ["1"])


def test_no_more_are_cited_than_the_policy_allows() -> None:
    matches = (_match("1", 0.4), _match("2", 0.2), _match("3", 0.2))
    assert _decided(*matches) == (Status.ANSWERED, ["1", "2"])
    assert _decided(*matches, policy=replace(POLICY, citations=1)) == (Status.ANSWERED, ["1"])


def test_the_best_is_cited_however_the_belief_is_spread() -> None:
    assert _decided(_match("1", 0.05), _match("2", 0.01)) == (Status.ANSWERED, ["1"])


def test_two_headings_too_close_to_tell_apart_need_a_choice() -> None:
    assert _decided(_match("1", 0.4), _match("2", 0.39, "Budget")) == (Status.CLARIFY, ["1", "2"])
    assert _decided(_match("1", 0.4), _match("2", 0.37, "Budget")) == (Status.ANSWERED, ["1", "2"])


def test_the_same_heading_in_two_documents_needs_a_choice_too() -> None:
    assert _decided(_match("1", 0.4), _match("1", 0.4, document="guide"))[0] is Status.CLARIFY


def test_neighbours_under_one_heading_are_cited_and_not_asked_about() -> None:
    assert _decided(_match("1", 0.4), _match("2", 0.4)) == (Status.ANSWERED, ["1", "2"])


def test_two_that_are_close_are_no_choice_where_nothing_is_covered() -> None:
    assert _decided(_match("1", 0.05), _match("2", 0.05, "Budget"), covered=0.1) == (Status.NOT_COVERED, [])


def test_nothing_found_is_not_covered() -> None:
    assert _decided() == (Status.NOT_COVERED, [])
    assert _decided(covered=1.0) == (Status.NOT_COVERED, [])


def test_what_was_not_chosen_is_kept_in_its_order() -> None:
    _, marked = decide((_match("1", 0.8), _match("2", 0.05), _match("3", 0.01)), 0.9, POLICY)
    assert [(match.section.number, match.chosen) for match in marked] == [("1", True), ("2", False), ("3", False)]


def test_a_gap_of_zero_in_the_policy_never_asks_back() -> None:
    policy = replace(POLICY, clarify_gap=0.0)
    assert _decided(_match("1", 0.4), _match("2", 0.4, "Budget"), policy=policy)[0] is Status.ANSWERED


@pytest.mark.parametrize(
    ("covered", "scores", "close"),
    [
        (0.95, (0.9, 0.1), False),
        (0.95, (0.5, 0.4), True),  # the second might be first
        (0.7, (0.08, 0.055), True),  # the two might be told apart, or not
        (0.95, (0.9,), False),
        (0.95, (0.9, 0.0), False),
        (0.64, (0.6, 0.05), True),  # an answer might be none
        (0.61, (0.6, 0.05), True),  # none might be an answer
        (0.3, (0.15, 0.14), False),  # nothing is quoted, whichever is first
        (0.3, (), False),
    ],
)
def test_a_call_is_close_where_a_little_more_or_less_brings_another_answer(
    covered: float, scores: tuple[float, ...], *, close: bool
) -> None:
    policy = replace(POLICY, cost_beside=5, cost_silence=3)
    assert policy.answer_from == pytest.approx(0.625)
    matches = [_match(f"{number}.1", score) for number, score in enumerate(scores, start=1)]
    assert close_call(matches, covered, policy) is close
