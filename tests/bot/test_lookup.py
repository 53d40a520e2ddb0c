"""Section numbers, as people type them."""

from __future__ import annotations

import pytest

from bot.domain import Section
from bot.lookup import Numbers

NUMBERS = (
    "Rule 1",
    "Section 1 / 1",
    "1.1",
    "3.10",
    "3.1",
    "4.2(a)",
    "4.2(b)",
    "SO 7",
    "D2.1",
    "D2.2",
    "Start here / 2",
    "12",
)
BOOK = Numbers([Section("protocol", number, "", (), "Text.") for number in NUMBERS])


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("3.10", ["3.10"]),
        ("3.1", ["3.1"]),
        ("section 3.10", ["3.10"]),
        ("what does paragraph 3.10 say?", ["3.10"]),
        ("Show me clause 4.2(A)", ["4.2(a)"]),
        ("4.2", ["4.2(a)", "4.2(b)"]),
        ("so 7", ["SO 7"]),
        ("SO7", ["SO 7"]),
        ("d2", ["D2.1", "D2.2"]),
        ("§ D2.1", ["D2.1"]),
        ("start here / 2", ["Start here / 2"]),
        ("Rule 1", ["Rule 1"]),
        ("what does rule 1 say?", ["Rule 1"]),
        ("Section 1 / 1", ["Section 1 / 1"]),
        ("9.9", []),
        ("section 99", []),
    ],
)
def test_a_number_is_looked_up(typed: str, found: list[str]) -> None:
    number = BOOK.asked(typed)
    assert number is not None
    assert [NUMBERS[row] for row in BOOK.rows(number)] == found


@pytest.mark.parametrize(
    "typed",
    ["who decides on 3.10?", "is section 3.10 about e-mail", "start here", "can 2 members meet?", "rotas", "what"],
)
def test_anything_else_is_a_question(typed: str) -> None:
    assert BOOK.asked(typed) is None
