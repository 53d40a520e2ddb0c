"""The rehearsal's rules: what the council's own questions must come to before a revision is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index_builder.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from index_builder.evaluate import Result

_MAY_DIFFER = 0.01


def share(results: Iterable[Result]) -> float:
    """The share of results that passed, 0 to 1; 1 where there are none."""
    passed = [result.passed for result in results]
    return sum(passed) / len(passed) if passed else 1.0


def broken_promises(results: Iterable[Result], path: str) -> list[Problem]:
    """A Problem for each promised question that did not pass."""
    return [
        Problem(path, result.case.line, _broken(result))
        for result in results
        if result.case.promised and not result.passed
    ]


def _broken(result: Result) -> str:
    got = ", then ".join(result.cited) or f"no clause ({result.status})"
    return (
        f"“{result.case.ask}” is promised {result.case.wanted} but gets {got}; "
        "mend the text or the vocabulary, or drop the promise."
    )


def unlike(int8: Sequence[Result], fp32: Sequence[Result], path: str) -> list[Problem]:
    """A Problem where the two encoders differ in the first section of over 1 % of the questions (one may always)."""
    differ = sum(one.cited[:1] != other.cited[:1] for one, other in zip(int8, fp32, strict=True))
    if differ <= max(1, int(len(int8) * _MAY_DIFFER)):
        return []
    sentence = f"The int8 encoder puts another section first than fp32 for {differ} questions; use another model."
    return [Problem(path, 1, sentence)]


def fallen(before: Sequence[Result], after: Sequence[Result], allowed: float, path: str) -> list[Problem]:
    """A Problem where fewer questions pass than in the revision in force, by more than the share that is allowed."""
    if share(before) - share(after) <= allowed:
        return []
    lost = [old.case.ask for old, new in zip(before, after, strict=True) if old.passed and not new.passed]
    sentence = (
        f"{share(after):.1%} of the questions pass, {share(before):.1%} do in the revision in force, and policy.yaml "
        f"allows a fall of {allowed:.1%}; lost: {'; '.join(lost)}."
    )
    return [Problem(path, 1, sentence)]


def moved(before: Sequence[Result], after: Sequence[Result]) -> tuple[tuple[Result, Result], ...]:
    """The questions that two revisions answer with another status or first section, as pairs."""
    pairs = zip(before, after, strict=True)
    return tuple((old, new) for old, new in pairs if (old.status, old.cited[:1]) != (new.status, new.cited[:1]))
