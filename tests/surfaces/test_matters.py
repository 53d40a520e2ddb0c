"""`protocol-bot matters`, run as its user runs it: every matter with its owner, deciding fact and section."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from bot.bootstrap import live
from bot.domain import Matter, Owner
from bot.surfaces.cli.matters import Row, legend, rows, shown
from index_builder.build import build
from index_builder.knowledge import PROJECT_BASE

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain import Revision

HEADS = ["Area", "Matter", "Owner", "Deciding fact", "Section"]
FORMS = ("table", "markdown", "csv")
WIDE = 1_000


def _run(index: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PROTOCOL_BOT_")}
    command = [sys.executable, "-m", "bot", "matters", "--index", str(index), *arguments]
    wide = {**environment, "COLUMNS": str(WIDE), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, capture_output=True, check=False, env=wide, timeout=60)


def _shown(index: Path, *arguments: str) -> str:
    ran = _run(index, *arguments)
    assert (ran.returncode, ran.stderr) == (0, b"")
    return ran.stdout.decode()


def _csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def _cells(line: str) -> list[str]:
    """The cells of a line of a Markdown table, read as GitHub reads them."""
    assert line.startswith("| ")
    assert line.endswith(" |")
    cells = re.split(r"(?<!\\)(?:\\\\)*\|", line[1:-1])
    return [re.sub(r"\\([\\|])", r"\1", cell.strip()) for cell in cells]


@pytest.fixture(scope="module")
def revision(published: Path) -> Revision:
    return live(published, "barsetshire", pytest.fail)().index.revision


@pytest.fixture(scope="module")
def few(revision: Revision) -> Revision:
    """The revision with three matters that try what a table, a spreadsheet and Markdown make of their words."""
    cabinet = Owner.CABINET
    matters = (
        Matter("sum", "=1+1", "-cmd|' /C calc'!A0", '@SUM(1,2) it is "so", they say.', cabinet, cabinet),
        Matter("bar", "boats | barges", "Lock \\| keys \\", "+44 is the code.", cabinet, cabinet, limit=2_500.5),
        Matter("tag", "[red]boats[/red]", "A [bold] step", "It is [so].", Owner.OPERATIONAL, cabinet, section=0),
    )
    return replace(revision, framework=replace(revision.framework, matters=matters))


def test_every_matter_of_the_base_is_there_with_its_owner_and_deciding_fact(published: Path) -> None:
    base = yaml.safe_load((PROJECT_BASE / "matters.yaml").read_text("utf-8"))["matters"]
    told = _csv(_shown(published, "--format", "csv"))
    assert told[0] == HEADS
    assert {tuple(line[:4]) for line in told[1:]} == {
        (matter["area"], matter["title"], matter["owner"], matter["fact"]) for matter in base
    }
    assert len(told) == len(base) + 1


def test_the_section_is_that_of_the_clause_found_or_said_to_be_none(published: Path, revision: Revision) -> None:
    told = {line[1]: line[4] for line in _csv(_shown(published, "--format", "csv"))[1:]}
    clauses = {matter.title: matter.section for matter in revision.framework.matters}
    assert set(told) == set(clauses)
    for title, row in clauses.items():
        section = None if row is None else revision.sections[row]
        assert told[title] == (f"{section.number} {section.heading}" if section else "none found")
    assert len(set(told.values())) > 1


def test_the_three_forms_hold_the_same_rows_in_the_same_order(published: Path) -> None:
    table, markdown, separated = (_shown(published, "--format", form) for form in FORMS)
    wanted = _csv(separated)
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    assert [_cells(lines[0]), *map(_cells, lines[2:])] == wanted
    drawn = [[cell.strip() for cell in line.split("│")[1:-1]] for line in table.splitlines() if line.startswith("│")]
    assert drawn == wanted[1:]
    assert _shown(published) == table, "a table is what comes unasked"


def test_the_rows_go_by_area_and_then_by_matter(published: Path) -> None:
    told = [(line[0].casefold(), line[1].casefold()) for line in _csv(_shown(published, "--format", "csv"))[1:]]
    assert told == sorted(told)


def test_csv_read_back_is_the_rows(published: Path, revision: Revision) -> None:
    told = _csv(_shown(published, "--format", "csv"))[1:]
    assert [Row(*line) for line in told] == rows(revision)


@pytest.mark.parametrize("owner", [owner for owner in Owner if owner is not Owner.UNCLEAR])
def test_one_owner_s_matters_are_shown_alone(published: Path, revision: Revision, owner: Owner) -> None:
    told = _csv(_shown(published, "--format", "csv", "--owner", str(owner)))[1:]
    assert {line[2] for line in told} == {str(owner)}
    assert len(told) == sum(matter.owner is owner for matter in revision.framework.matters)


@pytest.mark.parametrize("area", ["housing", "HOUSING", "hous"])
def test_an_area_is_found_by_a_word_of_it_whatever_its_capitals(published: Path, area: str) -> None:
    told = _csv(_shown(published, "--format", "csv", "--area", area))[1:]
    every = _csv(_shown(published, "--format", "csv"))[1:]
    assert told == [line for line in every if "hous" in line[0].casefold()]
    assert 0 < len(told) < len(every)


def test_an_owner_and_an_area_narrow_it_together(published: Path) -> None:
    told = _csv(_shown(published, "--format", "csv", "--owner", "cabinet", "--area", "housing"))[1:]
    of_area = _csv(_shown(published, "--format", "csv", "--area", "housing"))[1:]
    assert told == [line for line in of_area if line[2] == "cabinet"]
    assert 0 < len(told) < len(of_area)


@pytest.mark.parametrize("form", FORMS)
def test_an_unknown_area_is_one_sentence_and_exit_status_2(published: Path, form: str) -> None:
    ran = _run(published, "--area", "spaceports", "--format", form)
    assert (ran.returncode, ran.stdout) == (2, b"")
    (sentence,) = ran.stderr.decode().splitlines()
    assert sentence.endswith(".")
    assert "area" in sentence


@pytest.mark.parametrize("arguments", [("--owner", "committee"), ("--owner", "unclear"), ("--format", "html")])
def test_wrong_usage_is_exit_status_2_and_no_traceback(published: Path, arguments: tuple[str, str]) -> None:
    ran = _run(published, *arguments)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert b"Traceback" not in ran.stderr


def test_nothing_published_is_one_sentence_and_exit_status_1(tmp_path: Path) -> None:
    ran = _run(tmp_path)
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert "protocol-index build" in ran.stderr.decode()


def test_a_reader_that_has_gone_is_no_traceback(published: Path) -> None:
    command = f"{sys.executable} -m bot matters --index {published} --format csv | head -1"
    ran = subprocess.run(command, shell=True, capture_output=True, check=False, timeout=60)  # noqa: S602 - our own
    assert ran.stdout.decode().splitlines() == [",".join(HEADS)]
    assert ran.stderr == b""


@pytest.fixture(scope="module")
def committees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Barsetshire run by committees, with its own limits, names, and a matter of its own."""
    knowledge, index = tmp_path_factory.mktemp("knowledge"), tmp_path_factory.mktemp("index")
    own = knowledge / "barsetshire"
    (own / "protocol").mkdir(parents=True)
    text = "---\ntitle: Barsetshire Protocol\n---\n\n## 2 Who decides\n\n2.1 Officers set rotas and run the ferries.\n"
    (own / "protocol" / "protocol.md").write_text(text, "utf-8")
    (own / "council.yaml").write_text("title: Barsetshire\nlimits: {officers: 12345, key_decision: 67890}\n", "utf-8")
    (own / "matters.yaml").write_text(
        """\
names: {cabinet: "for the [service] committee"}
matters:
  - name: berth-at-the-quay
    area: harbours
    owner: cabinet
    title: "A berth | at the quay"
    fact: "The harbour list says whose it is."
    look_for: "berths"
    phrasings: ["who gets the berth at the quay"]
    section: "2.1"
    limit: 800
""",
        "utf-8",
    )
    build(knowledge, index, "barsetshire")
    return index


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_council_s_own_limits_and_names_are_shown(committees: Path, form: str) -> None:
    told = _shown(committees, "--area", "harbours", "--format", form)
    assert "Officers settle up to £12,345; key decisions begin above £67,890" in told
    assert "cabinet: for the [service] committee" in told
    assert "Who decides what: Barsetshire, revision 2" in told
    assert "operational: a matter for officers, within agreed policy and budget" in told


