"""Measuring on labelled councils: what is asked, in which thread, and what the command tells."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from labelled_councils import larkfield, write_councils

from bot import index as disk
from bot.answer import Served, answer, serve
from bot.domain import Question, Status
from bot.encoder import Encoder
from index_builder.assemble import assemble_labelled
from index_builder.evaluate import FOLLOW_UP, Case, Result, evaluate, from_labelled
from index_builder.labelled import NEAR_MISS, OFF_TOPIC, LabelledCouncil

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = f"{OFF_TOPIC} in a thread"


@pytest.fixture(scope="session")
def council(tmp_path_factory: pytest.TempPathFactory) -> LabelledCouncil:
    return larkfield(tmp_path_factory.mktemp("councils"))


@pytest.fixture(scope="session")
def served(published: Path, council: LabelledCouncil) -> Served:
    name = disk.current(published / "barsetshire")
    folder = disk.load(published, "barsetshire", str(name)).encoder
    questions = Encoder(folder)
    return serve(assemble_labelled(council, Encoder(folder, "fp32")), questions)


def test_a_labelled_council_s_cases_are_its_questions_those_unanswered_and_its_follow_ups(
    council: LabelledCouncil,
) -> None:
    cases = from_labelled(council)
    assert Counter(case.kind for case in cases) == {
        "paraphrase": 13,
        NEAR_MISS: 1,
        OFF_TOPIC: 1,
        FOLLOW_UP: 1,
        ELSEWHERE: 1,
    }
    assert {case.document for case in cases} == {"larkfield"}
    off_topic = "how do I poach an egg"
    assert [case.ask for case in cases if case.right is None] == ["what does the clerk earn", off_topic, off_topic]
    assert [case.context for case in cases if case.kind == ELSEWHERE] == [("1.1",)]
    assert [(case.context, case.wanted) for case in cases if case.kind == FOLLOW_UP] == [(("1.1",), "1.2")]
    document, sections = council.published()
    for case in cases:
        right = [section.number for section in sections if case.right and case.right(document, section)]
        assert right == ([case.wanted] if case.right else [])


def test_a_follow_up_is_asked_in_its_thread_and_not_alone(council: LabelledCouncil, served: Served) -> None:
    case = next(case for case in from_labelled(council) if case.kind == FOLLOW_UP)
    there, alone = evaluate([case, replace(case, context=())], served)
    assert there == _from_answer(case, served)
    assert alone == _from_answer(replace(case, context=()), served)
    assert there.belief != alone.belief


def _from_answer(case: Case, served: Served) -> Result:
    """The Result that an answer to this case comes to."""
    given = answer(Question(case.ask, case.context), served)
    considered = [match.section.number for match in given.matches]
    cited = tuple(citation.section.number for citation in given.citations)
    return Result(
        case,
        given.status,
        rank=cited.index(case.wanted) + 1 if case.wanted in cited else None,
        cited=cited,
        found=considered.index(case.wanted) + 1 if case.wanted in considered else None,
        belief=given.matches[0].score,
        best=considered[0],
    )


def test_every_case_is_judged_in_its_order_as_its_answer_was(council: LabelledCouncil, served: Served) -> None:
    cases, heard = from_labelled(council), list[int]()
    results = evaluate(cases, served, heard.append)
    assert [result.case for result in results] == list(cases)
    assert sum(heard) == len(cases)
    assert list(results) == [_from_answer(case, served) for case in cases]


def test_what_cannot_be_asked_is_refused_and_not_a_fault(served: Served) -> None:
    (result,) = evaluate([Case("?", "", None, "no clause")], served)
    assert (result.status, result.refused, result.passed) == (Status.NOT_COVERED, True, True)


def test_a_section_looked_up_by_number_is_found_with_certainty(served: Served) -> None:
    (result,) = evaluate([Case("section 2.2", "", lambda _, section: section.number == "2.2", "2.2")], served)
    assert (result.rank, result.found, result.belief, result.best) == (1, 1, 1.0, "2.2")


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "index_builder", "evaluate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], bytes]:
    """What the command prints as JSON of two small councils, and the picture that it draws."""
    folder = tmp_path_factory.mktemp("told")
    write_councils(folder / "councils")
    picture = folder / "reliability.png"
    ran = _command("--councils", str(folder / "councils"), "--json", "--picture", str(picture))
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout), picture.read_bytes()


def test_the_command_asks_each_council_of_the_split_and_no_other(told: tuple[dict[str, Any], bytes]) -> None:
    record, _ = told
    assert [score["group"] for score in record["by document"]] == ["larkfield", "withen", "all"]
    counts = [(score["first"]["count"], score["refused"]["count"]) for score in record["by document"]]
    assert counts == [(14, 3), (4, 3), (18, 6)]


def test_the_command_tells_each_kind_with_its_interval(told: tuple[dict[str, Any], bytes]) -> None:
    kinds = {score["group"]: score for score in told[0]["by kind"]}
    assert list(kinds) == [FOLLOW_UP, NEAR_MISS, OFF_TOPIC, ELSEWHERE, "paraphrase", "all"]
    assert kinds[NEAR_MISS]["first"] is None
    assert kinds["paraphrase"]["refused"] is None
    for name in ("first", "in_three", "covered", "ranked_first", "ranked_in_three", "reciprocal"):
        figure = kinds["paraphrase"][name]
        assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1
        assert figure["count"] == 16


def test_the_command_lists_what_was_missed_and_what_should_have_come(told: tuple[dict[str, Any], bytes]) -> None:
    record, _ = told
    figures = [record["by kind"][-1][name] for name in ("first", "refused")]
    right = sum(figure["value"] * figure["count"] for figure in figures)
    assert len(record["misses"]) == pytest.approx(24 - right)
    for miss in record["misses"]:
        assert set(miss) == {"ask", "document", "kind", "wanted", "status", "best", "found", "cited"}
        assert miss["document"] in {"larkfield", "withen"}


def test_the_picture_is_a_png_of_every_question_asked_outside_a_thread(told: tuple[dict[str, Any], bytes]) -> None:
    record, picture = told
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert sum(each["right"]["count"] for each in record["calibration"]) == 24 - 4


def test_people_are_told_the_same_in_tables(tmp_path: Path) -> None:
    ran = _command("--councils", str(write_councils(tmp_path, "dev")), "--split", "dev")
    assert ran.returncode == 0, ran.stderr
    assert "24 questions, by kind" in ran.stdout
    assert "24 questions, by document" in ran.stdout


@pytest.mark.parametrize("content", [None, "{", "{}"])
def test_a_folder_that_holds_no_labelled_council_is_a_sentence(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "broken.json").write_text(content, "utf-8")
    ran = _command("--councils", str(tmp_path))
    assert ran.returncode == 1
    assert str(tmp_path) in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_split_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    ran = _command("--councils", str(write_councils(tmp_path)), "--split", "tset")
    assert ran.returncode in {1, 2}
    assert "tset" in ran.stderr
    assert "Traceback" not in ran.stderr
