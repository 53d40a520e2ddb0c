"""Markdown comes out as the words a reader sees, under the headings and numbers its author gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import Document
from index_builder.readers import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index_builder.readers import Reading


@pytest.fixture
def read_markdown(tmp_path: Path) -> Callable[[str], Reading]:
    def read_it(content: str) -> Reading:
        path = tmp_path / "staff-protocol.md"
        path.write_text(content, encoding="utf-8")
        return read(path, "staff-protocol", "staff-protocol.md")

    return read_it


def texts(reading: Reading) -> dict[str, str]:
    assert not reading.problems
    return {section.number: section.text for section in reading.sections}


def problems(reading: Reading) -> list[str]:
    return [str(problem) for problem in reading.problems]


WHOLE = """---
title: Working together
kind: underlying
adopted: 2026-05-19
review: "2028-05-19"
owner: Monitoring Officer
audience: [officers, members]
url: https://www.example.org/protocol
prevails: The Code of Conduct prevails.
pictures: Drawn for the Council.
---
# Working together

## D Decisions

### D2 Operational or Cabinet Member matter? {audience: officers, cabinet members}

D2.1 The test is **simple**: see
paragraph
D2.2 below.

D2.2 Officers must:

(a) be polite; and

    (b) be prompt.

D2.3 Record it.

## 4 E-mail

Before the numbers.

4.1. Be brief.

4.2. Be kind.

## 5 Visits

