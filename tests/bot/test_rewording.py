"""Another wording is made of the draft's own words, or there is none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.demand import Facts
from bot.rewording import calmed, rest, reworded

LONGEST = 10_000  # characters of a draft
NOTHING = Facts("", "", "")
WORDINGS = ("{demand}. Tell me why.", "I do not think it was right {deed}.", "On {topic}: tell me.", "Tell me.")


def _rest(sentence: str, *risky: str) -> str:
    return rest(sentence, [(sentence.index(words), sentence.index(words) + len(words)) for words in risky])


@pytest.mark.parametrize(
    ("facts", "wordings"),
    [
        (Facts("Please ring", "the gate", ""), ["Please ring. Tell me why.", "On the gate: tell me.", "Tell me."]),
        (Facts("Please ring", "", ""), ["Please ring. Tell me why.", "Tell me."]),
        (Facts("", "the gate", ""), ["On the gate: tell me.", "Tell me."]),
        (Facts("", "", "to go"), ["I do not think it was right to go.", "Tell me."]),
        (NOTHING, ["Tell me."]),
    ],
)
def test_the_wordings_whose_blanks_are_filled_come_best_first(facts: Facts, wordings: list[str]) -> None:
    assert list(reworded(WORDINGS, facts)) == wordings


def test_without_the_words_for_any_wording_there_is_none() -> None:
    assert not list(reworded(["{demand}.", "I do not think it was right {deed}.", "On {unknown}"], NOTHING))
    assert not list(reworded([], Facts("Please ring", "", "")))


def test_braces_in_a_draft_are_words_like_others() -> None:
    assert list(reworded(["{demand}."], Facts("Please ring {by} {0}", "", ""))) == ["Please ring {by} {0}."]


@pytest.mark.parametrize(
    ("sentence", "risky", "left"),
    [
        ("You lied, and I need the list by Friday.", "You lied", "I need the list by Friday."),
        ("I need the list by Friday, you fool.", "you fool", "I need the list by Friday."),
        ("Well done, genius; when will it open?", "Well done, genius", "When will it open?"),
        ("The gate is down, you idiot, and we need it.", "you idiot", "The gate is down. We need it."),
        ("You lied.", "You lied", ""),
        ("You fool, the gate", "You fool", ""),
        ("The gate is a disgrace.", "a disgrace", ""),
        ("You fool, and of the", "You fool", ""),
        ("You hid the list, why it was late", "You hid the list", ""),
        ("You hid the list, and when it was late", "You hid the list", ""),
        ("Your report, useless as ever, came on Friday.", "useless as ever", "Your report came on Friday."),
        ("The list, you fool, is on my desk?", "you fool", "The list is on my desk?"),
    ],
)
def test_what_stands_by_itself_is_kept_as_a_sentence(sentence: str, risky: str, left: str) -> None:
    assert _rest(sentence, risky) == left


def test_what_stands_between_two_risks_goes_with_them() -> None:
    assert _rest("You lied, we are late, and you hid it, so I need it.", "You lied", "you hid it") == "I need it."


@settings(deadline=None)
@given(
    st.lists(st.sampled_from("you lied , and I need the list is – not ? ( a gate because".split()), max_size=15),
    st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_the_rest_adds_no_word(words: list[str], span: tuple[int, int]) -> None:
    sentence = " ".join(words)
    start, end = sorted(min(place, len(sentence)) for place in span)
    kept = rest(sentence, [(start, end)])
    outside = f"{sentence[:start]} {sentence[end:]}".lower()
    assert set(re.findall(r"\w+", kept.lower())) <= set(re.findall(r"\w+", outside))


@pytest.mark.parametrize(
    ("shouted", "known", "calm"),
    [
        ("FIX THE GATE NOW!!!", "", "Fix the gate now."),
        ("WHY IS THE GATE DOWN!!!", "", "Why is the gate down?"),
        ("REALLY?! I DO NOT KNOW", "", "Really? I do not know"),
        ("IT'S LATE. I'M CROSS", "", "It's late. I'm cross"),
        ("THE GATE ON WEIR LANE", "We met in Weir Lane.", "The gate on Weir Lane"),
        ("ASK MR JONES AND THE NHS", "", "Ask Mr Jones and the NHS"),
        ("ASK THE RSPB ABOUT CIL", "", "Ask the RSPB about CIL"),
        ("THE AONB IS OURS", "Is it in the AONB?", "The AONB is ours"),
        ("Please FIX the gate", "", "Please fix the gate"),
        ("", "", ""),
    ],
)
def test_shouting_is_calmed_and_names_stay_names(shouted: str, known: str, calm: str) -> None:
    assert calmed(shouted, known) == calm


@settings(deadline=None)
@given(st.text("ABIMRy .,'\n?1", max_size=60), st.text("Ab IM", max_size=30))
def test_calming_changes_capitals_and_marks_only(shouted: str, known: str) -> None:
    assert calmed(shouted, known).lower() == re.sub(r"\?{2,}", "?", shouted.lower())


@pytest.mark.parametrize(
    "part", [" ", "-", ", ", "and ", "and", ",", "that to the ", "A", "A'", "!", "a ", "\n", "(- "]
)
def test_the_longest_sentence_of_anything_is_reworded(part: str) -> None:
    sentence = (part * LONGEST)[:LONGEST]
    for text in (sentence, f"x{sentence}x, you", f"you, {sentence} x"):
        middle = len(text) // 2
        for risky in ((0, 3), (middle, middle + 1), (len(text) - 3, len(text))):
            assert isinstance(rest(text, [risky]), str)
        assert isinstance(calmed(text, text), str)
