"""From matches and policy to a status: pure, so that every case can be read and tested on its own."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import TYPE_CHECKING

from bot.domain import Match, Policy, Status

if TYPE_CHECKING:
    from collections.abc import Sequence


_CLOSE_LEAD = 0.3  # in logits; what a quick look gets wrong lies within these, but for a few questions in a thousand
_CLOSE_COVERED = _CLOSE_GAP = 0.03


def close_call(matches: Sequence[Match], covered: float, policy: Policy) -> bool:
    """Whether a closer look may well bring another status or another first section."""
    if abs(covered - policy.answer_from) < _CLOSE_COVERED:
        return True
    if covered < policy.answer_from or not matches[1:]:
        return False
    best, second = matches[0].score, matches[1].score
    return best - second < _CLOSE_GAP or (second > 0 and log(best / second) < _CLOSE_LEAD)


def decide(matches: Sequence[Match], covered: float, policy: Policy) -> tuple[Status, tuple[Match, ...]]:
    """The status that probabilities call for, and the same matches with the chosen ones marked.

    Where it costs more to quote than to be silent, nothing is covered. Two best under different headings within
    `clarify_gap` need a choice. Otherwise the best is cited, with those from `cite_from` up, at most `citations`.
    """
    if not matches or not covered >= policy.answer_from:  # a probability that is no number answers nothing
        return Status.NOT_COVERED, tuple(matches)
    best = matches[0]
    if len(matches) > 1 and _is_rival(best, matches[1], policy):
        return Status.CLARIFY, _marked(matches, matches[:2])
    near = [match for match in matches[1:] if match.score >= policy.cite_from]
    return Status.ANSWERED, _marked(matches, [best, *near][: policy.citations])


def _is_rival(best: Match, second: Match, policy: Policy) -> bool:
    apart = (best.section.document, best.section.path) != (second.section.document, second.section.path)
    return apart and best.score - second.score < policy.clarify_gap


def _marked(matches: Sequence[Match], chosen: Sequence[Match]) -> tuple[Match, ...]:
    sections = {id(match) for match in chosen}
    return tuple(replace(match, chosen=id(match) in sections) for match in matches)
