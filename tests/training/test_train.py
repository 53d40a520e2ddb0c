"""Training: each question once, one document a step, a loss that falls, and adapters that anyone can read back."""

from __future__ import annotations

import json
import math
import random
import shutil
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from labelled_councils import larkfield, write_councils
from safetensors import safe_open
from torch.nn import functional
from training_scripts import fit, train

from index_builder.labelled import LabelledCouncil, read_labelled
from index_builder.model import DEFAULT_MODEL
from index_builder.model.export import load
from index_builder.model.quiet import quiet
from index_builder.model.source import folder_of

COUNCILS = read_labelled(Path(__file__).parents[2] / "training" / "councils", ("train",))


def _chance(seed: int = 0) -> random.Random:
    return random.Random(seed)  # noqa: S311 - it shuffles, it guards nothing


@pytest.fixture(scope="module")
def epoch() -> list[train.Step]:
    return train.steps(COUNCILS, _chance())


def _of(step: train.Step) -> LabelledCouncil:
    """The council whose paragraphs a step holds."""
    (name,) = {section.document for section in step.sections}
    return next(council for council in COUNCILS if council.name == name)


def _asked(council: LabelledCouncil, epoch: list[train.Step]) -> Counter[str]:
    return Counter(
        question
        for step in epoch
        if _of(step) == council
        for question, right in zip(step.questions, step.right, strict=True)
        if right < len(step.sections)
    )


def test_a_step_holds_paragraphs_of_one_document_each_once(epoch: list[train.Step]) -> None:
    for step in epoch:
        _, sections = _of(step).published()
        assert set(step.sections) <= set(sections)
        assert len(set(step.sections)) == len(step.sections) <= train.PARAGRAPHS + train.DISTRACTORS


def test_each_question_points_at_the_paragraph_that_answers_it(epoch: list[train.Step]) -> None:
    for step in epoch:
        council = _of(step)
        answers = {(q.text, p.section) for p in council.paragraphs for q in p.questions}
        none = {question.text for question in council.unanswered}
        for question, right in zip(step.questions, step.right, strict=True):
            if right == len(step.sections):
                assert question in none
            else:
                assert (question, step.sections[right].number) in answers


def test_no_question_is_asked_twice_in_an_epoch_and_few_are_left_out(epoch: list[train.Step]) -> None:
    for council in COUNCILS:
        asked = _asked(council, epoch)
        assert max(asked.values(), default=1) == 1
        rests = [p for p in council.paragraphs if any(question.text not in asked for question in p.questions)]
        assert len(rests) < train.FEWEST, council.name


def test_unanswered_questions_are_asked_once_at_most_beside_others(epoch: list[train.Step]) -> None:
    for council in COUNCILS:
        steps = [step for step in epoch if _of(step) == council]
        none = [
            [q for q, right in zip(step.questions, step.right, strict=True) if right == len(step.sections)]
            for step in steps
        ]
        assert all(len(each) <= train.UNANSWERED for each in none)
        assert max(Counter(q for each in none for q in each).values(), default=1) == 1
        assert sum(map(len, none)) == min(len(council.unanswered), len(steps) * train.UNANSWERED)


def test_no_paragraph_has_more_than_two_questions_in_a_step(epoch: list[train.Step]) -> None:
    for step in epoch:
        counts = Counter(right for right in step.right if right < len(step.sections))
        assert max(counts.values()) <= train.QUESTIONS_EACH
        assert len(counts) >= train.FEWEST


def test_the_same_seed_gives_the_same_epoch_and_another_another(epoch: list[train.Step]) -> None:
    assert train.steps(COUNCILS, _chance()) == epoch
    assert train.steps(COUNCILS, _chance(1)) != epoch


def test_a_document_with_too_few_questions_makes_no_step(tmp_path: Path) -> None:
    small = larkfield(tmp_path, "train")
    assert len(train.steps([small], _chance())) == 1
    fewer = replace(small, paragraphs=small.paragraphs[: train.FEWEST - 1])
    assert train.steps([fewer], _chance()) == []


def test_a_paragraph_that_nobody_asked_about_stands_in_a_step_as_a_distractor(tmp_path: Path) -> None:
    (step,) = train.steps([larkfield(tmp_path, "train")], _chance())
    silent = [place for place, section in enumerate(step.sections) if section.number == "7.1"]
    assert len(silent) == 1
    assert silent[0] not in step.right


