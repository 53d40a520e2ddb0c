"""The labelled councils: sound, enough of them, none in two splits; and what is no labelled council is refused."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from labelled_councils import larkfield, write_councils

from index_builder.knowledge import UnsoundKnowledge
from index_builder.labelled import KINDS, NEAR_MISS, OFF_TOPIC, SPLITS, LabelledCouncil, read_labelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FOLDER = Path(__file__).parents[2] / "training" / "councils"
COUNCILS = read_labelled(FOLDER)


def _texts(council: LabelledCouncil) -> set[str]:
    return {" ".join(paragraph.text.lower().split()) for paragraph in council.paragraphs}


def _splits_of(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """What is in more than one split, and in which."""
    splits: dict[str, set[str]] = defaultdict(set)
    for what, split in pairs:
        splits[what].add(split)
    return {what: found for what, found in splits.items() if len(found) > 1}


def test_every_file_is_a_sound_council() -> None:
    assert [council.name for council in COUNCILS] == sorted(path.stem for path in FOLDER.iterdir())


def test_every_split_is_there_and_a_council_is_in_one_of_them() -> None:
    assert {council.split for council in COUNCILS} == set(SPLITS)
    assert len({council.council for council in COUNCILS}) == len(COUNCILS)
    parts = [read_labelled(FOLDER, (split,)) for split in SPLITS]
    assert sorted(council.name for part in parts for council in part) == [council.name for council in COUNCILS]


def test_no_document_is_in_two_splits_nor_any_paragraph_of_one() -> None:
    assert _splits_of((text, council.split) for council in COUNCILS for text in _texts(council)) == {}


def test_there_are_councils_paragraphs_and_questions_enough() -> None:
    assert len(COUNCILS) >= 15
    assert sum(len(council.paragraphs) for council in COUNCILS) >= 900
    assert sum(len(paragraph.questions) for council in COUNCILS for paragraph in council.paragraphs) >= 6_000


@pytest.mark.parametrize("split", SPLITS)
def test_every_kind_is_asked_in_every_split(split: str) -> None:
    own = [council for council in COUNCILS if council.split == split]
    kinds = {question.kind for council in own for paragraph in council.paragraphs for question in paragraph.questions}
    assert kinds == set(KINDS)
    assert {question.kind for council in own for question in council.unanswered} == {NEAR_MISS, OFF_TOPIC}
    assert any(council.follow_ups for council in own)


def test_every_question_says_something_and_none_is_asked_twice_of_a_council() -> None:
    for council in COUNCILS:
        asked = [question.text for paragraph in council.paragraphs for question in paragraph.questions]
        asked += [question.text for question in council.unanswered]
        assert all(text.strip() for text in asked), council.name
        assert len(set(asked)) == len(asked), council.name


def test_a_council_s_document_is_published_as_its_own_would_be(tmp_path: Path) -> None:
    council = larkfield(tmp_path)
    document, sections = council.published()
    assert (document.name, document.title) == ("larkfield", "The protocol of Larkfield")
    assert [section.number for section in sections] == [paragraph.section for paragraph in council.paragraphs]
    assert (sections[1].text, sections[1].heading) == ("Be kind.", "Respect")
    assert sections[1].path == ("The protocol", "Respect")


def test_only_the_splits_asked_for_are_given_in_order_of_their_names(tmp_path: Path) -> None:
    write_councils(tmp_path)
    assert [council.name for council in read_labelled(tmp_path, ("test",))] == ["larkfield", "withen"]
    assert [council.name for council in read_labelled(tmp_path, ("train", "test"))] == ["larkfield", "withen", "z"]


def _without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda record: record.pop(key)


def _with(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda record: record.update(changes)


def _paragraph(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda record: record["paragraphs"][0].update(changes)


BROKEN = [
    (_without("council"), "council"),
    (_without("paragraphs"), "paragraphs"),
    (_without("unanswered"), "unanswered"),
    (_without("follow_ups"), "follow_ups"),
    (_with(council=3), "str expected"),
    (_with(paragraphs={}), "list expected"),
    (_with(paragraphs=[3]), "no labelled council"),
    (_with(split="training"), "a split or a kind of question is unknown"),
    (_with(split=None), "str expected"),
    (_paragraph(section=1.1), "str expected"),
    (_paragraph(section="1.2"), "a section number stands twice"),
    (_paragraph(headings=[]), "a paragraph has no heading or no text"),
    (_paragraph(headings="Respect"), "list expected"),
    (_paragraph(text=" \n"), "a paragraph has no heading or no text"),
    (_paragraph(questions=[{"text": "who"}]), "kind"),
    (_paragraph(questions=[{"text": "who", "kind": "guess"}]), "a split or a kind of question is unknown"),
    (_paragraph(questions=[{"text": "who", "kind": "near-miss"}]), "a split or a kind of question is unknown"),
    (_with(unanswered=[{"text": "who", "kind": "look-up"}]), "neither a near miss nor off topic"),
    (_with(follow_ups=[{"after": "1.1", "section": "9.9", "text": "and?"}]), "follow-ups name 9.9, which the document"),
    (_with(follow_ups=[{"after": "8", "section": "9", "text": "and?"}]), "follow-ups name 8, 9, which"),
]


@pytest.mark.parametrize(("change", "sentence"), BROKEN)
def test_a_broken_shape_is_one_sentence_that_names_the_file(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    path = write_councils(tmp_path) / "larkfield.json"
    record = json.loads(path.read_text("utf-8"))
    change(record)
    path.write_text(json.dumps(record), "utf-8")
    said = _refusal(tmp_path)
    assert said.startswith(f"{path}:1: ")
    assert sentence in said


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"3", b'"x"', b"{}", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_object_is_one_sentence_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    path = write_councils(tmp_path) / "withen.json"
    path.write_bytes(content)
    assert _refusal(tmp_path).startswith(f"{path}:1: ")


def test_every_broken_file_is_named_at_once_whatever_its_split(tmp_path: Path) -> None:
    write_councils(tmp_path)
    (tmp_path / "withen.json").write_text("{}", "utf-8")
    (tmp_path / "z.json").write_text("{}", "utf-8")
    with pytest.raises(UnsoundKnowledge) as unsound:
        read_labelled(tmp_path, ("dev",))
    assert [Path(problem.path).name for problem in unsound.value.problems] == ["withen.json", "z.json"]


def test_a_folder_without_any_is_one_sentence(tmp_path: Path) -> None:
    assert _refusal(tmp_path / "nowhere") == _refusal(tmp_path).replace(str(tmp_path), str(tmp_path / "nowhere"))
    assert "no labelled council here" in _refusal(tmp_path)


def _refusal(folder: Path) -> str:
    with pytest.raises(UnsoundKnowledge) as unsound:
        read_labelled(folder)
    assert len(unsound.value.problems) == 1
    sentence = str(unsound.value.problems[0])
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence
