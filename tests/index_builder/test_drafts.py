"""Files of labelled drafts: what a line comes to, and which line is at fault; and the examples of tone.yaml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import Category
from index_builder.drafts import LabelledDraft, Marked, drafts_of, read_drafts
from index_builder.knowledge import UnsoundKnowledge, read_base

TONE = Path(__file__).parents[2] / "training" / "tone"
ACCUSATION, SARCASM = Category.ACCUSATION, Category.SARCASM
GOOD = json.dumps({"text": "Could you send the figures?", "label": "ok"})
SENTENCE = "This is no JSON object with text, label (ok, concern), categories and spans; mend or remove it."


def _written(folder: Path, *lines: str) -> Path:
    path = folder / "drafts.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


def _read(folder: Path, *records: dict[str, Any]) -> tuple[LabelledDraft, ...]:
    return read_drafts(_written(folder, *(json.dumps(record, ensure_ascii=False) for record in records)))


def _problems(path: Path) -> list[str]:
    with pytest.raises(UnsoundKnowledge) as raised:
        read_drafts(path)
    return list(map(str, raised.value.problems))


def _concern(**changed: Any) -> dict[str, Any]:
    record = {"text": "Oh, well done: you lied.", "label": "concern", "categories": ["accusation"], "spans": []}
    return record | changed


def test_a_fair_draft_has_its_kind_or_none_that_is_stated(tmp_path: Path) -> None:
    drafts = _read(
        tmp_path,
        {"text": "That is wrong, £5 – not £6.", "label": "ok", "fair": "firm"},
        {"text": "Thank you.", "label": "ok"},
        {"text": "Thanks.", "label": "ok", "fair": None},
    )
    assert drafts == (
        LabelledDraft("That is wrong, £5 – not £6.", (), (), "firm"),
        LabelledDraft("Thank you.", (), (), "of no stated kind"),
        LabelledDraft("Thanks.", (), (), "of no stated kind"),
    )
    assert not any(draft.concern for draft in drafts)


def test_words_alone_are_marked_as_the_first_category_and_others_as_they_say(tmp_path: Path) -> None:
    spans = ["you lied", {"category": "sarcasm", "text": "Oh, well done"}]
    (draft,) = _read(tmp_path, _concern(categories=["accusation", "sarcasm"], spans=spans))
    assert draft.concern
    assert draft.categories == (ACCUSATION, SARCASM)
    assert draft.marked == (Marked(ACCUSATION, 15, 23), Marked(SARCASM, 0, 13))
    assert draft.text[15:23] == "you lied"


def test_places_are_code_points_of_the_text(tmp_path: Path) -> None:
    (draft,) = _read(tmp_path, _concern(text="\U0001f600 ŵŷ: you lied", spans=["you lied"]))
    assert draft.marked == (Marked(ACCUSATION, 6, 14),)


def test_a_concern_may_have_no_words_marked(tmp_path: Path) -> None:
    (draft,) = _read(tmp_path, _concern())
    assert (draft.concern, draft.marked) == (True, ())


@settings(deadline=None)
@given(st.text(), st.text().filter(str.strip), st.text(), st.sampled_from(Category))
def test_words_are_marked_where_they_first_stand(
    tmp_path_factory: pytest.TempPathFactory, before: str, words: str, after: str, category: Category
) -> None:
    record = _concern(text=before + words + after, categories=[category], spans=[words])
    (draft,) = read_drafts(_written(tmp_path_factory.mktemp("any"), json.dumps(record)))
    (mark,) = draft.marked
    assert draft.text[mark.start : mark.end] == words
    assert mark.start <= len(before)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "you lied",
        "{",
        "[]",
        "null",
        "7",
        "[" * 100_000,
        '{"text": "Fine."}',
        '{"label": "ok"}',
        '{"text": "", "label": "ok"}',
        '{"text": " \\t ", "label": "ok"}',
        '{"text": 7, "label": "ok"}',
        '{"text": "Fine.", "label": "OK"}',
        '{"text": "Fine.", "label": ["ok"]}',
        '{"text": "Fine.", "label": null}',
        json.dumps(_concern(categories=[])),
        json.dumps(_concern(categories=[], spans=["you lied"])),
        json.dumps(_concern(categories="accusation")),
        json.dumps(_concern(categories=["rudeness"])),
        json.dumps(_concern(categories=None)),
        json.dumps(_concern(spans=None)),
        json.dumps(_concern(spans=["you lie to me"])),
        json.dumps(_concern(spans=["YOU LIED"])),
        json.dumps(_concern(spans=[""])),
        json.dumps(_concern(spans=[" "])),
        json.dumps(_concern(spans=[7])),
        json.dumps(_concern(spans=[{"text": "you lied"}])),
        json.dumps(_concern(spans=[{"category": "accusation"}])),
        json.dumps(_concern(spans=[{"category": "rudeness", "text": "you lied"}])),
        '{"text": "You lied.", "label": "concern"}',
        '{"text": "You lied.", "label": "concern", "categories": ["accusation"]}',
    ],
)
def test_a_line_that_is_no_labelled_draft_is_one_problem_with_its_line_and_mend(tmp_path: Path, line: str) -> None:
    path = _written(tmp_path, GOOD, line, GOOD)
    assert _problems(path) == [f"{path}:2: {SENTENCE}"]


def test_every_line_at_fault_is_told_at_once(tmp_path: Path) -> None:
    path = _written(tmp_path, "{", GOOD, "{}", GOOD, "[]")
    assert [problem.split(" ")[0] for problem in _problems(path)] == [f"{path}:{line}:" for line in (1, 3, 5)]


def test_bytes_that_are_no_text_are_a_line_at_fault(tmp_path: Path) -> None:
    path = tmp_path / "drafts.jsonl"
    path.write_bytes(GOOD.encode() + b'\n{"text": "caf\xe9", "label": "ok"}\n')
    assert _problems(path) == [f"{path}:2: {SENTENCE}"]


def test_a_line_separator_within_a_text_is_no_end_of_its_line(tmp_path: Path) -> None:
    (draft,) = _read(tmp_path, {"text": "One\u2028two\x85three\nfour", "label": "ok"})
    assert draft.text == "One\u2028two\x85three\nfour"


def test_a_file_of_none_says_what_to_add(tmp_path: Path) -> None:
    path = _written(tmp_path)
    assert _problems(path) == [f"{path}:1: There is no draft here; add one to a line."]


def test_a_file_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_drafts(tmp_path / "drafts.jsonl")


def test_the_examples_of_tone_yaml_are_drafts_risky_and_fair() -> None:
    knowledge = read_base()
    drafts = drafts_of(knowledge)
    risky = [draft for draft in drafts if draft.concern]
    fair = [draft for draft in drafts if not draft.concern]
    assert {category for draft in risky for category in draft.categories} == set(Category)
    assert len(risky) == sum(len(entry.examples) for entry in knowledge.toned)
    assert len(fair) == sum(len(entry.fair) for entry in knowledge.toned)
    assert all(draft.marked for draft in risky)
    assert all(draft.kind and not draft.marked for draft in fair)


def test_an_example_is_marked_at_the_words_that_its_file_calls_risky() -> None:
    knowledge = read_base()
    examples = [(entry.rule.category, example) for entry in knowledge.toned for example in entry.examples]
    risky = [draft for draft in drafts_of(knowledge) if draft.concern]
    for draft, (category, example) in zip(risky, examples, strict=True):
        assert draft.categories == (category,)
        assert tuple(draft.text[mark.start : mark.end] for mark in draft.marked) == example.risky
        assert {mark.category for mark in draft.marked} == {category}


@pytest.mark.parametrize("name", ["drafts", "held-apart"])
def test_the_project_s_own_drafts_are_read_and_cover_every_category(name: str) -> None:
    drafts = read_drafts(TONE / f"{name}.jsonl")
    assert {category for draft in drafts for category in draft.categories} == set(Category)
    assert {draft.concern for draft in drafts} == {True, False}


def test_no_draft_that_is_held_apart_is_learnt_from() -> None:
    learnt, apart = (
        {" ".join(draft.text.casefold().split()) for draft in drafts}
        for drafts in (
            (*read_drafts(TONE / "drafts.jsonl"), *drafts_of(read_base())),
            read_drafts(TONE / "held-apart.jsonl"),
        )
    )
    assert learnt & apart == set()