def test_the_text_of_a_section_is_framed_about_half_of_the_time(tmp_path: Path) -> None:
    section = larkfield(tmp_path).published()[1][1]
    chance = _chance()
    texts = Counter(train.text_of(section, chance) for _ in range(400))
    assert set(texts) == {"Be kind.", "Respect. Be kind."}
    assert 150 < texts["Be kind."] < 250


def _drawn(lengths: list[int], seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(length, 6, generator=generator) for length in lengths]


def test_late_interaction_is_what_a_slow_loop_gives() -> None:
    questions, paragraphs = _drawn([1, 4, 7], 1), _drawn([2, 9, 1, 5], 2)
    found = train.late_interaction(questions, paragraphs)
    assert found.shape == (3, 4)
    for row, question in enumerate(questions):
        for column, paragraph in enumerate(paragraphs):
            best = [max(float(token @ functional.normalize(own, dim=0)) for own in paragraph) for token in question]
            wanted = sum(best) / sum(float(token.norm()) for token in question)
            assert float(found[row, column]) == pytest.approx(wanted, abs=1e-5)


def test_late_interaction_does_not_depend_on_what_else_is_compared() -> None:
    questions, paragraphs = _drawn([3, 8], 3), _drawn([2, 6], 4)
    together = train.late_interaction(questions, paragraphs)
    alone = train.late_interaction(questions[:1], paragraphs[:1])
    assert float(together[0, 0]) == pytest.approx(float(alone[0, 0]), abs=1e-6)


@pytest.fixture(scope="module")
def student() -> train.Student:
    torch.manual_seed(0)
    with quiet():
        return train.Student()


@pytest.fixture(scope="module")
def step(tmp_path_factory: pytest.TempPathFactory) -> train.Step:
    council = larkfield(tmp_path_factory.mktemp("councils"), "train")
    (step,) = train.steps([council], _chance())
    return step


def test_a_student_s_vectors_are_units_and_do_not_depend_on_their_neighbours(student: train.Student) -> None:
    texts = ["Be kind.", "Officers set rotas and arrange cover for leave.", "who decides who works Sundays"]
    with torch.no_grad():
        vectors, tokens = student(texts)
        turned, _ = student(texts[::-1])
    assert torch.allclose(vectors.norm(dim=1), torch.ones(3), atol=1e-5)
    assert [len(each) for each in tokens] == [len(student.tokenizer(text)["input_ids"]) for text in texts]
    assert torch.allclose(vectors, turned.flip(0), atol=0.02), "half precision: padding moves the last bits"


def test_what_nothing_answers_is_learnt_as_none(student: train.Student, step: train.Step) -> None:
    scores = torch.zeros(2, 3)
    scores[0, 1] = 1.0
    with torch.no_grad():
        right, wrong = (student._chosen(scores, torch.tensor(places), 0) for places in ([1, 3], [1, 2]))
    assert right < wrong
    assert step.right.count(len(step.sections)) == 2


def test_a_few_steps_of_training_lower_the_loss(student: train.Student, step: train.Step) -> None:
    texts = [section.text for section in step.sections]
    student.bert.eval()
    optimiser = torch.optim.AdamW([weight for weight in student.parameters() if weight.requires_grad], lr=5e-4)
    losses = []
    for _ in range(4):
        loss = student.loss(step, texts)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # PyTorch's own
        optimiser.step()
        losses.append(float(loss.detach()))
    assert all(math.isfinite(loss) for loss in losses)
    assert losses[-1] < losses[0]


def test_only_the_adapters_and_what_stands_beside_them_are_learnt(student: train.Student) -> None:
    learnt = {name for name, weight in student.named_parameters() if weight.requires_grad}
    beside = {"projection.weight", "importance.weight", "importance.bias", "none", "sharpness"}
    assert {name for name in learnt if "lora_" not in name} == beside


