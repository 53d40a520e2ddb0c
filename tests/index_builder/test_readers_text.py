"""Plain text of any council's shape comes out as its numbered paragraphs, verbatim."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index_builder.readers import read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.domain import Section
    from index_builder.readers import Reading

DOCUMENTS = Path(__file__).parent / "documents"
OTHER_COUNCILS = ("aldermoor", "fellbeck", "little-wendham")


@pytest.fixture
def read_text(tmp_path: Path) -> Callable[[str | bytes], Reading]:
    def read_it(content: str | bytes) -> Reading:
        path = tmp_path / "protocol.txt"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(path, "protocol", "protocol.txt")

    return read_it


def numbers(reading: Reading) -> list[str]:
    assert not reading.problems
    return [section.number for section in reading.sections]


def of_number(reading: Reading, number: str) -> Section:
    return next(section for section in reading.sections if section.number == number)


def problems(reading: Reading) -> list[str]:
    return [str(problem) for problem in reading.problems]


@pytest.mark.parametrize("name", OTHER_COUNCILS)
def test_another_councils_text_comes_out_as_its_numbered_paragraphs(name: str) -> None:
    reading = read(DOCUMENTS / f"{name}.txt", name)
    expected = json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))
    found = [[section.number, " ".join(section.text.split()[:5])] for section in reading.sections]
    assert found == expected
    assert not reading.problems


def test_running_heads_page_marks_and_the_contents_page_are_no_part_of_any_section() -> None:
    reading = read(DOCUMENTS / "aldermoor.txt", "aldermoor")
    everything = " ".join(section.text for section in reading.sections)
    assert reading.document.title == "Aldermoor County Council – Protocol on Member and Officer Relations"
    assert not re.search(r"Page \d|Adopted 12 May|Aldermoor|\.\.\.", everything)


def test_a_sentence_that_runs_over_a_page_is_one_and_its_section_stands_on_both_pages() -> None:
    section = of_number(read(DOCUMENTS / "aldermoor.txt", "aldermoor"), "4.3(b)")
    assert section.pages
    split = [section for section in read(DOCUMENTS / "aldermoor.txt", "x").sections if len(section.pages) > 1]
    assert split
    assert all("\n\n" not in section.text for section in split)


def test_a_number_after_a_wrap_in_a_cross_reference_starts_nothing() -> None:
    section = of_number(read(DOCUMENTS / "aldermoor.txt", "aldermoor"), "2.4")
    assert "What is said in paragraph 2.5 about bullying applies here as it does elsewhere." in section.text


def test_statutory_style_keeps_stems_with_their_lists_and_names_its_parts() -> None:
    section = of_number(read(DOCUMENTS / "fellbeck.txt", "fellbeck"), "3(2)")
    assert section.text.startswith("A councillor must not—\n(a) raise a matter")
    assert "in terms that are—\n(i) insulting;\n(ii) threatening; or\n(iii) likely" in section.text
    assert section.path == ("PART 2 CONDUCT", "Mutual respect")


def test_headings_without_numbers_nest_and_count() -> None:
    section = of_number(read(DOCUMENTS / "little-wendham.txt", "wendham"), "Who does what / 6")
    assert section.heading == "Is it for the Clerk or for a meeting?"
    assert section.path == ("Who does what", "Is it for the Clerk or for a meeting?")


STYLES = {
    "dotted": ("1 Purpose\n\n1.1 Be kind.\n\n1.2 Be fair.\n\n2 Roles\n\n2.1 Lead.\n", ["1.1", "1.2", "2.1"]),
    "dotted, with stops": ("1. Purpose\n\n1.1. Be kind.\n\n1.2. Be fair.\n", ["1.1", "1.2"]),
    "three deep": ("2 Roles\n\n2.1 Council\n\n2.1.1 It leads.\n\n2.1.2 It votes.\n", ["2.1.1", "2.1.2"]),
    "whole numbers through headings": (
        "Protocol\n\nFirst\n\n1 Be kind.\n\n2 Be fair.\n\nSecond\n\n3 Lead.\n",
        ["1", "2", "3"],
    ),
    "tabs": ("1\tBe kind.\n\n2\tBe fair.\n", ["1", "2"]),
    "no empty lines": ("1. Purpose\n1.1 Be kind.\n1.2 Be fair.\n2. Roles\n2.1 Lead.\n", ["1.1", "1.2", "2.1"]),
    "prefix letters": ("Scrutiny\n\nS1 Ask.\n\nS2 Listen.\n\nAccess\n\nA1 Show.\n", ["S1", "S2", "A1"]),
    "prefix words": ("SO 1 Sit.\n\nSO 2 Stand.\n\nFR 1 Spend.\n", ["SO 1", "SO 2", "FR 1"]),
    "letter and number": ("D2 Deciding\n\nD2.1 Look it up.\n\nD2.2 Write it down.\n", ["D2.1", "D2.2"]),
    "numbers on heading lines": (
        "2.1 What only full Council can decide\n\nThe budget.\n\n2.2 Others\n\nThe rest.\n",
        ["2.1", "2.2"],
    ),
    "numbers alone": ("4.1\n\nBe kind.\n\n4.2\n\nBe fair.\n", ["4.1", "4.2"]),
    "upper roman": ("I. Purpose\n\nWe say why.\n\nII. Roles\n\nWe say who.\n", ["I", "II"]),
    "parts": ("Part 1\n\n1. Be kind.\n\nPart 2\n\n2. Be fair.\n", ["1", "2"]),
    "a number put in later": ("4.1 One.\n\n4.2 Two.\n\n4.2A Between.\n\n4.3 Three.\n", ["4.1", "4.2", "4.2A", "4.3"]),
    "a gap": ("4.1 One.\n\n4.2 Two.\n\n4.4 Four.\n\n4.5 Five.\n", ["4.1", "4.2", "4.4", "4.5"]),
    "an extract": ("7.3 Three.\n\n7.4 Four.\n", ["7.3", "7.4"]),
    "no numbers at all": ("Be kind.\n\nBe fair.\n", ["Protocol / 1", "Protocol / 2"]),
    "appendix starting again": (
        "1 One.\n\n2 Two.\n\nAppendix A Forms\n\n1 A form.\n",
        ["1", "2", "Appendix A / 1"],
    ),
    "each heading starting again": (
        "Guide\n\nE-mail\n\n1. Be brief.\n2. Be kind.\n\nVisits\n\n1. Ring first.\n",
        ["E-mail / 1", "E-mail / 2", "Visits / 1"],
    ),
}


@pytest.mark.parametrize("style", STYLES)
def test_each_way_to_number_is_known(style: str, read_text: Callable[[str], Reading]) -> None:
    text, expected = STYLES[style]
    assert numbers(read_text(text)) == expected


NO_LABELS = (
    "This was agreed in\n2024 after a long debate.",
    "Notice of\n28 days must be given.",
    "The meeting starts at\n10.30 am on Tuesday.",
    "It was adopted on\n3 May 2026 by full Council.",
    "It costs no more than\n1.2 million pounds.",
    "This follows paragraph\n1.2 above and is not new.",
    "This follows from section\n1.2, read with the Code.",
    "This is said again in paragraph\n1.2 Members may rely on either.",
    "It needs at least\n2 Members to agree.",
    "Anyone may do what is in (a) and\n(b) above without asking.",
    "The rules are in Part\n2 of the Constitution.",
    "The rules are in\nPart 2 of the Constitution.",
)


@pytest.mark.parametrize("sentence", NO_LABELS)
def test_a_figure_that_a_wrap_puts_first_is_no_number(sentence: str, read_text: Callable[[str], Reading]) -> None:
    reading = read_text(f"1 Purpose\n\n1.1 {sentence}\n\n1.2 The next paragraph.\n")
    assert numbers(reading) == ["1.1", "1.2"]
    assert reading.sections[0].text == sentence.replace("\n", " ")


def test_i_is_a_letter_after_h_and_a_numeral_after_a_stem(read_text: Callable[[str], Reading]) -> None:
    letters = "\n".join(f"({letter}) thing {letter};" for letter in "abcdefghijk")
    text = f"1 Members may see:\n{letters}\n(l) the rest:\n(i) old; and\n(ii) new.\n\n2 Officers may not.\n"
    reading = read_text(text)
    assert numbers(reading) == ["1", "2"]
    assert "(i) thing i;\n(j) thing j;" in reading.sections[0].text
    assert reading.sections[0].text.endswith("(l) the rest:\n(i) old; and\n(ii) new.")


SENTENCES = [f"Each part of this list number {word} is a whole sentence of twelve words." for word in ("one", "two")]


def test_parts_that_stand_alone_are_sections_under_their_stem(read_text: Callable[[str], Reading]) -> None:
    reading = read_text(f"2 The following rules apply.\n\n(a) {SENTENCES[0]}\n\n(b) {SENTENCES[1]}\n")
    assert [(section.number, section.text, section.stem) for section in reading.sections] == [
        ("2", "The following rules apply.", ""),
        ("2(a)", SENTENCES[0], "The following rules apply."),
        ("2(b)", SENTENCES[1], "The following rules apply."),
    ]


def test_numbered_headings_within_headings_give_one_number(read_text: Callable[[str], Reading]) -> None:
    text = "2 Respect\n\n(a) Councillors\n\n(i) What they may expect\n\nCandour.\n\n(ii) What they owe\n\nCourtesy.\n"
    reading = read_text(text)
    assert numbers(reading) == ["2(a)(i)", "2(a)(ii)"]
    assert reading.sections[1].path == ("2 Respect", "(a) Councillors", "(ii) What they owe")


@pytest.mark.parametrize(
    "parts",
    [("be polite;", "be prompt."), ("Be polite.", "Be prompt."), ("The Monitoring Officer.", SENTENCES[0] * 2)],
)
def test_fragments_and_short_parts_stay_with_their_stem(
    parts: tuple[str, str], read_text: Callable[[str], Reading]
) -> None:
    reading = read_text(f"2 Officers must:\n\n(a) {parts[0]}\n\n(b) {parts[1]}\n\nThat is all.\n")
    assert numbers(reading) == ["2"]
    assert reading.sections[0].text == f"Officers must:\n(a) {parts[0]}\n(b) {parts[1]}\n\nThat is all."


def test_an_unnumbered_paragraph_continues_a_numbered_one_unless_a_heading_comes_between(
    read_text: Callable[[str], Reading],
) -> None:
    reading = read_text("2 Roles\n\nAn introduction.\n\n2.1 One.\n\nMore of one.\n\nA heading\n\nNot of one.\n")
    assert [(section.number, section.text) for section in reading.sections] == [
        ("2 / 1", "An introduction."),
        ("2.1", "One.\n\nMore of one."),
        ("2 / 2", "Not of one."),
    ]


def test_paragraphs_under_a_numbered_heading_are_one_text_until_it_is_too_long(
    read_text: Callable[[str], Reading],
) -> None:
    long = " ".join(["Members and officers listen to one another."] * 20)
    short = read_text("3 Tone\n\nBe kind.\n\nBe brief.\n")
    assert [(section.number, section.text) for section in short.sections] == [("3", "Be kind.\n\nBe brief.")]
    assert numbers(read_text(f"3 Tone\n\n{long}\n\n{long}\n")) == ["3 / 1", "3 / 2"]


def test_a_wrap_keeps_the_hyphen_unless_the_document_writes_the_word_without(
    read_text: Callable[[str], Reading],
) -> None:
    text = "1 A mem-\nber of staff runs day-\nto-day work by e-\nmail, pre-\nand post-election.\n\n2 One member.\n"
    assert read_text(text).sections[0].text == (
        "A member of staff runs day-to-day work by e-mail, pre- and post-election."
    )


def test_a_contents_page_without_leaders_is_dropped_and_the_headings_stay(read_text: Callable[[str], Reading]) -> None:
    reading = read_text("Guide\n\nContents\n\nTone\nVisits\n\nTone\n\nBe kind.\n\nVisits\n\nRing first.\n")
    assert numbers(reading) == ["Tone / 1", "Visits / 1"]


def test_a_title_that_interrupts_sentences_is_a_running_head(read_text: Callable[[str], Reading]) -> None:
    pages = ["1 The member shall", "be told of it by the", "officer who has it."]
    reading = read_text("\n\nVale Council Protocol\n\n".join(["Vale Council Protocol", *pages]))
    assert [section.text for section in reading.sections] == [
        "The member shall be told of it by the officer who has it."
    ]


def test_page_marks_at_the_foot_number_the_pages_without_form_feeds(read_text: Callable[[str], Reading]) -> None:
    reading = read_text("1 One.\n\nPage 4 of 6\n\n2 Two goes\n\nPage 5 of 6\n\non here.\n\nPage 6 of 6\n")
    assert [(section.text, section.pages) for section in reading.sections] == [
        ("One.", (4,)),
        ("Two goes on here.", (5, 6)),
    ]


def test_page_marks_at_the_head_number_the_pages_below_them(read_text: Callable[[str], Reading]) -> None:
    reading = read_text("Vale Council\n\nPage 1\n\n1 One.\n\nVale Council\n\nPage 2\n\n2 Two.\n")
    assert [(section.text, section.pages) for section in reading.sections] == [("One.", (1,)), ("Two.", (2,))]


DENSE = """2.   ROLES OF MEMBERS AND OFFICERS IN THE BUSINESS OF THE COUNCIL
2.1  Both Members and Officers serve the public, and they are indispensable
     to one another. But their responsibilities are distinct, as section
     2.2 makes clear.
