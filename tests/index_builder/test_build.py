"""The pipeline's promises: nothing unsound is published, nothing is embedded twice, nothing changes for nothing."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from bot import index as disk
from bot.bootstrap import live, make_ask
from bot.domain import Matter, Owner, Question, UnservableError
from bot.surfaces.plain import answer_text
from index_builder.build import build
from index_builder.knowledge import PROJECT_BASE, UnsoundKnowledge, read_base
from index_builder.publish import BusyError, history, local_today, one_builder, roll_back

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain import Revision

COUNCIL = "barsetshire"
PARKING = "Who decides on a new parking charges policy for the whole county?"
ROTA = "Who draws up next week's rota for the library desk?"


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


def _revision(index: Path) -> Revision:
    return live(index, COUNCIL, pytest.fail)().index.revision


def _matters(index: Path) -> dict[str, Matter]:
    return {matter.name: matter for matter in _revision(index).framework.matters}


def test_a_revision_holds_the_framework_and_the_clauses_that_the_text_has_for_its_matters(published: Path) -> None:
    revision, base = _revision(published), read_base().framework
    framework = revision.framework
    assert [replace(matter, section=None) for matter in framework.matters] == list(base.matters)
    assert replace(framework, matters=base.matters) == base
    clauses = {matter.section for matter in framework.matters} - {None}
    assert clauses <= set(range(len(revision.sections)))
    found = {revision.sections[row].number for row in clauses if row is not None}
    assert "2.1" in found, "officers set rotas"
    assert "2.2" in found, "a Cabinet Member decides when the policy would change"
    assert any(matter.section is None for matter in framework.matters), "a text of six sections cannot hold them all"


def test_the_clause_of_a_matter_is_about_it(published: Path) -> None:
    rota, revision = _matters(published)["rota-of-a-team"], _revision(published)
    assert rota.section is not None
    assert revision.sections[rota.section].number == "2.1"


def test_what_a_council_s_own_matters_say_is_what_its_signposts_say(own_index: Path, own_knowledge: Path) -> None:
    (own_knowledge / COUNCIL / "matters.yaml").write_text(
        """\
names: {cabinet: "for the Quay and Parking Committee", operational: "for the harbour office"}
matters:
  - {name: rota-of-a-team, section: "3.11"}
  - {name: annual-leave-request, owner: cabinet}
