"""Strict YAML: text stays as typed, every surprise is a Problem with its line and mend, and nothing else is raised."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_builder.knowledge.strict_yaml import LIMIT, load, load_bytes, load_file
from index_builder.knowledge.values import Listing, Scalar, Table, Value

if TYPE_CHECKING:
    from pathlib import Path


def text_of(value: Value | None, *keys: str | int) -> Scalar:
    for key in keys:
        assert isinstance(value, Table | Listing)
        value = {str(k): v for k, v in value.items()}[str(key)] if isinstance(value, Table) else value[int(key)]
    assert isinstance(value, Scalar)
    return value


def test_every_scalar_stays_as_typed_with_its_line_and_its_quotes() -> None:
    value, problems = load('title: Wendleshire\nsections:\n  - 3.10\n  - "3.10"\n  - D2.1\n', "council.yaml")
    typed, quoted, lettered = (text_of(value, "sections", row) for row in range(3))
    assert problems == []
    assert (typed, typed.plain, typed.taken_for, typed.place.line) == ("3.10", True, "a number", 3)
    assert (quoted, quoted.plain, quoted.taken_for, quoted.place.line) == ("3.10", False, "", 4)
    assert (lettered, lettered.plain, lettered.taken_for, lettered.place.path) == ("D2.1", True, "", "council.yaml")


@pytest.mark.parametrize(
    ("typed", "taken_for"),
    [
        ("3.10", "a number"),
        ("007", "a number"),
        ("0o17", "a number"),
        ("0x1F", "a number"),
        ("1_000", "a number"),
        ("1e3", "a number"),
        (".inf", "a number"),
        ("12:30:45", "a number"),
        ("01905763763", "a number"),
        ("NO", "yes or no"),
        ("on", "yes or no"),
        ("y", "yes or no"),
        ("true", "yes or no"),
        ("null", "nothing"),
        ("~", "nothing"),
        ("", "nothing"),
        ("2026-05-19", "a date"),
        ("2026-05-19 10:00:00", "a date"),
        ("=", "a sign of YAML's own"),
        ("3.10.2", ""),
        ("Nobody", ""),
        ("+44 1632 960140", ""),
    ],
)
def test_a_plain_scalar_knows_what_yaml_takes_it_for(typed: str, taken_for: str) -> None:
    value, problems = load(f"key: {typed}\n", "f")
    assert (text_of(value, "key"), text_of(value, "key").taken_for, problems) == (typed, taken_for, [])


def test_lines_count_from_the_first_line_given() -> None:
    value, problems = load("title: a\ntitle: b\n", "guide.md", first_line=7)
    assert text_of(value, "title").place.line == 7
    assert [(problem.path, problem.line) for problem in problems] == [("guide.md", 8)]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\n\n", "\ufeff"])
def test_a_text_without_content_is_an_empty_table(text: str) -> None:
    assert load(text, "f") == ({}, [])


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault() -> None:
    value, problems = load_bytes("\ufeffa: b\r\nc: d\r\n".encode(), "f")
    assert (value, problems, text_of(value, "c").place.line) == ({"a": "b", "c": "d"}, [], 2)


BROKEN = [
    ("a: &x 1", 1, "delete “&x”"),
    ("a: &x [1]\nb: *x", 2, "write out what “*x” stands for"),
    ("a: 1\n<<: {b: 2}", 2, "write the keys out"),
    ("a: !!str 3.10", 1, "delete “!!str”"),
    ("a: !!python/object/apply:os.system [ls]", 1, "tags are not read here"),
    ("a: !local x", 1, "delete “!local”"),
    ("a: !x!y z", 1, "put it in quotes"),
    ("%TAG ! tag:x,2026:\n---\na: b", 1, "delete this line"),
    ("%YAML 1.1\n---\na: b", 1, "delete this line"),
    ("%YAML 2.0\n---\na: b", 1, "delete this line"),
    (f"%YAML {'9' * 5000}.1\n---\na: b", 1, "out of range"),
    ("a: 1\nb: 2\na: 3", 3, "keep one"),
    ("a:\n  b: {c: 1, c: 2}", 2, "stands twice, first on line 2"),
    ("1: a", 1, 'write it in quotes: "1"'),
    ("no: a", 1, 'write it in quotes: "no"'),
    ("3.10: a", 1, 'write it in quotes: "3.10"'),
    ("null: a", 1, 'write it in quotes: "null"'),
    ("2026-05-19: a", 1, "would be read as a date"),
    ("1" * 500 + ": a", 1, "write it in quotes"),
    ("? [a, b]\n: c", 1, "write a word before the colon"),
    ("? {a: b}\n: c", 1, "write a word before the colon"),
    ("a: 1\n---\nb: 2", 2, "keep one in a file"),
    ("a: 1\n...\nb: 2", 3, "delete the lines --- and ..."),
    ("a:\n\tb: 1", 2, "put spaces in its place"),
    ("\ta: 1", 1, "put spaces in its place"),
    ("a: @x", 1, "put it in quotes"),
    ("a: `x`", 1, "put it in quotes"),
    ("a: %x", 1, "put it in quotes"),
    ("a: *", 1, "put it in quotes"),
    ("a: & b", 1, "put it in quotes"),
    ("a: 1\nb: c: d", 2, "put the text in quotes"),
    ("a: 1\nb: - c", 2, "put it under its key"),
    ("a: 1\nb", 2, "write key: text"),
    ("a: 'x\nb: 1", 1, "close it"),
    ('a: "x\nb: 1', 1, "close it"),
    ("a: [x\nb: 1", 1, "close it"),
    ("a: 1\nb: [x, y\n", 2, "close"),
    ("a: {x: y\nb: 1", 1, "close it"),
    ("a: [x,", 1, "close every ["),
    ("a: ]", 1, "put it in quotes"),
    ("a: ,x", 1, "put it in quotes"),
    ('a: "\\q"', 1, "use single quotes"),
    ('a: "\\UFFFFFFFF"', 1, "write the character itself"),
    ('a: "\\0"', 1, "delete U+0000"),
    ('a: "\\ud800"', 1, "delete U+D800"),
    ('a: "\\u202e"', 1, "delete U+202E"),
    ("a: 1\nb: x\x00y", 2, "delete U+0000"),
    ("a: 1\nb: x\x1b[31m", 2, "delete U+001B"),
    ("a: 1\nb: \u202elive", 2, "delete U+202E"),
    ("a: 1\nb: bully\u200bing", 2, "delete U+200B"),
    ("a: 1\nb: \ud800", 2, "delete U+D800"),
    ("a: 1\nb: c\u2028d: e", 2, "delete U+2028"),
    ("a: 'it's'", 1, "quotation marks"),
    ("a:\n  b: 1\n c: 2", 3, "check its indentation"),
    ("a: |x\n b", 1, "start the text on the next line"),
    (f"a: {'[' * 20}{']' * 20}", 1, "write them flatter"),
    ("x" * (LIMIT + 1), 1, "shorten it"),
]


@pytest.mark.parametrize(("text", "line", "mend"), BROKEN)
def test_each_surprise_of_yaml_is_a_problem_with_line_and_mend(text: str, line: int, mend: str) -> None:
    _, problems = load(text, "policy.yaml")
    said = [str(problem) for problem in problems]
    assert any(each.startswith(f"policy.yaml:{line}: ") and mend in each for each in said), said
    assert all(each.isprintable() and len(each) < 250 for each in said)


@pytest.mark.parametrize(
    ("raw", "line", "mend"),
    [
        ("a: b".encode("utf-16"), 1, "save it as UTF-8"),
        ("a: b".encode("utf-16-le"), 1, "save it as UTF-8"),
        ("a: b".encode("utf-16-be"), 1, "save it as UTF-8"),
        ("a: b".encode("utf-32"), 1, "save it as UTF-8"),
        ("a: b\r\nc: café".encode("cp1252"), 2, "save the file as UTF-8"),
        (b"a: b\nc: \x00", 2, "delete U+0000"),
        (b"a: \xed\xa0\x80", 1, "save the file as UTF-8"),
        (b"a" * (LIMIT + 1), 1, "shorten it"),
    ],
)
def test_bytes_that_are_not_utf_8_are_a_problem_with_line_and_mend(raw: bytes, line: int, mend: str) -> None:
    _, problems = load_bytes(raw, "policy.yaml")
    assert [(problem.path, problem.line) for problem in problems] == [("policy.yaml", line)]
    assert mend in problems[0].sentence


def test_all_that_is_wrong_is_said_at_once_and_in_order() -> None:
    text = "a: &x 1\na: *x\nno: !!str 2\n<<: 3\nb: \u200b\nc: [\n"
    assert [problem.line for problem in load(text, "f")[1]] == [1, 2, 2, 3, 3, 4, 5, 7]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[\n", "[[a]: "])
def test_a_depth_of_100_000_stops_early(opening: str) -> None:
    value, problems = load((opening * 100_000)[:LIMIT], "f")
    assert value is None
    assert [problem.sentence for problem in problems if "write them flatter" in problem.sentence]


def test_twenty_lists_within_one_another_are_read() -> None:
    assert load("[" * 20 + "]" * 20, "f")[1] == []


def test_an_alias_bomb_does_not_grow() -> None:
    lines = [
        "a0: &a0 [x, x, x, x, x, x, x, x, x]",
        *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)),
    ]
    value, problems = load("\n".join(lines), "f")
    assert len(problems) == 12 + 9 * 11
    assert len(json.dumps(value)) < 2000


def test_a_file_may_be_as_large_as_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text(f"a: b\n#{'x' * (LIMIT - 6)}", encoding="utf-8")
    assert load_file(path, "large.yaml") == ({"a": "b"}, [])
    path.write_text(f"a: b\n#{'x' * (LIMIT - 5)}", encoding="utf-8")
    assert [problem.line for problem in load_file(path, "large.yaml")[1]] == [1]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "sound.yaml").write_text("a: b\n", encoding="utf-8")
    assert load_file(tmp_path / "sound.yaml", "sound.yaml") == ({"a": "b"}, [])
    for path in (tmp_path, tmp_path / "absent.yaml"):
        value, problems = load_file(path, "shown.yaml")
        assert value is None
        assert [str(problem)[:21] for problem in problems] == ["shown.yaml:1: this ca"]


YAML_SIGNS = st.text(alphabet="ab1.0 \n\t:-?,[]{}#&*!|>'\"%@`\\=<~xuUN/_+\x00\x85\u2028\ud800é", max_size=60)


@given(text=st.one_of(st.text(), YAML_SIGNS))
def test_no_text_raises_anything(text: str) -> None:
    value, problems = load(text, "f")
    assert value is not None or problems
    assert all(str(problem).isprintable() and problem.line >= 1 for problem in problems)


@given(raw=st.one_of(st.binary(), YAML_SIGNS.map(lambda text: text.encode("utf-16", "surrogatepass"))))
def test_no_bytes_raise_anything(raw: bytes) -> None:
    value, problems = load_bytes(raw, "f")
    assert value is not None or problems


@given(text=st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=80))
def test_a_quoted_text_comes_back_as_typed(text: str) -> None:
    value, problems = load(f"key: {json.dumps(text, ensure_ascii=False)}\n", "f")
    assert (text_of(value, "key"), text_of(value, "key").taken_for, problems) == (text, "", [])