Ring first.
"""


def test_a_whole_document_comes_out_as_its_sections(read_markdown: Callable[[str], Reading]) -> None:
    assert texts(read_markdown(WHOLE)) == {
        "D2.1": "The test is simple: see paragraph D2.2 below.",
        "D2.2": "Officers must:\n(a) be polite; and\n(b) be prompt.",
        "D2.3": "Record it.",
        "4 / 1": "Before the numbers.",
        "4.1": "Be brief.",
        "4.2": "Be kind.",
        "5": "Ring first.",
    }


def test_the_front_matter_describes_the_document(read_markdown: Callable[[str], Reading]) -> None:
    assert read_markdown(WHOLE).document == Document(
        name="staff-protocol",
        title="Working together",
        kind="underlying",
        adopted="2026-05-19",
        review="2028-05-19",
        owner="Monitoring Officer",
        audience=("officers", "members"),
        url="https://www.example.org/protocol",
        prevails="The Code of Conduct prevails.",
        pictures="Drawn for the Council.",
    )


def test_headings_are_the_path_and_hand_down_their_audience(read_markdown: Callable[[str], Reading]) -> None:
    first, *_, last = read_markdown(WHOLE).sections
    assert first.path == ("D Decisions", "D2 Operational or Cabinet Member matter?")
    assert first.heading == "Operational or Cabinet Member matter?"
    assert first.audience == ("officers", "cabinet members")
    assert last.audience == ()


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("# The protocol\n\n1 One.\n", "The protocol"),
        ("1 One.\n", "Staff protocol"),
        ("## 1 Purpose\n\n1.1 One.\n", "Staff protocol"),
        ("---\ntitle: Mine\n---\n# The protocol\n\n1 One.\n", "Mine"),
    ],
)
def test_a_title_comes_from_front_matter_heading_or_file_name(
    content: str, title: str, read_markdown: Callable[[str], Reading]
) -> None:
    assert read_markdown(content).document.title == title


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("A *soft*, **hard** and _under_ word.", "A soft, hard and under word."),
        (r"Five \* three and foo\_bar.", "Five * three and foo_bar."),
        ("Plain foo_bar_baz and 5 * 3.", "Plain foo_bar_baz and 5 * 3."),
        ("See [the Code](https://example.org/code) first.", "See the Code first."),
        ("Write to <https://example.org> today.", "Write to https://example.org today."),
        ("Say `please` &amp; thank you.", "Say please & thank you."),
        ("A wrapped\nline.", "A wrapped line."),
        ("First.  \nSecond.", "First.\nSecond."),
        ("First.<br>Second.", "First.\nSecond."),
        ("Seen.<!-- not seen -->", "Seen."),
        ("Seen. ![a picture](p.png)", "Seen."),
        ("A day-\nto-day matter.", "A day-to-day matter."),
        ("Who decides?  It depends.", "Who decides?  It depends."),
    ],
)
def test_a_reader_sees_the_words_without_the_marks(
    written: str, seen: str, read_markdown: Callable[[str], Reading]
) -> None:
    assert texts(read_markdown(f"1 {written}\n")) == {"1": seen}


def test_lists_belong_to_the_paragraph_above(read_markdown: Callable[[str], Reading]) -> None:
    reading = read_markdown(
        "4.1 Bring:\n\n- a pen\n- paper\n  - lined\n\n4.2 Then:\n\n1. sit\n2. write\n\nThat is all.\n"
    )
    assert texts(reading) == {
        "4.1": "Bring:\n- a pen\n- paper\n- lined",
        "4.2": "Then:\n1. sit\n2. write\n\nThat is all.",
    }


def test_an_ordered_list_under_headings_is_the_numbered_paragraphs(read_markdown: Callable[[str], Reading]) -> None:
    reading = read_markdown("# T\n\n## One\n\n1. First.\n2. Second\n   line.\n\n## Two\n\n3. Third.\n")
    assert texts(reading) == {"1": "First.", "2": "Second line.", "3": "Third."}


def test_a_list_numbered_1_1_1_counts_as_a_browser_does(read_markdown: Callable[[str], Reading]) -> None:
    assert texts(read_markdown("# T\n\n1. First.\n1. Second.\n1. Third.\n")) == {
        "1": "First.",
        "2": "Second.",
        "3": "Third.",
    }


def test_a_table_keeps_its_rows(read_markdown: Callable[[str], Reading]) -> None:
    reading = read_markdown("1 As below.\n\n| Who | What |\n|---|---|\n| Leader | *leads* |\n\n2 More.\n")
    assert texts(reading) == {"1": "As below.\n\nWho | What\nLeader | leads", "2": "More."}


def test_headings_without_numbers_count_their_paragraphs(read_markdown: Callable[[str], Reading]) -> None:
    reading = read_markdown(
        "# T\n\n## Start here\n\n### Why\n\nOne.\n\nTwo.\n\n### How\n\nThree.\n\n## Then\n\nFour.\n"
    )
    assert texts(reading) == {
        "Start here / 1": "One.",
        "Start here / 2": "Two.",
        "Start here / 3": "Three.",
        "Then / 1": "Four.",
    }
    assert reading.sections[2].path == ("Start here", "How")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("---\nkind: leaflet\n---\n1 One.\n", "2: kind is not one that is known: write umbrella or underlying"),
        (
            "---\ntitle: A\nadopted: 19 May 2026\n---\n1 One.\n",
            "3: adopted must be a date of the calendar: write it as",
        ),
        ("---\ncolour: red\n---\n1 One.\n", "2: “colour” is no key here"),
        ("---\ntitle: A\n1 One.\n", "1: the front matter that starts here has no end: write --- on a line of its own"),
        ("1 One.\n\n<div>Two</div>\n", "3: this is HTML, which is not read here: write it as Markdown"),
        ("1 One.\n\n2 Two.\nThree and four.\n---\n", "3: the line of signs below makes a heading of this sentence"),
        ("## Tone {officers}\n\nBe kind.\n", "1: the braces in this heading are not read: write {audience: officers,"),
        ("1 A &#8203;code.\n", "1: a code for a hidden character stands here: delete the one for U+200B"),
        ("1 One\f.\n", "1: the control character U+000C stands here: delete it"),
        ("1 One.\n\n1 Two.\n", "3: number 1 stands twice, here and on line 1: change one"),
    ],
)
def test_each_fault_is_one_sentence_with_its_line(
    content: str, expected: str, read_markdown: Callable[[str], Reading]
) -> None:
    (problem,) = problems(read_markdown(content))
    assert problem.startswith(f"staff-protocol.md:{expected}")


def test_only_text_files_may_be_in_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    path.write_bytes("1 Caf\u00e9.\n".encode("cp1252"))
    assert problems(read(path, "p", "p.md")) == ["p.md:1: the byte 0xE9 here is not UTF-8: save the file as UTF-8"]
    path.write_bytes("1 One.\n".encode("utf-16"))
    assert problems(read(path, "p", "p.md")) == ["p.md:1: the file is UTF-16: save it as UTF-8"]


WORDS = st.sampled_from("members *officers* council **budget** advice e-mail [Code](x.md) listen £5 4.2 `form`".split())
SENTENCE = st.lists(WORDS, min_size=2, max_size=20).map(lambda words: f"The {' '.join(words)} matters.")


@given(sentences=st.lists(SENTENCE, min_size=1, max_size=12))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_word_a_reader_sees_comes_back_in_order(sentences: list[str], tmp_path: Path) -> None:
    path = tmp_path / "drawn.md"
    paragraphs = [f"7.{count} {sentence}" for count, sentence in enumerate(sentences, start=1)]
    path.write_text("# T\n\n## 7 Drawn\n\n" + "\n\n".join(paragraphs), encoding="utf-8")
    seen = [sentence.replace("[Code](x.md)", "Code").replace("*", "").replace("`", "") for sentence in sentences]
    assert [section.text for section in read(path, "drawn").sections] == seen
