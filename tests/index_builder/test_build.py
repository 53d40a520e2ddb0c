"""The pipeline's promises: nothing unsound is published, nothing is embedded twice, nothing changes for nothing."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from bot import index as disk
from bot.domain import UnservableError
from index_builder.build import build
from index_builder.knowledge import PROJECT_BASE, UnsoundKnowledge
from index_builder.publish import BusyError, history, local_today, one_builder, roll_back

if TYPE_CHECKING:
    from pathlib import Path

COUNCIL = "barsetshire"


def _edit(knowledge: Path, file: str, old: str, new: str) -> None:
    path = knowledge / COUNCIL / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _problems(knowledge: Path, index: Path) -> str:
    with pytest.raises(UnsoundKnowledge) as unsound:
        build(knowledge, index, COUNCIL)
    return str(unsound.value)


def test_a_build_that_changes_nothing_publishes_nothing(own_index: Path, own_knowledge: Path) -> None:
    before = sorted(path.name for path in (own_index / COUNCIL).iterdir())
    built = build(own_knowledge, own_index, COUNCIL)
    assert (built.published, built.revision) == (False, disk.current(own_index / COUNCIL))
    assert sorted(path.name for path in (own_index / COUNCIL).iterdir()) == before


def test_editing_one_section_embeds_only_its_passages_again(own_index: Path, own_knowledge: Path) -> None:
    never_seen = f"speaks in room {secrets.randbits(60)} to"
    _edit(own_knowledge, "protocol/protocol.md", "speaks to", never_seen)
    assert build(own_knowledge, own_index, COUNCIL).embedded == 2, "the section with its heading, and without"
    _edit(own_knowledge, "protocol/protocol.md", never_seen, "speaks to")
    assert build(own_knowledge, own_index, COUNCIL).embedded == 0


def test_headings_are_searched_but_never_quoted(own_index: Path) -> None:
    name = disk.current(own_index / COUNCIL)
    assert name is not None
    revision = disk.load(own_index, COUNCIL, name).revision
    assert all(section.heading and section.heading not in section.text for section in revision.sections)


def test_a_broken_promise_stops_the_revision(own_index: Path, own_knowledge: Path) -> None:
    in_force = disk.current(own_index / COUNCIL)
    _edit(own_knowledge, "questions.yaml", '"3.10", topic: email-tone, promised', '"1.1", topic: email-tone, promised')
    problems = _problems(own_knowledge, own_index)
    assert "questions.yaml:3: " in problems
    assert "is promised 1.1 but gets 3.10" in problems
    assert disk.current(own_index / COUNCIL) == in_force


def test_a_fall_below_the_revision_in_force_stops_the_revision_and_names_what_was_lost(
    own_index: Path, own_knowledge: Path
) -> None:
    _edit(own_knowledge, "protocol/protocol.md", "Officers set rotas, manage staff and spend", "Money is spent")
    _edit(own_knowledge, "protocol/protocol.md", "whatever their rank or party.", "even those who set the rota.")
    problems = _problems(own_knowledge, own_index)
    assert "policy.yaml allows a fall of 2.0%" in problems
    assert "who sets the rota?" in problems


def test_every_problem_of_every_file_is_told_at_once(own_index: Path, own_knowledge: Path) -> None:
    _edit(own_knowledge, "questions.yaml", 'section: "3.11"', "section: 3.11")
    _edit(own_knowledge, "council.yaml", "channel: phone", "channel: pigeon")
    problems = _problems(own_knowledge, own_index)
    assert "questions.yaml:5: " in problems
    assert "council.yaml:4: " in problems


def test_a_question_about_a_section_that_is_gone_is_a_problem(own_index: Path, own_knowledge: Path) -> None:
    _edit(own_knowledge, "questions.yaml", 'section: "3.11"', 'section: "3.12"')
    assert "questions.yaml:5: No document has a section 3.12" in _problems(own_knowledge, own_index)


def test_a_revision_for_a_later_day_waits_for_it(own_index: Path, own_knowledge: Path) -> None:
    in_force, later = disk.current(own_index / COUNCIL), local_today() + timedelta(days=30)
    _edit(own_knowledge, "protocol/protocol.md", "waits an hour", "waits two hours")
    built = build(own_knowledge, own_index, COUNCIL, from_date=later)
    assert disk.current(own_index / COUNCIL) == in_force
    assert disk.current(own_index / COUNCIL, later) == built.revision
    again = build(own_knowledge, own_index, COUNCIL)
    assert (again.published, again.revision, again.begins) == (False, built.revision, later)
    with pytest.raises(UnservableError, match="no earlier revision"):
        roll_back(own_index, COUNCIL, None)
    assert disk.current(own_index / COUNCIL) == in_force


def test_going_back_twice_goes_back_two_revisions(own_index: Path, own_knowledge: Path) -> None:
    first = disk.current(own_index / COUNCIL)
    _edit(own_knowledge, "protocol/protocol.md", "waits an hour", "waits two hours")
    second = build(own_knowledge, own_index, COUNCIL).revision
    _edit(own_knowledge, "protocol/protocol.md", "waits two hours", "waits three hours")
    build(own_knowledge, own_index, COUNCIL)
    assert [roll_back(own_index, COUNCIL, None) for _ in range(2)] == [second, first]


def test_a_damaged_pointer_does_not_stand_in_the_way_of_its_mend(own_index: Path, own_knowledge: Path) -> None:
    name = disk.current(own_index / COUNCIL)
    (own_index / COUNCIL / disk.CURRENT).write_text("junk\n")
    assert build(own_knowledge, own_index, COUNCIL).revision == name
    assert disk.current(own_index / COUNCIL) == name


def test_a_damaged_encoder_is_mended_by_a_build(own_index: Path, own_knowledge: Path) -> None:
    path = next((own_index / disk.ENCODERS).glob("*/int8.onnx"))
    path.unlink()
    path.write_bytes(b"damaged")
    built = build(own_knowledge, own_index, COUNCIL)
    disk.load(own_index, COUNCIL, built.revision)


def test_the_history_says_what_when_and_by_whom(own_index: Path, own_knowledge: Path) -> None:
    _edit(own_knowledge, "protocol/protocol.md", "waits an hour", "waits two hours")
    built = build(own_knowledge, own_index, COUNCIL)
    event = history(own_index / COUNCIL)[-1]
    assert (event["action"], event["revision"]) == ("publish", built.revision)
    assert date.fromisoformat(event["from"]) == local_today()
    assert event["by"]


def test_two_builders_at_once_is_one_sentence(own_index: Path, own_knowledge: Path) -> None:
    with one_builder(own_index / COUNCIL), pytest.raises(BusyError, match="under way"):
        build(own_knowledge, own_index, COUNCIL)


def test_a_damaged_revision_in_force_is_mended_by_a_build(own_index: Path, own_knowledge: Path) -> None:
    name = disk.current(own_index / COUNCIL)
    assert name is not None
    (own_index / COUNCIL / name / "vectors.f32").write_bytes(b"")
    built = build(own_knowledge, own_index, COUNCIL)
    assert built.published
    disk.load(own_index, COUNCIL, built.revision)


def _index(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "index_builder", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_command_from_one_text_file_to_an_answer(tmp_path: Path) -> None:
    text = tmp_path / "protocol.txt"
    text.write_text(
        "1. Respect\n\n1.1 Members and officers are courteous to each other.\n\n1.2 Rotas are set by officers.\n"
    )
    knowledge, index = tmp_path / "knowledge", tmp_path / "index"
    assert _index("new", "hartshire", str(text), "--knowledge", str(knowledge)).returncode == 0
    built = _index("build", "--knowledge", str(knowledge), "--index", str(index), "--json")
    assert built.returncode == 0, built.stderr
    facts = json.loads(built.stdout)
    assert (facts["sections"], facts["published"]) == (2, True)
    shown = _index("explain", "who sets rotas?", "--index", str(index)).stdout
    assert "1.2" in shown
    assert facts["revision"] in _index("history", "--index", str(index)).stdout
    assert _index("rollback", "--index", str(index)).returncode == 1
    evaluated = _index("evaluate", "--knowledge", str(knowledge), "--index", str(index), "--json")
    told = json.loads(evaluated.stdout)
    assert told["by kind"][-1]["group"] == "all"
    assert told["misses"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--knowledge", "/nowhere"),
        ("build", "--knowledge", "/nowhere", "--council", "model"),
        ("explain", "rota?", "--index", "/nowhere"),
        ("rollback", "--index", "/nowhere", "--council", "../../etc"),
        ("evaluate", "--set", "/nowhere/set.jsonl", "--index", "/nowhere"),
        ("new", "Bad Name", "/nowhere/file.txt", "--knowledge", "/nowhere"),
    ],
)
def test_a_fault_is_a_sentence_and_exit_status_1(arguments: tuple[str, ...]) -> None:
    ran = _index(*arguments)
    assert ran.returncode == 1
    assert ran.stderr.strip()
    assert "Traceback" not in ran.stderr


def test_a_base_that_lacks_a_sentence_of_the_bot_s_is_a_problem(own_index: Path, own_knowledge: Path) -> None:
    shutil.copytree(PROJECT_BASE, own_knowledge / "base")
    wording = own_knowledge / "base" / "wording.yaml"
    lines = wording.read_text().splitlines(keepends=True)
    wording.write_text("".join(line for line in lines if not line.startswith("clarify:")))
    assert "wording.yaml:1: clarify is missing" in _problems(own_knowledge, own_index)
