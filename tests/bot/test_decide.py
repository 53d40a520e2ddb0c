"""Status by score and gap."""

from __future__ import annotations

from dataclasses import replace

from bot.decide import decide
from bot.domain import Match, Policy, Section, Status

POLICY = Policy(
    weight_whole=0.35,
    weight_part=0.35,
    weight_lexical=0.3,
    answer_from=0.4,
    clarify_gap=0.02,
    cite_within=0.1,
    citations=2,
    fall_allowed=0.0,
)


def _match(number: str, score: float, heading: str = "Rotas") -> Match:
    return Match(Section("protocol", number, heading, (heading,), "Text."), score, score, score, score)


def _decided(*matches: Match, policy: Policy = POLICY) -> tuple[Status, list[str]]:
    status, marked = decide(matches, policy)
    return status, [match.section.number for match in marked if match.chosen]


def test_a_clear_best_is_answered_alone() -> None:
    assert _decided(_match("1", 0.8), _match("2", 0.6)) == (Status.ANSWERED, ["1"])


def test_several_near_the_best_are_cited_up_to_the_policy_s_number() -> None:
    matches = (_match("1", 0.8), _match("2", 0.79), _match("3", 0.78))
    assert _decided(*matches) == (Status.ANSWERED, ["1", "2"])


def test_what_is_near_the_best_but_too_low_is_not_cited() -> None:
    assert _decided(_match("1", 0.42), _match("2", 0.39)) == (Status.ANSWERED, ["1"])


def test_two_headings_too_close_to_tell_apart_need_a_choice() -> None:
    assert _decided(_match("1", 0.8), _match("2", 0.79, "Budget")) == (Status.CLARIFY, ["1", "2"])


def test_a_score_at_the_threshold_answers_and_one_below_does_not() -> None:
    assert _decided(_match("1", 0.4))[0] is Status.ANSWERED
    assert _decided(_match("1", 0.399)) == (Status.NOT_COVERED, [])


def test_nothing_found_is_not_covered() -> None:
    assert _decided() == (Status.NOT_COVERED, [])


def test_a_gap_of_zero_in_the_policy_never_asks_back() -> None:
    policy = replace(POLICY, clarify_gap=0.0)
    assert _decided(_match("1", 0.8), _match("2", 0.8, "Budget"), policy=policy)[0] is Status.ANSWERED