def test_a_council_s_own_matter_is_shown_with_its_limit_and_the_clause_that_it_names(committees: Path) -> None:
    told = _csv(_shown(committees, "--area", "harbours", "--format", "csv"))
    fact = "The harbour list says whose it is. (Here up to £800.)"
    assert ["harbours", "A berth | at the quay", "cabinet", fact, "2.1 Who decides"] in told
    assert len([line for line in told if "(Here up to" in line[3]]) == 1


def test_the_legend_names_the_owners_of_the_catalogue_alone(few: Revision) -> None:
    notes = legend(few)
    assert [note.split(":")[0] for note in notes[1:]] == ["cabinet", "operational"]


def test_a_cell_that_a_spreadsheet_would_take_for_a_formula_is_defused(few: Revision) -> None:
    told = [cell for line in _csv(shown(few, rows(few), "csv"))[1:] for cell in line]
    plain = [cell for row in rows(few) for cell in row]
    assert not [cell for cell in told if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    defused = [(one, other) for one, other in zip(told, plain, strict=True) if one != other]
    assert sorted(cell[0] for _, cell in defused) == ["+", "-", "=", "@"]
    assert all(one == f"'{other}" for one, other in defused)


def test_a_bar_or_a_backslash_does_not_break_the_markdown(few: Revision) -> None:
    lines = [line for line in shown(few, rows(few), "markdown").splitlines() if line.startswith("|")]
    assert lines[1] == "| --- | --- | --- | --- | --- |"
    assert [_cells(line) for line in lines[2:]] == [list(row) for row in rows(few)]


def test_a_line_break_does_not_break_the_markdown(few: Revision) -> None:
    broken = Matter("two", "boats", "A title\nof two lines", "A fact.\n\nAnd another.", Owner.CABINET, Owner.CABINET)
    revision = replace(few, framework=replace(few.framework, matters=(broken,)))
    lines = shown(revision, rows(revision), "markdown").splitlines()
    table = lines[lines.index("| --- | --- | --- | --- | --- |") + 1 :]
    assert len(table) == 1
    assert len(_cells(table[0])) == len(HEADS)
    assert "A title" in table[0]
    assert "of two lines" in table[0]


def test_square_brackets_are_words_in_a_table(few: Revision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDE))
    council = replace(few.council, title="Barset [north] Council")
    told = shown(replace(few, council=council), rows(few), "table")
    assert "[red]boats[/red]" in told
    assert "A [bold] step" in told
    assert "Who decides what: Barset [north] Council" in told
