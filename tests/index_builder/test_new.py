"""`new` makes a council's folder whole from its protocol, or says in one sentence why not and leaves nothing behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from index_builder.knowledge import UnsoundKnowledge, read_knowledge
from index_builder.new import new_council

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TEXT = "1.1 Officers advise all members.\r\n\x0c1.2 Café \ufeff\n".encode()


@pytest.fixture
def protocol(tmp_path: Path) -> Path:
    """A council's own text, bytes of every kind in it."""
    path = tmp_path / "texts/protocol.txt"
    path.parent.mkdir()
    path.write_bytes(TEXT)
    return path


def refusal(root: Path, name: str, files: Sequence[Path], title: str | None = None) -> str:
    """The one sentence with which `new` refuses, after making sure that it has left no trace."""
    before = sorted(root.rglob("*"))
    with pytest.raises(UnsoundKnowledge) as raised:
        new_council(root, name, files, title)
    assert sorted(root.rglob("*")) == before
    (problem,) = raised.value.problems
    assert str(problem).isprintable()
    return problem.sentence


def test_the_new_folder_is_sound_and_holds_the_files_byte_for_byte(tmp_path: Path, protocol: Path) -> None:
    guide = tmp_path / "Guide to tone.MD"
    guide.write_bytes(b"# Tone\n")
    folder = new_council(tmp_path / "knowledge", "dunmere-county-council", [protocol, guide], None)
    knowledge = read_knowledge(tmp_path / "knowledge", "dunmere-county-council")
    assert folder == tmp_path / "knowledge/dunmere-county-council"
    assert knowledge.council.title == "Dunmere County Council"
    assert [path.name for path in knowledge.protocol] == ["Guide to tone.MD", "protocol.txt"]
    assert (folder / "protocol/protocol.txt").read_bytes() == TEXT
    assert [path.name for path in (tmp_path / "knowledge").iterdir()] == ["dunmere-county-council"]


@pytest.mark.parametrize(
    "title", ["Dunmere", 'The "Old" Council: #1 \\ {x}', "Cyngor Sir Ŵyr", "🌳", "NO", "3.10", "- a"]
)
def test_a_title_comes_back_as_given(tmp_path: Path, protocol: Path, title: str) -> None:
    new_council(tmp_path, "dunmere", [protocol], f"  {title} ")
    assert read_knowledge(tmp_path, "dunmere").council.title == title


def test_the_example_is_sound_once_its_signs_are_taken_away(tmp_path: Path, protocol: Path) -> None:
    file = new_council(tmp_path, "dunmere", [protocol], None) / "council.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    example = [
        line.removeprefix("# ") if line.startswith(("# contacts", "#   -", "# source")) else line for line in lines
    ]
    file.write_text("\n".join(example), encoding="utf-8")
    knowledge = read_knowledge(tmp_path, "dunmere")
    assert [contact.role for contact in knowledge.council.contacts] == ["Monitoring Officer", "Democratic Services"]
    assert knowledge.source_adopted


@pytest.mark.parametrize("name", ["", "Dunmere", "a b", "a/b", "../a", "..", "é", "a.b", "a\0b", "-a", "-", "x" * 61])
def test_a_name_must_be_lower_case_letters_digits_and_hyphens(tmp_path: Path, protocol: Path, name: str) -> None:
    assert "use lower-case letters, digits and hyphens" in refusal(tmp_path, name, [protocol])


def test_the_base_is_no_council(tmp_path: Path, protocol: Path) -> None:
    assert refusal(tmp_path, "base", [protocol]) == "“base” is what every council starts from: choose another name"


@pytest.mark.parametrize("title", ["", "  ", "a\u202eb", "a\0b", "\ud800", "x" * 2001])
def test_a_title_must_be_a_text_that_can_be_read(tmp_path: Path, protocol: Path, title: str) -> None:
    assert refusal(tmp_path, "dunmere", [protocol], title).startswith("the title ")


def test_an_existing_folder_is_left_alone(tmp_path: Path, protocol: Path) -> None:
    (tmp_path / "dunmere").mkdir()
    (tmp_path / "ashby").symlink_to("nowhere")
    (tmp_path / "note").write_text("", encoding="utf-8")
    for name in ("dunmere", "ashby", "note"):
        assert "there already: choose another name" in refusal(tmp_path, name, [protocol])


def test_each_file_must_be_a_text_of_its_own_name(tmp_path: Path, protocol: Path) -> None:
    scan, hidden, twin = tmp_path / "scan.pdf", tmp_path / ".notes.md", tmp_path / "PROTOCOL.txt"
    for path in (scan, hidden, twin):
        path.write_bytes(b"1.1 Text.\n")
    os.mkfifo(tmp_path / "pipe.txt")
    assert refusal(tmp_path, "dunmere", []) == "no text is given: name at least one file of the council's protocol"
    for absent in (tmp_path / "absent.md", tmp_path / "texts", tmp_path / "pipe.txt", tmp_path / "a\u202e.md"):
        assert refusal(tmp_path, "dunmere", [absent]) == "there is no such file: check its name"
    assert refusal(tmp_path, "dunmere", [protocol, scan]) == "only texts are read here: save it as .md or .txt"
    assert refusal(tmp_path, "dunmere", [hidden]) == "only texts are read here: save it as .md or .txt"
    assert refusal(tmp_path, "dunmere", [protocol, twin]).endswith(
        "is called “PROTOCOL.txt” too: rename one of the two"
    )
    for pair in ([twin, protocol], [protocol, protocol]):
        assert "rename one of the two" in refusal(tmp_path, "dunmere", pair)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnsoundKnowledge) as raised:
        new_council(tmp_path, "Dunmere", [tmp_path / "a.md", tmp_path / "b.md"], "")
    assert len(raised.value.problems) == 4


def test_a_folder_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path, protocol: Path) -> None:
    (tmp_path / "note").write_text("", encoding="utf-8")
    assert "the folder cannot be made" in refusal(tmp_path / "note", "dunmere", [protocol])
    unreadable = tmp_path / "texts/unreadable.md"
    unreadable.symlink_to("/proc/self/mem")  # opens, and then fails at the first byte, whoever asks
    assert "the folder cannot be made" in refusal(tmp_path, "dunmere", [protocol, unreadable])
