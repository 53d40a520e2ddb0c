"""What people type, and what they paste by accident."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clean import LIMIT, cleaned
from bot.domain import UnusableQuestionError

WORDING = {
    "help": "Ask me anything.",
    "empty_question": "There was no question.",
    "question_too_long": "At most {limit} characters.",
}


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("  who\tdecides\n on  rotas? ", "who decides on rotas?"),
        ("who\x00 decides", "who decides"),
        ("who \ud800decides", "who decides"),
        ("who \u202esediced\u202c decides", "who sediced decides"),
        ("ro\u200bta", "rota"),
        ("\ufeffwho", "who"),
        ("\uff57\uff48\uff4f decides", "who decides"),
        ("\U000e0041who", "who"),
        ("pwy sy'n penderfynu? ŵ ŷ", "pwy sy'n penderfynu? ŵ ŷ"),
        ("who\r\ndecides\u2028now", "who decides now"),
        ("a\u00a0b", "a b"),
    ],
)
def test_only_visible_text_is_left(typed: str, clean: str) -> None:
    assert cleaned(typed, WORDING) == clean


@pytest.mark.parametrize("typed", ["", "   ", "\x00\x01", "\u202e", "\ud800"])
def test_an_empty_text_is_told_how_to_ask(typed: str) -> None:
    with pytest.raises(UnusableQuestionError, match=r"Ask me anything\."):
        cleaned(typed, WORDING)


@pytest.mark.parametrize("typed", ["?", "…", "🙂", "- -"])
def test_a_text_without_a_word_gets_a_sentence(typed: str) -> None:
    with pytest.raises(UnusableQuestionError, match=r"There was no question\."):
        cleaned(typed, WORDING)


def test_a_long_text_is_refused_never_cut() -> None:
    assert len(cleaned("a" * LIMIT, WORDING)) == LIMIT
    for text in ("a" * (LIMIT + 1), "word " * 250_000, "\ufdfa" * 60):
        with pytest.raises(UnusableQuestionError, match="At most 1000 characters"):
            cleaned(text, WORDING)


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_whatever_is_typed_is_cleaned_or_refused_and_cleaning_twice_changes_nothing(typed: str) -> None:
    try:
        once = cleaned(typed, WORDING)
    except UnusableQuestionError:
        return
    assert cleaned(once, WORDING) == once
    assert "\n" not in once
