"""Files of labelled scenarios: what a line comes to, and which line is at fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import Owner
from index_builder.knowledge import UnsoundKnowledge
from index_builder.scenarios import Scenario, read_scenarios

DECISIONS = Path(__file__).parents[2] / "training" / "decisions"
GOOD = json.dumps({"text": "Who mends the bandstand roof?", "label": "operational"})


def _written(folder: Path, *lines: str) -> Path:
    path = folder / "scenarios.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


def _problems(path: Path) -> list[str]:
    with pytest.raises(UnsoundKnowledge) as raised:
        read_scenarios(path)
    return list(map(str, raised.value.problems))


def test_a_line_says_a_text_who_decides_and_the_subject_that_lines_share(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [
        {"text": "Swap the bandstand's cook?", "label": "unclear", "set": "bandstand"},
        {"text": "Is £5 a fair price for tea – or not?", "label": None, "set": "bandstand", "why": "small talk"},
        {"text": "Grant the bandstand its licence", "label": "regulatory"},
    ]
    path = _written(tmp_path, *(json.dumps(record, ensure_ascii=False) for record in records))
    assert read_scenarios(path) == (
        Scenario("Swap the bandstand's cook?", Owner.UNCLEAR, "bandstand"),
        Scenario("Is £5 a fair price for tea – or not?", None, "bandstand"),
        Scenario("Grant the bandstand its licence", Owner.REGULATORY, "line 3"),
    )


def test_a_line_that_names_no_subject_is_a_subject_of_its_own(tmp_path: Path) -> None:
    scenarios = read_scenarios(_written(tmp_path, GOOD, GOOD, GOOD))
    assert len({scenario.subject for scenario in scenarios}) == 3


@settings(deadline=None)
@given(st.text().filter(str.strip), st.sampled_from([*Owner, None]), st.none() | st.text(min_size=1))
def test_whatever_is_written_as_json_comes_back(
    tmp_path_factory: pytest.TempPathFactory, text: str, owner: Owner | None, subject: str | None
) -> None:
    record = {"text": text, "label": owner, **({} if subject is None else {"set": subject})}
    path = _written(tmp_path_factory.mktemp("any"), json.dumps(record))
    assert read_scenarios(path) == (Scenario(text, owner, "line 1" if subject is None else subject),)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "who decides?",
        "{",
        "[]",
        "null",
        "7",
        '"text"',
        "[" * 100_000,
        '{"text": "Who decides?"}',
        '{"label": "cabinet"}',
        '{"text": "Who decides?", "label": "committee"}',
        '{"text": "Who decides?", "label": "Cabinet"}',
        '{"text": "Who decides?", "label": ""}',
        '{"text": "Who decides?", "label": ["cabinet"]}',
        '{"text": "Who decides?", "label": false}',
        '{"text": "", "label": "cabinet"}',
        '{"text": " \\t ", "label": null}',
        '{"text": 7, "label": "cabinet"}',
        '{"text": null, "label": null}',
    ],
)
def test_a_line_that_is_no_scenario_is_one_problem_with_its_line_and_mend(tmp_path: Path, line: str) -> None:
    path = _written(tmp_path, GOOD, line, GOOD)
    (problem,) = _problems(path)
    assert problem.startswith(f"{path}:2: ")
    assert all(owner in problem for owner in Owner)
    assert problem.endswith("mend or remove it.")


def test_every_line_at_fault_is_told_at_once(tmp_path: Path) -> None:
    path = _written(tmp_path, "{", GOOD, "{}", GOOD, "[]")
    assert [problem.split(" ")[0] for problem in _problems(path)] == [f"{path}:{line}:" for line in (1, 3, 5)]


def test_bytes_that_are_no_text_are_a_line_at_fault(tmp_path: Path) -> None:
    path = tmp_path / "scenarios.jsonl"
    path.write_bytes(GOOD.encode() + b'\n{"text": "caf\xe9", "label": null}\n')
    (problem,) = _problems(path)
    assert problem.startswith(f"{path}:2: ")


def test_a_file_of_none_says_what_to_add(tmp_path: Path) -> None:
    path = _written(tmp_path)
    assert _problems(path) == [f"{path}:1: There is no scenario here; add one to a line."]


def test_a_file_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_scenarios(tmp_path / "scenarios.jsonl")


@pytest.mark.parametrize("name", ["scenarios", "held-apart", "about"])
def test_the_project_s_own_scenarios_are_read(name: str) -> None:
    scenarios = read_scenarios(path_of(name))
    assert len({scenario.text for scenario in scenarios}) == len(scenarios)
    labels = {scenario.owner for scenario in scenarios}
    assert labels == ({None} if name == "about" else set(Owner)), "about.jsonl holds what is about something else"


def test_no_text_that_is_held_apart_is_learnt_from() -> None:
    learnt, apart = (
        {" ".join(scenario.text.casefold().split()) for name in names for scenario in read_scenarios(path_of(name))}
        for names in (("scenarios", "about"), ("held-apart",))
    )
    assert learnt & apart == set()


def path_of(name: str) -> Path:
    return DECISIONS / f"{name}.jsonl"