def test_saved_adapters_are_read_back_as_they_were(student: train.Student, tmp_path: Path) -> None:
    with torch.no_grad():
        for name, weight in student.bert.named_parameters():
            if "lora_B" in name:
                weight.add_(0.01)
    train.save(student, tmp_path / "adapters")
    texts = ["Be kind.", "who decides who works Sundays"]
    with quiet():
        read = load(folder_of(DEFAULT_MODEL), tmp_path / "adapters").encode(texts, normalize_embeddings=True)
        plain = load(folder_of(DEFAULT_MODEL)).encode(texts, normalize_embeddings=True)
    with torch.no_grad():
        wanted = student(texts)[0].numpy()
    assert np.sum(read * wanted, axis=1).min() > 0.999, "half precision while training"
    assert np.sum(plain * wanted, axis=1).max() < 0.999, "the adapters change something here"


def test_saved_adapters_hold_the_projection_and_nothing_of_this_machine(student: train.Student, tmp_path: Path) -> None:
    out = tmp_path / "adapters"
    out.mkdir()
    (out / "left-over.bin").write_bytes(b"from an earlier run")
    train.save(student, out)
    names = {"adapter_config.json", "adapter_model.safetensors", "tokens.safetensors"}
    assert {path.name for path in out.iterdir()} == names
    settings = json.loads((out / "adapter_config.json").read_text("utf-8"))
    assert settings["base_model_name_or_path"] == DEFAULT_MODEL
    with safe_open(out / "tokens.safetensors", framework="np") as tokens:
        shapes = {name: tokens.get_slice(name).get_shape() for name in tokens.keys()}  # noqa: SIM118 - not a dict
    assert shapes == {"projection": [96, 384], "importance": [1, 384], "importance_bias": [1]}
    for path in out.iterdir():
        content = path.read_bytes()
        assert str(folder_of(DEFAULT_MODEL)).encode() not in content
        assert str(tmp_path).encode() not in content
        assert str(Path.home()).encode() + b"/" not in content


@pytest.mark.slow
def test_the_command_gives_the_same_adapters_for_the_same_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    councils = write_councils(tmp_path / "councils", "train")
    made = []
    for run in ("one", "two"):
        out = tmp_path / run
        arguments = ["--councils", councils, "--out", out, "--epochs", "1", "--threads", "1"]
        monkeypatch.setattr(sys, "argv", ["train.py", *map(str, arguments)])
        with quiet():
            train.main()
        made.append({path.name: path.read_bytes() for path in out.iterdir()})
        shutil.rmtree(out)
    assert made[0] == made[1]


def _cases(chance: np.random.Generator, weights: list[float], questions: int) -> fit.Cases:
    """Made-up questions of 2 to 11 candidates, one of each chosen as these weights would have it chosen."""
    tables = [chance.normal(size=(chance.integers(2, 12), len(weights))) for _ in range(questions)]
    right: list[int | None] = [
        int(np.argmax(table @ np.array(weights) + chance.gumbel(size=len(table)))) for table in tables
    ]
    none = [np.zeros(2)] * questions
    return fit.Cases(tables, none, right, np.ones(questions), [""] * questions, [""] * questions)


def test_the_weights_that_chose_are_found_again() -> None:
    wanted = [2.0, -1.0, 0.5, 0.0]
    found = fit.ranking(_cases(np.random.default_rng(4), wanted, 3000), np.ones(4))
    assert found == pytest.approx(wanted, abs=0.15)


def test_a_feature_that_is_not_used_weighs_nothing() -> None:
    used = np.array([True, True, False, True])
    found = fit.ranking(_cases(np.random.default_rng(4), [2.0, -1.0, 0.5, 0.0], 2000), used)
    assert found[2] == 0
    assert found[0] > 1


def test_questions_without_a_right_candidate_do_not_move_the_ranking() -> None:
    cases = _cases(np.random.default_rng(4), [2.0, -1.0], 500)
    more = _cases(np.random.default_rng(5), [-5.0, 5.0], 500)
    gone: list[int | None] = [None, -1] * 250
    both = replace(
        cases,
        candidates=cases.candidates + more.candidates,
        right=cases.right + gone,
        asked=cases.asked + more.asked,
        councils=cases.councils + more.councils,
        kinds=cases.kinds + more.kinds,
    )
    assert fit.ranking(both, np.ones(2)).tolist() == fit.ranking(cases, np.ones(2)).tolist()
