"""Signs are found as whole words, across the ways people write them, in texts of any length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def _stand(text: str, *signs: str) -> list[str]:
    return [text[start:end] for start, end in Phrases(signs).spans(text)]


@pytest.mark.parametrize(
    ("text", "stand"),
    [
        ("He THREATENED me!", ["He THREATENED me"]),
        ("Then, he - really - threatened_me.", ["he - really - threatened_me"]),
        ("he threatened me; he threatened me", ["he threatened me", "he threatened me"]),
        ("he one two three four threatened me", []),
        ("she threatened men", []),
        ("", []),
    ],
)
def test_a_sign_stands_from_its_first_word_to_its_last(text: str, stand: list[str]) -> None:
    assert _stand(text, "he * threatened me") == stand


def test_places_are_code_points_of_the_text_as_it_was_typed() -> None:
    assert Phrases(["im scared"]).spans("😡  I\u2019M  scared…") == [(3, 14)]


def test_signs_that_overlap_stand_as_one_and_those_that_touch_do_not() -> None:
    assert _stand("you are a liar", "you are a", "a liar", "are") == ["you are a liar"]
    assert _stand("you are a liar", "you are", "a liar") == ["you are", "a liar"]


def test_a_sign_that_could_begin_twice_stands_from_the_later_place() -> None:
    assert _stand("he he hit me", "he * hit me", "hit") == ["he hit me"]


@given(
    st.lists(st.sampled_from("he hit me HIT, I'm a_b . …".split()), max_size=15).map(" ".join),
    st.lists(st.sampled_from(["he", "he * me", "hit me", "im", "a b", "me * he"]), max_size=4),
)
def test_spans_are_in_order_and_apart_and_there_are_some_where_a_sign_is_found(text: str, signs: list[str]) -> None:
    phrases = Phrases(signs)
    spans, last = phrases.spans(text), 0
    for start, end in spans:
        assert last <= start < end <= len(text)
        assert phrases.found(text[start:end]) is not None
        last = end
    assert bool(spans) is (phrases.found(text) is not None)


@pytest.mark.parametrize("unit", ["he ", "he threatened me ", "'", "a'", "me you "])
def test_the_spans_of_a_megabyte_are_in_order(unit: str) -> None:
    spans = Phrases(["he * he * threatened me", "me * you"]).spans(unit * (1_000_000 // len(unit)))
    assert spans == sorted(spans)