""",
        "utf-8",
    )
    with (own_knowledge / COUNCIL / "council.yaml").open("a") as council:
        council.write("limits: {officers: 750}\n")
    assert build(own_knowledge, own_index, COUNCIL).published
    ask = make_ask(live(own_index, COUNCIL, pytest.fail))
    parking, rota = ask(Question(PARKING)), ask(Question(ROTA))
    assert parking.signpost is not None
    assert rota.signpost is not None
    assert parking.signpost.owner_name == "for the Quay and Parking Committee"
    assert "this looks like for the Quay and Parking Committee." in answer_text(parking)
    assert rota.signpost.owner_name == "for the harbour office"
    framework = _revision(own_index).framework
    assert (framework.officers, framework.key_decision) == (750, read_base().framework.key_decision)
    matters = _matters(own_index)
    assert matters["rota-of-a-team"].section == 5, "the clause that it names, not the one that would be found"
    leave = matters["annual-leave-request"]
    assert (leave.owner, leave.standard) == (Owner.CABINET, Owner.OPERATIONAL)
    received = ask(Question("Who approves one receptionist's annual leave?")).signpost
    assert received is not None
    assert received.owner is Owner.CABINET, "the council says so, whatever was learnt"


def test_a_matter_whose_clause_is_not_there_stops_the_revision(own_index: Path, own_knowledge: Path) -> None:
    path = own_knowledge / COUNCIL / "matters.yaml"
    path.write_text('matters:\n  - {name: rota-of-a-team, section: "9.9"}\n', "utf-8")
    in_force = disk.current(own_index / COUNCIL)
    assert _problems(own_knowledge, own_index) == f"{path}:2: No document has a section 9.9; name one that it has."
    assert disk.current(own_index / COUNCIL) == in_force


DECIDED = (
    {"text": PARKING, "label": "cabinet"},
    {"text": ROTA, "label": "operational"},
    {"text": "Who sets the council tax for next year?", "label": "operational"},
    {"text": "What is the recipe for scones?", "label": None},
)


def _scenarios(folder: Path, *lines: object) -> str:
    path = folder / "scenarios.jsonl"
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines), "utf-8")
    return str(path)


def test_the_command_measures_signposts_as_json_and_draws_them(published: Path, tmp_path: Path) -> None:
    picture, path = tmp_path / "who.png", _scenarios(tmp_path, *DECIDED)
    given = ("--decisions", path, "--index", str(published), "--json", "--picture", str(picture))
    ran = _index("evaluate", *given)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    owners = {score["owner"]: (score["precision"], score["recall"], score["count"]) for score in told["owners"]}
    assert owners["cabinet"] == (1, 1, 1)
    assert owners["operational"] == (1, 0.5, 2)
    assert told["macro_f1"] == pytest.approx((1 + 2 / 3) / 2)
    assert sorted(told["confusion"]) == [
        ["cabinet", "cabinet", 1],
        ["operational", "council", 1],
        ["operational", "operational", 1],
    ]
    assert told["covered"]["1.0"]["value"] == pytest.approx(2 / 3)
    assert (told["mistaken"]["value"], told["mistaken"]["count"]) == (0, 1)
    assert [miss[:3] for miss in told["misses"]] == [[DECIDED[2]["text"], "operational", "council"]]
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_the_command_tells_people_the_same(published: Path, tmp_path: Path) -> None:
    ran = _index("evaluate", "--decisions", _scenarios(tmp_path, *DECIDED), "--index", str(published))
    assert ran.returncode == 0, ran.stderr
    missed = "missed: “Who sets the council tax for next year?” wants operational, gets council ("
    assert ran.stdout.startswith(missed)
    assert "macro-F1 0.833" in ran.stdout
    assert "about something else, yet signposted: 0.000" in ran.stdout
    assert "100% 0.667" in ran.stdout


def test_every_broken_line_of_scenarios_is_named_and_nothing_is_measured(published: Path, tmp_path: Path) -> None:
    path = _scenarios(tmp_path, DECIDED[0], "{", DECIDED[1], {"text": "Who?", "label": "committee"})
    ran = _index("evaluate", "--decisions", path, "--index", str(published))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert [line.split(" ")[0] for line in ran.stderr.splitlines()] == [f"{path}:2:", f"{path}:4:"]


def test_scenarios_without_any_owner_are_a_sentence(published: Path, tmp_path: Path) -> None:
    path = _scenarios(tmp_path, DECIDED[3])
    ran = _index("evaluate", "--decisions", path, "--index", str(published))
    assert (ran.returncode, ran.stdout) == (1, "")
    (sentence,) = ran.stderr.splitlines()
    assert path in sentence
    assert "label some with an owner" in sentence


def test_two_kinds_of_measurement_at_once_are_wrong_usage(published: Path, tmp_path: Path) -> None:
    path = _scenarios(tmp_path, *DECIDED)
    for other in ("--set", "--councils"):
        ran = _index("evaluate", "--decisions", path, other, path, "--index", str(published))
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.splitlines() == ["Give one of --set, --decisions, --drafts and --councils."]


def test_scenarios_that_are_not_there_are_a_sentence(published: Path, tmp_path: Path) -> None:
    ran = _index("evaluate", "--decisions", str(tmp_path / "none.jsonl"), "--index", str(published))
    assert ran.returncode == 1
    assert "none.jsonl" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_explain_shows_sums_owners_and_the_matters_that_came_near(published: Path) -> None:
    question = "May I award the ferry painting contract for £81,000? My limit is £75,000."
    ran = _index("explain", question, "--index", str(published))
    assert ran.returncode == 0, ran.stderr
    told = " ".join(ran.stdout.split())
    assert "sums: £81,000, £75,000 (limit of officers); read as “over the officers' limit”" in told
    (owners,) = [line for line in ran.stdout.splitlines() if line.startswith("owners: ")]
    beliefs = [part.split(" ") for part in owners.removeprefix("owners: ").split(", ")]
    assert {owner for owner, _ in beliefs} == set(Owner)
    assert beliefs[0][0] == "cabinet"
    figures = [float(belief) for _, belief in beliefs]
    assert figures == sorted(figures, reverse=True)
    assert sum(figures) == pytest.approx(1, abs=0.005)
    assert "about who decides with probability" in told
    titles = {matter.title.split()[0] for matter in _revision(published).framework.matters}
    rows = [line.split("│")[1:-1] for line in ran.stdout.splitlines() if line.startswith("│")]
    nearest = [row for row in rows if len(row) == 4 and row[2].strip()]
    assert len(nearest) == 5
    assert {row[0].split()[0] for row in nearest} <= titles
    assert nearest[0][1].strip() == "cabinet"
    believed = [float(row[2]) for row in nearest]
    assert believed == sorted(believed, reverse=True)


def test_explain_says_how_far_a_text_is_from_being_about_who_decides(published: Path) -> None:
    told = _index("explain", "What is the recipe for scones?", "--index", str(published)).stdout
    said = re.search(r"^about who decides with probability (\S+); signposted from (\S+) up$", told, re.MULTILINE)
    assert said is not None
    assert float(said[1]) < float(said[2]) == _revision(published).policy.signpost.about_from
    assert "sums: none" in told


def test_explain_says_nothing_of_owners_where_a_person_has_to_be_asked(published: Path) -> None:
    ran = _index("explain", "I am being bullied by a councillor", "--index", str(published))
    assert ran.returncode == 0
    assert ran.stdout.startswith("referred: ")
    assert "owners: " not in ran.stdout
