"""Signs are found as whole words, across the ways people write them, in texts of any length."""

from __future__ import annotations

import pytest

from bot.phrases import Phrases, normal


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("I'm", "im"),
        ("I\u2019M scared!!", "im scared"),
        ("  e-mail,\n\tNOT a_letter ", "e mail not a letter"),
        ("£5k – s.151?", "5k s 151"),
        ("…'’!", ""),
    ],
)
def test_words_are_compared_without_case_apostrophes_and_punctuation(typed: str, words: str) -> None:
    assert normal(typed) == words
    assert normal(normal(typed)) == words


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("He threatened me.", "he * threatened me"),
        ("he has really badly THREATENED me", "he * threatened me"),
        ("he, one two three; threatened me", "he * threatened me"),
        ("he one two three four threatened me", None),
        ("the threatened me", None),
        ("he threatened men", None),
        ("he threatened", None),
        ("he he he he he threatened me", "he * threatened me"),
    ],
)
def test_a_star_stands_for_up_to_three_words(text: str, sign: str | None) -> None:
    assert Phrases(["he * threatened me"]).found(text) == sign


def test_the_sign_that_ends_first_is_given_as_it_was_written() -> None:
    phrases = Phrases(["I'm being * bullied", "being so"])
    assert phrases.found("I’m being so bullied") == "being so"
    assert phrases.found("I’m being bullied") == "I'm being * bullied"


def test_signs_that_begin_alike_do_not_hide_each_other() -> None:
    phrases = Phrases(["he * hit me", "he * hurt me", "he hit"])
    assert phrases.found("he then hurt me") == "he * hurt me"
    assert phrases.found("and he hit the desk") == "he hit"
    assert phrases.found("he hurt himself very badly then hit me") is None


@pytest.mark.parametrize("sign", ["", "  ", "*", "* * *", "?!"])
def test_a_sign_without_a_word_never_occurs(sign: str) -> None:
    assert Phrases([sign]).found("anything at all") is None


def test_a_star_at_either_end_asks_for_nothing_more() -> None:
    assert Phrases(["* hit me *"]).found("hit me") == "* hit me *"


@pytest.mark.parametrize("unit", ["he ", "he he threatened ", "he", "'", "he * ", "a b c "])
def test_a_megabyte_made_to_mislead_is_read_through(unit: str) -> None:
    phrases = Phrases(["he * he * he * threatened me", "he * threatened * you"])
    text = unit * (1_000_000 // len(unit))
    assert phrases.found(text) is None
    assert phrases.found(text + " . he really threatened me you") is not None
