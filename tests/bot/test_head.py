"""The linear models: what they weigh, what they promise of a probability, and which files they refuse."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.head import ASKED, FEATURES, LATE, THREAD_FEATURES, Hunch, Stage, evidence, read_head, shares, sigmoid

HEADS = Path(__file__).parents[2] / "training" / "heads"
CANDIDATES = np.array([[0.5, 0.2], [1.0, 0.0], [0.0, 1.0]])
LOGITS = np.array([1.0, 2.0, 0.0])
QUESTION = np.array([7.0, 8.0])
STAGE = Stage(ranking=(2.0, 1.0), covering=(1.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), bias=0.0)

figures = st.floats(-1, 1)
weights = st.floats(-10, 10)


def _stage(features: int) -> dict[str, Any]:
    return {"ranking": [1.0] * features, "covering": [0.5] * (4 * features + len(ASKED)), "bias": -1.0}


def _record() -> dict[str, Any]:
    alone, thread = len(FEATURES), len(THREAD_FEATURES)
    hunch = {"weights": [0.5, -0.25], "bias": 0.125}
    return {
        "first": _stage(alone),
        "second": _stage(alone),
        "thread": _stage(thread),
        "field": hunch,
    }


def test_a_hunch_is_a_logistic_regression_on_a_vector() -> None:
    hunch = Hunch((0.5, -0.25), 0.125)
    vector = np.array([1.0, 2.0], dtype=np.float32)
    assert hunch.logit(vector) == pytest.approx(0.125)
    assert hunch.probability(vector) == pytest.approx(1 / (1 + np.exp(-0.125)))


def test_a_hunch_without_weights_says_its_bias_of_vectors_of_any_length() -> None:
    assert Hunch((), 50.0).probability(np.ones(7, dtype=np.float32)) == pytest.approx(1)
    assert Hunch((), 0.0).logit(np.ones(384, dtype=np.float32)) == 0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_logit_of_any_size_is_a_probability(logit: float) -> None:
    assert 0 <= sigmoid(logit) <= 1


@given(st.lists(st.floats(-500, 500), min_size=1, max_size=30))
def test_shares_add_up_to_one_in_the_order_of_the_logits(logits: list[float]) -> None:
    belief = shares(np.array(logits))
    assert belief.sum() == pytest.approx(1)
    assert belief.min() >= 0
    assert belief[int(np.argmax(logits))] == belief.max()


def test_shares_are_what_a_softmax_is_and_only_differences_count() -> None:
    assert shares(np.log([1.0, 2.0, 5.0])) == pytest.approx([0.125, 0.25, 0.625])
    assert shares(LOGITS + 1000) == pytest.approx(shares(LOGITS))
    assert shares(np.array([3.0])) == pytest.approx([1.0])


def test_evidence_is_the_best_its_leads_what_it_lacks_its_share_and_the_question() -> None:
    powers = np.exp(LOGITS)
    wanted = [
        *(1.0, 0.0),  # the best candidate's figures
        *(0.5, -0.2),  # its lead over the next
        *(0.75, -0.6),  # its lead over the mean of the rest
        *(0.0, 1.0),  # how far it stays below the highest figure
        *(powers[1] / powers.sum(), 1.0),  # its share, and its lead in logits
        *(7.0, 8.0),  # the question's own
    ]
    assert evidence(CANDIDATES, LOGITS, QUESTION) == pytest.approx(wanted)


def test_evidence_does_not_depend_on_the_order_of_candidates() -> None:
    turned = evidence(CANDIDATES[::-1], LOGITS[::-1], QUESTION)
    assert turned == pytest.approx(evidence(CANDIDATES, LOGITS, QUESTION))


def test_a_candidate_alone_leads_nobody_and_has_all_the_belief() -> None:
    alone = evidence(CANDIDATES[:1], LOGITS[:1], QUESTION)
    assert alone == pytest.approx([0.5, 0.2, 0, 0, 0, 0, 0, 0, 1, 0, 7, 8])


def test_only_the_next_nine_stand_against_the_best() -> None:
    table = np.array([1.0, *([0.4] * 9), *([-100.0] * 5)])[:, None]
    found = evidence(table, table[:, 0], np.zeros(2))
    assert found[2] == pytest.approx(0.6), "the lead over the mean of the next nine"
    assert found[3] == 0


def test_candidates_are_ranked_by_the_weighed_sum() -> None:
    assert STAGE.logits(CANDIDATES) == pytest.approx([1.2, 2.0, 1.0])


@given(
    st.lists(st.tuples(figures, figures), min_size=1, max_size=15),
    st.lists(weights, min_size=12, max_size=12),
    weights,
)
def test_what_is_covered_is_a_probability(
    candidates: list[tuple[float, float]], covering: list[float], bias: float
) -> None:
    stage = Stage((2.0, 1.0), tuple(covering), bias)
    assert 0 <= stage.covered(np.array(candidates), np.array([2.0, 0.5])) <= 1


def test_a_bias_alone_is_the_probability_s_logit() -> None:
    nothing = Stage((1.0, 1.0), (0.0,) * 12, 0.0)
    assert nothing.covered(CANDIDATES, QUESTION) == 0.5
    assert replace(nothing, bias=float(np.log(3))).covered(CANDIDATES, QUESTION) == pytest.approx(0.75)


@pytest.mark.parametrize("place", range(12))
def test_more_weight_on_evidence_that_speaks_for_an_answer_makes_it_likelier(place: int) -> None:
    told = evidence(CANDIDATES, STAGE.logits(CANDIDATES), QUESTION)[place]
    steps = [
        replace(STAGE, covering=tuple(weight if at == place else 0.1 for at in range(12))).covered(CANDIDATES, QUESTION)
        for weight in (-0.5, -0.25, 0.0, 0.25, 0.5)
    ]
    rising = np.diff(steps) * np.sign(told)
    assert np.all(rising > 0) if told else np.all(rising == 0)


def test_a_head_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "head.json").write_text(json.dumps(_record()), "utf-8")
    head = read_head(tmp_path / "head.json")
    alone, thread = len(FEATURES), len(THREAD_FEATURES)
    assert head.first == head.second == Stage((1.0,) * alone, (0.5,) * (4 * alone + len(ASKED)), -1.0)
    assert head.thread == Stage((1.0,) * thread, (0.5,) * (4 * thread + len(ASKED)), -1.0)


@pytest.mark.parametrize("name", ["adapted", "plain"])
def test_the_project_s_own_heads_are_read_and_weigh_late_interaction_in_the_second_look_alone(name: str) -> None:
    head = read_head(HEADS / f"{name}.json")
    assert [head.first.ranking[FEATURES.index(feature)] for feature in LATE] == [0, 0]
    assert head.second.ranking[FEATURES.index("late")] > 0
    assert np.all(np.isfinite([*head.thread.ranking, *head.thread.covering, head.thread.bias]))


@pytest.mark.parametrize("look", ["first", "second", "thread"])
@pytest.mark.parametrize("part", ["ranking", "covering"])
@pytest.mark.parametrize("change", [lambda w: w[:-1], lambda w: [*w, 0.0], lambda _: []])
def test_a_head_of_other_features_is_refused(tmp_path: Path, look: str, part: str, change: Any) -> None:
    record = _record()
    record[look][part] = change(record[look][part])
    (tmp_path / "head.json").write_text(json.dumps(record), "utf-8")
    with pytest.raises(ValueError, match=r"head\.json weighs other features than this bot reads"):
        read_head(tmp_path / "head.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        "{}",
        json.dumps({"first": _record()["first"]}),
        json.dumps({**_record(), "second": None}),
        json.dumps({**_record(), "first": {**_record()["first"], "ranking": "1" * len(FEATURES)}}),
        json.dumps({**_record(), "first": {**_record()["first"], "ranking": ["high"] * len(FEATURES)}}),
        json.dumps({**_record(), "first": {**_record()["first"], "bias": None}}),
    ],
)
def test_what_holds_no_head_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "head.json").write_text(text, "utf-8")
    with pytest.raises((ValueError, TypeError, KeyError)):
        read_head(tmp_path / "head.json")


def test_a_head_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_head(tmp_path / "head.json")
