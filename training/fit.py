"""Fit the Head: how features rank sections, and when the best of them answers at all, on councils never trained on.

usage: fit.py [--councils FOLDER] [--plain]

The ranking is a conditional logit: the probability that a section is the right one among all candidates. Whether any
is right is a logistic regression on `bot.head.evidence`. Both are fitted on the councils of the dev split; whether
a question is of the field at all on those of the training split.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
from looks import Seen, seen
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bot.encoder import Encoder
from bot.head import FEATURES, LATE, THREAD_FEATURES, Hunch, evidence
from index_builder.knowledge import read_base
from index_builder.labelled import OFF_TOPIC, read_labelled
from index_builder.model import DEFAULT_MODEL, bring_in, default_cache
from index_builder.model.adapt import adaptation_of
from index_builder.model.source import folder_of
from index_builder.progress import bar, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from index_builder.labelled import LabelledCouncil
    from index_builder.progress import Advance

    Table = NDArray[np.float64]

ALWAYS = Hunch((), 50.0)  # what a model has whose vectors no Hunch was fitted on
RIDGE = 0.002  # of the ranking
_SURE = 0.5
OFF_TOPIC_TEXTS = Path(__file__).parent / "off-topic.txt"
STRENGTH = 0.05  # of the logistic regression: the inverse of its ridge
FOLLOW_UPS_WEIGH = 12  # as many other questions in a thread: most of what is asked there follows up
KEPT = 0.97  # the share of what can be answered that should be


@dataclass(frozen=True)
class Cases:
    """Questions as one look sees them: candidates of each, its own figures, the place of the right one, its council."""

    candidates: list[Table]
    asked: list[Table]
    right: list[int | None]
    field: Table
    councils: list[str]
    kinds: list[str]


def main() -> None:
    """Fit the looks of a model and write its head."""
    parser = argparse.ArgumentParser(description="Fit the head of a model on the councils of the dev split.")
    parser.add_argument("--councils", type=Path, default=Path(__file__).parent / "councils")
    parser.add_argument("--plain", action="store_true", help="the default model without adapters")
    given = parser.parse_args()
    model = str(folder_of(DEFAULT_MODEL)) if given.plain else DEFAULT_MODEL
    encoder = bring_in(model, default_cache(), say)
    questions = seen(read_labelled(given.councils, ("dev",)), encoder)
    field = ALWAYS
    if not given.plain:
        hunch = field_hunch(read_labelled(given.councils, ("train",)), Encoder(encoder))
        field = calibrated(hunch, [question for question in questions if question.alone])
    questions = [replace(question, field=field.probability(question.vector)) for question in questions]
    alone = [question for question in questions if question.alone]
    most = read_base().policy.second_look
    first = cases_of(alone, [q.first for q in alone], [q.right for q in alone])
    everywhere = cases_of(alone, [q.second for q in alone], [q.right for q in alone])
    leaning = [question for question in questions if question.leaning]
    weighed = [question for question in leaning for _ in range(1 if question.alone else FOLLOW_UPS_WEIGH)]
    threads, mostly_follow_ups = (
        cases_of(some, [q.thread for q in some], [q.right_in_thread for q in some]) for some in (leaning, weighed)
    )
    first_ranking = ranking(first, np.array([name not in LATE for name in FEATURES]))
    second_ranking = ranking(everywhere, np.ones(len(FEATURES)))
    thread_ranking = ranking(mostly_follow_ups, np.ones(len(THREAD_FEATURES)))
    head = {
        "first": stage(first, first_ranking),
        "second": stage(_narrowed(everywhere, first, first_ranking, most), second_ranking),
        "thread": stage(threads, thread_ranking),
        "field": asdict(field),
    }
    adaptation_of(model).head.write_text(json.dumps(head, indent=1) + "\n", "utf-8")


def field_hunch(councils: Sequence[LabelledCouncil], encoder: Encoder) -> Hunch:
    """The field's questions, answered or not, against what has nothing to do with it.

    It is fitted on the councils of the training split, as many answered questions of each as it leaves unanswered,
    and on `off-topic.txt`.
    """
    chance = Random(0)  # noqa: S311 - it only chooses questions
    field: list[str] = []
    off_topic = OFF_TOPIC_TEXTS.read_text("utf-8").splitlines()
    for council in councils:
        for question in council.unanswered:
            (off_topic if question.kind == OFF_TOPIC else field).append(question.text)
        answered = [question.text for paragraph in council.paragraphs for question in paragraph.questions]
        field += chance.sample(answered, min(len(council.unanswered), len(answered)))
    with bar("Embedding questions", len(field) + len(off_topic)) as advance:
        yes, no = (np.array([_told(encoder, text, advance) for text in texts]) for texts in (field, off_topic))
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=5000)
    model.fit(np.concatenate((yes, no)), np.repeat([1, 0], [len(yes), len(no)]))
    return Hunch(tuple(round(float(w), 4) for w in model.coef_[0]), round(float(model.intercept_[0]), 4))


def calibrated(field: Hunch, questions: Sequence[Seen]) -> Hunch:
    """The Hunch of the field, stretched and moved to give probabilities on councils it was not fitted on."""
    logits = np.array([[field.logit(question.vector)] for question in questions])
    model = LogisticRegression(C=100.0).fit(logits, [question.kind != OFF_TOPIC for question in questions])
    slope, moved = float(model.coef_[0][0]), float(model.intercept_[0])
    say(f"field: slope {slope:.2f}, moved by {moved:.2f}")
    weights = tuple(round(slope * weight, 4) for weight in field.weights)
    return Hunch(weights, round(slope * field.bias + moved, 4))


def _told(encoder: Encoder, text: str, advance: Advance) -> NDArray[np.float32]:
    advance(1)
    return encoder.embed(text).vector


def cases_of(questions: Sequence[Seen], candidates: list[Table], right: list[int | None]) -> Cases:
    """The Cases of one look."""
    asked = [question.asked for question in questions]
    field = np.array([question.field for question in questions])
    return Cases(candidates, asked, right, field, [q.council for q in questions], [q.kind for q in questions])


def _narrowed(everywhere: Cases, first: Cases, weights: Table, most: int) -> Cases:
    """The candidates that a second look is taken at: the best of the first."""
    best = [np.argsort(-(table @ weights), kind="stable")[:most] for table in first.candidates]
    candidates = [table[rows] for table, rows in zip(everywhere.candidates, best, strict=True)]
    return replace(everywhere, candidates=candidates)


def ranking(cases: Cases, used: Table) -> Table:
    """The weights under which the right sections are likeliest, 0 where `used` is (conditional logit with a ridge)."""
    known = [
        (t, place) for t, place in zip(cases.candidates, cases.right, strict=True) if place is not None and place >= 0
    ]
    stacked = np.concatenate([table for table, _ in known]) * used
    sizes = np.array([len(table) for table, _ in known])
    begins = np.cumsum([0, *sizes[:-1]])
    right = begins + np.array([place for _, place in known])

    def lost(weights: Table) -> tuple[float, Table]:
        logits = stacked @ weights
        powers = np.exp(logits - np.repeat(np.maximum.reduceat(logits, begins), sizes))
        shares = powers / np.repeat(np.add.reduceat(powers, begins), sizes)
        value = float(-np.mean(np.log(shares[right])) + RIDGE * np.mean(weights**2))
        slope = (np.add.reduceat(stacked * shares[:, None], begins) - stacked[right]).mean(axis=0)
        return value, slope + 2 * RIDGE * weights / len(weights)

    weights: Table = np.round(minimize(lost, np.ones(len(used)), jac=True, method="L-BFGS-B").x * used, 4)
    ranks = np.array([rank(table @ weights, place) for table, place in known])
    first, in_three = np.mean(ranks == 0), np.mean(ranks < 3)  # noqa: PLR2004
    say(f"weights {weights.tolist()}: first {first:.3f}, in three {in_three:.3f}, n {len(known)}")
    return weights


def rank(logits: Table, place: int) -> int:
    """How many candidates come before one, as the bot orders them."""
    return int(np.flatnonzero(np.argsort(-logits, kind="stable") == place)[0])


def stage(cases: Cases, weights: Table) -> dict[str, object]:
    """A Stage as JSON, its `covering` fitted; what it comes to on each council, fitted on the others, is told."""
    pairs = zip(cases.candidates, cases.asked, strict=True)
    table = np.array([evidence(candidates, candidates @ weights, asked) for candidates, asked in pairs])
    answered = np.array([place is not None for place in cases.right])
    # What the field's Hunch refuses is not for these weights to learn.
    of_field = (np.array(cases.kinds) != OFF_TOPIC) | (cases.field > _SURE)
    councils = np.array(cases.councils)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=5000))
    guessed = np.empty(len(answered))
    for council in sorted(set(cases.councils)):
        others = of_field & (councils != council)
        model.fit(table[others], answered[others])
        guessed[councils == council] = model.predict_proba(table[councils == council])[:, 1]
    _tell(np.array(cases.kinds), guessed * cases.field, answered)
    model.fit(table[of_field], answered[of_field])
    covering = model[1].coef_[0] / model[0].scale_
    bias = float(model[1].intercept_[0] - covering @ model[0].mean_)
    rounded = [round(float(weight), 5) for weight in covering]
    return {"ranking": weights.tolist(), "covering": rounded, "bias": round(bias, 5)}


def _tell(kinds: NDArray[np.str_], guessed: Table, answered: NDArray[np.bool_]) -> None:
    for least in (read_base().policy.answer_from, float(np.quantile(guessed[answered], 1 - KEPT))):
        shares = [f"answered {np.mean(guessed[answered] >= least):.3f}"]
        shares += [f"{kind} refused {np.mean(guessed[kinds == kind] < least):.3f}" for kind in set(kinds[~answered])]
        say(f"  from {least:.3f}: {', '.join(shares)}")


if __name__ == "__main__":
    main()