2.2  Members may not:
     a)   instruct an Officer to do anything outside the law;
     b)   ask for private work.
     For the avoidance of doubt, an Officer may refuse to do such things.
Officers of the Council
2.3  Officers are responsible to the Chief Executive, and to nobody else.
"""


def test_a_text_without_empty_lines_keeps_its_headings_lists_and_paragraphs(
    read_text: Callable[[str], Reading],
) -> None:
    reading = read_text(DENSE)
    assert numbers(reading) == ["2.1", "2.2", "2.3"]
    assert reading.sections[1].text == (
        "Members may not:\na) instruct an Officer to do anything outside the law;\nb) ask for private work."
        "\n\nFor the avoidance of doubt, an Officer may refuse to do such things."
    )
    assert reading.sections[2].path == (
        "2. ROLES OF MEMBERS AND OFFICERS IN THE BUSINESS OF THE COUNCIL",
        "Officers of the Council",
    )


def test_form_feeds_count_pages_from_one(read_text: Callable[[str], Reading]) -> None:
    assert [section.pages for section in read_text("1 One.\n\f2 Two.\n").sections] == [(1,), (2,)]


def test_a_table_keeps_its_lines_and_spacing(read_text: Callable[[str], Reading]) -> None:
    table = "Leader         leads the Cabinet\nChairman       leads the meeting"
    section = read_text(f"1 Who leads whom is shown here.\n\n{table}\n\n2 Two.\n").sections[0]
    assert section.text == f"Who leads whom is shown here.\n\n{table}"


def test_a_number_used_twice_is_one_problem_that_names_both_lines(read_text: Callable[[str], Reading]) -> None:
    reading = read_text("4.1 One.\n\n4.2 Two.\n\n4.2 Two again.\n\n4.3 Three.\n")
    assert problems(reading) == ["protocol.txt:5: number 4.2 stands twice, here and on line 3: change one"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1 “Café”\r\n\r\n".encode("utf-8-sig") + b"2 Second.\r\n", "“Café”"),
        (b"1 \x93Caf\xe9\x94\n\n2 Second.\n", "“Café”"),
        ("1 “Café”\n\n2 Second.\n".encode("utf-16"), "“Café”"),
    ],
)
def test_the_encodings_of_older_editors_are_read(
    content: bytes, expected: str, read_text: Callable[[bytes], Reading]
) -> None:
    assert read_text(content).sections[0].text == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "1: this is empty: put the document's text in it, or delete it"),
        (b" \n\n", "1: this is empty: put the document's text in it, or delete it"),
        (b"1 One.\n2 T\x00wo.\n", "2: the control character U+0000 stands here: delete it"),
        (b"1 One.\n2 T\x07wo.\n", "2: the control character U+0007 stands here: delete it"),
        (b"1 \xed\xa0\x80\n", "1: half a character (a lone surrogate) stands here: type the character again"),
        (
            b"\xff\xfe1\x00\n\x00\x00\xd8 \x00",
            "2: half a character (a lone surrogate) stands here: type the character again",
        ),
        ("1 One.\n2 é ".encode() + b"\x93\n", "2: the byte 0x93 here is not UTF-8: save the file as UTF-8"),
        ("1 a\u202eb\n", "1: the hidden character U+202E stands here, which a reader cannot see: delete it"),
        ("1 a\n2 a\u200bb\n", "2: the hidden character U+200B stands here, which a reader cannot see: delete it"),
        ("1 \U000e0041\n", "1: the hidden character U+E0041 stands here, which a reader cannot see: delete it"),
        (
            "1 \uf0b7 a\n",
            "1: U+F0B7 is a sign of one font only, so others see a box: write - or the character it stands for",
        ),
    ],
)
def test_what_a_person_cannot_see_is_one_problem_with_its_line(
    content: str | bytes, expected: str, read_text: Callable[[str | bytes], Reading]
) -> None:
    assert problems(read_text(content)) == [f"protocol.txt:{expected}"]


def test_all_problems_of_a_file_come_at_once(read_text: Callable[[str], Reading]) -> None:
    reading = read_text("1 One.\n\n1 T\u200bwo.\n\n2 Th\x07ree.\n")
    assert [problem.line for problem in reading.problems] == [3, 3, 5]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("scan.pdf", "cannot read .pdf; save it as .md or .txt"),
        ("README", "cannot read README; save it as .md or .txt"),
        ("gone.txt", "this cannot be read (No such file or directory): put a readable file in its place"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(name: str, sentence: str, tmp_path: Path) -> None:
    assert problems(read(tmp_path / name, "x", name)) == [f"{name}:1: {sentence}"]


def test_a_file_of_more_than_25_mb_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(25 * 1024 * 1024 + 1)
    assert problems(read(path, "huge", "huge.txt")) == ["huge.txt:1: this is larger than 25 MB: split it in several"]


@pytest.mark.parametrize("content", ["# One\n\n## Two\n", "<!-- nothing yet -->\n", "---\ntitle: Bare\n---\n"])
def test_a_document_without_paragraphs_holds_no_section(content: str, tmp_path: Path) -> None:
    path = tmp_path / "bare.md"
    path.write_text(content, encoding="utf-8")
    assert problems(read(path, "bare", "bare.md")) == [
        "bare.md:1: this holds no paragraph that could be quoted: put the protocol's text in it, or delete it"
    ]


WORDS = st.sampled_from(
    "members officers council budget advice listen promptly day-to-day e-mail Cabinet Leader £500 28 2024 10.30 4.2"
    " paragraph see section (a) and below, Monitoring Officer".split()
)
SENTENCE = st.lists(WORDS, min_size=4, max_size=25).map(lambda words: f"The {' '.join(words)} matters.")
PARAGRAPH = st.lists(SENTENCE, min_size=1, max_size=3).map(" ".join)
PARTS: st.SearchStrategy[list[str]] = st.one_of(st.just([]), st.lists(SENTENCE, min_size=2, max_size=12))
CHAPTERS = st.lists(st.lists(st.tuples(PARAGRAPH, PARTS), min_size=1, max_size=5), min_size=2, max_size=5)
LETTERS = tuple("abcdefghijkl")
NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")


def as_list(paragraph: str, parts: list[str], marks: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    """A paragraph and its parts as fragments: "The x." becomes the stem "The x:", or "the y;"."""
    ends = [";"] * (len(parts) - 2) + ["; and", "."]
    fragments = [f"the{part[3:-1]}{end}" for part, end in zip(parts, ends, strict=True)] if parts else []
    stem = f"{paragraph[:-1]}:" if parts else paragraph
    return stem, [(f"({mark})", fragment) for mark, fragment in zip(marks, fragments, strict=False)]


def label_of(style: str, chapter: int, count: int, total: int) -> str:
    return {
        "dotted": f"{chapter}.{count}",
        "whole": f"{total}",
        "prefix": f"{'ABCDE'[chapter - 1]}{count}",
        "statutory": f"{total}.",
        "headings": "",
    }[style]


@pytest.mark.parametrize("style", ["dotted", "whole", "prefix", "statutory", "headings"])
@given(chapters=CHAPTERS, width=st.integers(55, 100), marks=st.sampled_from([LETTERS, NUMERALS]))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_word_comes_back_in_order_and_nothing_else(
    style: str, chapters: list[list[tuple[str, list[str]]]], width: int, marks: Sequence[str], tmp_path: Path
) -> None:
    lines, expected, total = ["A protocol of invented words", ""], [], 0
    for chapter, paragraphs in enumerate(chapters, start=1):
        heading = f"Chapter of {'first second third fourth fifth'.split()[chapter - 1]} things"
        lines += [f"{chapter} {heading}" if style == "dotted" else heading, ""]
        for count, (paragraph, parts) in enumerate(paragraphs, start=1):
            total += 1
            label = label_of(style, chapter, count, total)
            stem, fragments = as_list(paragraph, parts, marks)
            for mark, words in [(label, stem), *fragments]:
                lines += [*textwrap.wrap(f"{mark} {words}".strip(), width, break_on_hyphens=False), ""]
            text = "\n".join([stem, *(f"{mark} {fragment}" for mark, fragment in fragments)])
            expected.append((label.rstrip(".") or f"{heading} / {count}", text))
    path = tmp_path / "drawn.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    reading = read(path, "drawn")
    assert [(section.number, section.text) for section in reading.sections] == expected
    source = " ".join(path.read_text(encoding="utf-8").split())
    assert all(" ".join(section.text.split()) in source for section in reading.sections)


def test_a_part_numbered_with_a_nought_is_a_heading(read_text: Callable[[str], Reading]) -> None:
    reading = read_text("1.0 INTRODUCTION\n\n1.1 Members are courteous.\n\n2.0 ROLES\n\n2.1 Officers set rotas.\n")
    assert [(section.number, section.heading) for section in reading.sections] == [
        ("1.1", "INTRODUCTION"),
        ("2.1", "ROLES"),
    ]
