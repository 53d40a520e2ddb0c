"""What a threat is after, and about what, in the writer's own words and with nothing invented."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.demand import Facts, dated, facts_of, lowered, undated

JOINING = frozenset("please i we need to have a an ask that make sure".split())
LONGEST = 10_000  # characters of a draft
WORDS = (
    "you I we the gate list fix is not isn't don't have haven't fixed send by Friday noon 5pm or else if unless "
    "otherwise, either about on my report no there answer and do does cannot want press tell must will , ; : –"
).split()


def _demand(sentence: str) -> str:
    return facts_of(sentence, (), ()).demand


def _topic(sentence: str, *others: str) -> str:
    return facts_of(sentence, (), others).topic


@pytest.mark.parametrize(
    ("sentence", "demand"),
    [
        ("Fix the gate by Friday or I go to the press.", "Please fix the gate by Friday"),
        ("Please just send me the list, or else I go public.", "Please send me the list"),
        ("Send me the list; otherwise I go public.", "Please send me the list"),
        ("Send me the list. If not, I go public.", "Please send me the list"),
        ("Either you fix the gate or I ring him.", "Please fix the gate"),
        ("Now either the gate is fixed or you will be sorry.", "I ask that the gate is fixed"),
        ("These lamps are mended by Friday or the press will hear.", "I ask that these lamps are mended by Friday"),
        ("I am tired of this, but send me the list or I resign.", "Please send me the list"),
        ("Do it or else.", "Please do it"),
        ("I want the gate fixed, or I ring him.", "I want the gate fixed"),
        ("We need the list today or we go public.", "We need the list today"),
        ("You will publish the list or I resign.", "Please publish the list"),
        ("You'd better send me the list or I resign.", "Please send me the list"),
        ("You have to send me the list or I resign.", "Please send me the list"),
        ("My gate is fixed or I ring him.", "I ask that my gate is fixed"),
        ("If you do not reply by Monday, I complain.", "Please reply by Monday"),
        ("If you can\u2019t answer this, I complain.", "Please answer this"),
        ("If you refuse to answer this, I complain.", "Please answer this"),
        ("I shall complain if you fail to answer this.", "Please answer this"),
        ("If I don't hear from you, I complain.", "I need to hear from you"),
        ("If we have not had the list, we complain.", "We need to have had the list"),
        ("If there is no answer today, I complain.", "I need an answer today"),
        ("If there's no reply today, I complain.", "I need a reply today"),
        ("If there is no progress today, I complain.", "I need progress today"),
        ("If the gate isn't fixed, I complain.", "Please make sure that the gate is fixed"),
        ("If you have not replied by noon, I complain.", "Please make sure that you have replied by noon"),
        ("If it isn't fixed then I will complain.", "Please make sure that it is fixed"),
        ("Unless you fix the gate, I complain.", "Please fix the gate"),
        ("Unless I hear from you, I complain.", "I need to hear from you"),
        ("I complain unless the gate is fixed.", "Please make sure that the gate is fixed"),
        ("If  the \t gate isn't   fixed, I complain.", "Please make sure that the gate is fixed"),
    ],
)
def test_a_threat_becomes_the_request_in_it(sentence: str, demand: str) -> None:
    assert _demand(sentence) == demand


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "I will have your job.",
        "I do not know whether to laugh or cry.",
        "You are lazy or stupid.",
        "Are you lazy or stupid?",
        "Do you want tea or coffee in the room?",
        "It is three or four weeks late.",
        "You have until Friday or I go to the press.",
        "No answer by noon or I go to the press.",
        "Now either the gate is fixed or heads will roll.",
        "Send me the list or a map of it.",
        "A wall like that holds or the town floods.",
        "He went home or he went to bed.",
        "Gates need paint or they rust.",
        "Shame on you or the press will hear.",
        "If you don't like it, resign.",
        "If you do not want this in the papers, be careful.",
        "If I do not like the answer, I complain.",
        "I wonder if you are well today.",
        f"Fix {'the gate and ' * 30} or I ring him.",
    ],
)
def test_where_nothing_is_plainly_asked_there_is_no_demand(sentence: str) -> None:
    assert not _demand(sentence)


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("I want every file of it By Friday.", "I want every file of it."),
        ("I want every file of it by 5pm on Friday.", "I want every file of it."),
        ("I want every file of it before the 3rd of May!", "I want every file of it."),
        ("I want every file of it, by 10 June 2026.", "I want every file of it."),
        ("I want every file of it no later than noon tomorrow.", "I want every file of it."),
        ("I want every file of it by the end of the week.", "I want every file of it."),
        ("I want every file of it by close of play.", "I want every file of it."),
        ("I want it by Friday.", ""),
        ("By Friday I want every file of it by noon.", ""),
    ],
)
def test_by_when_is_read_and_left_out_where_enough_stands_without(sentence: str, left: str) -> None:
    assert dated(sentence)
    assert undated(sentence) == left


@pytest.mark.parametrize("sentence", ["", "I went by bus before the others.", "I want every file of it."])
def test_a_sentence_without_a_date_has_none_to_leave_out(sentence: str) -> None:
    assert not dated(sentence)
    assert undated(sentence) == ""


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("I want every file of it tonight.", "I want every file of it."),
        ("I want every file of it within the hour!", "I want every file of it."),
        ("I want every file of it in ten minutes.", "I want every file of it."),
    ],
)
def test_soon_is_left_out_too(sentence: str, left: str) -> None:
    assert undated(sentence) == left


def test_the_topic_is_what_a_sentence_says_it_is_about_or_else_another_sentence_does() -> None:
    assert _topic("You lied about the bin store, again.") == "the bin store"
    assert _topic("You lied about the bin store.", "I wrote about our flood wall in May.") == "the bin store"
    assert _topic("You lied.", "I wrote about our flood wall in May.") == "our flood wall"
    assert _topic("You lied.", "It rained.", "Ann rang with These lamp posts in mind.") == "these lamp posts"


@pytest.mark.parametrize(
    "sentence",
    ["The harbour lease is late.", "It stands in the bin store.", "I wrote about harbour leases.", "I saw that gate."],
)
def test_what_no_sentence_says_it_is_about_is_no_topic(sentence: str) -> None:
    assert _topic(sentence, sentence) == ""


def test_the_deed_is_what_the_risky_words_are_said_of() -> None:
    assert facts_of("How clever to close the path in May.", [(0, 10)], ()).deed == "to close the path in May"
    assert facts_of("You lied to the committee.", [(0, 8)], ()).deed == ""


@pytest.mark.parametrize("words", ["about the boss", "about the rest", "about the", "about the x", "on the other hand"])
def test_a_person_or_a_turn_of_phrase_is_no_topic(words: str) -> None:
    assert _topic(f"I asked {words}.") == ""


@pytest.mark.parametrize(
    ("words", "within"),
    [
        ("Fix it", "fix it"),
        ("I want", "I want"),
        ("I'm off", "I'm off"),
        ("NHS beds", "NHS beds"),
        ("A gate", "a gate"),
        ("", ""),
    ],
)
def test_words_lose_their_capital_within_a_sentence_unless_they_own_it(words: str, within: str) -> None:
    assert lowered(words) == within


def _words(text: str) -> set[str]:
    plain = text.lower().replace("\u2019", "'")
    return set(re.findall(r"[^\W_]+", re.sub(r"n't\b", "", plain))) | set(re.findall(r"[^\W_]+", plain))


@settings(deadline=None)
@given(
    st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join)),
    st.lists(st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join), max_size=2),
    st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_nothing_is_invented(sentence: str, others: list[str], span: tuple[int, int]) -> None:
    facts = facts_of(sentence, [(min(span), max(span))], others)
    assert _words(facts.demand) <= _words(sentence) | JOINING
    assert _words(facts.deed) | _words(undated(sentence)) <= _words(sentence)
    assert _words(facts.topic) <= _words(" ".join([sentence, *others]))


@pytest.mark.parametrize(
    "part",
    [
        *(" ", "or ", "the ", "the  ", "by ", "by 1 ", "if ", "unless ", "on the a ", "either ", "and ", "you ", ", "),
        *("if a is", "if i do not ", "a", "1", ". ", "\t", "to ", "i want "),
    ],
)
def test_the_longest_draft_of_anything_is_read_to_its_end(part: str) -> None:
    sentence = (part * LONGEST)[:LONGEST]
    for text in (sentence, f"the{sentence}x", f"if {sentence} or x"):
        assert isinstance(facts_of(text, [(0, 3)], [text]), Facts)
        assert isinstance(undated(text), str)
