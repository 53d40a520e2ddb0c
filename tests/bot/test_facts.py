"""The facts a text states: sums in figures and words, whose limits they are, and how the one stands to the other."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.facts import Amount, Facts, Holder, facts_of, in_words

OFFICERS, MEMBERS, KEY = Holder.OFFICERS, Holder.MEMBERS, Holder.KEY
LONGEST = 1_000  # characters of a question


def _sums(text: str) -> list[float]:
    return [amount.pounds for amount in facts_of(text).amounts]


def _limits(text: str) -> list[tuple[float, Holder | None]]:
    return [(amount.pounds, amount.limit_of) for amount in facts_of(text).amounts]


@pytest.mark.parametrize(
    ("said", "pounds"),
    [
        ("£95", 95),
        ("£ 95", 95),
        ("£0", 0),
        ("£4,500", 4_500),
        ("£4500", 4_500),
        ("£3.50", 3.5),
        ("£1,234,567.89", 1_234_567.89),
        ("£25k", 25_000),
        ("£25K", 25_000),
        ("25k", 25_000),
        ("£1.5m", 1_500_000),
        ("£1.5 million", 1_500_000),
        ("1.5 million pounds", 1_500_000),
        ("£2mn", 2_000_000),
        ("2mil", 2_000_000),
        ("£2.25bn", 2_250_000_000),
        ("1,000 pounds", 1_000),
        ("1000 quid", 1_000),
        ("300 thousand pounds", 300_000),
        ("30 grand", 30_000),
    ],
)
def test_a_sum_in_figures_is_read(said: str, pounds: float) -> None:
    for text in (said, f"The fence at Weir Lane costs {said}.", f"Is {said}, for a fence, mine to spend?", f"({said})"):
        assert _sums(text) == [pytest.approx(pounds)]


@pytest.mark.parametrize(
    ("said", "pounds"),
    [
        ("seven pounds", 7),
        ("nineteen pounds", 19),
        ("ninety-five pounds", 95),
        ("ninety five pounds", 95),
        ("a pound", 1),
        ("a hundred pounds", 100),
        ("two hundred pounds", 200),
        ("twelve hundred pounds", 1_200),
        ("thirty-two thousand pounds", 32_000),
        ("a hundred thousand pounds", 100_000),
        ("five hundred grand", 500_000),
        ("a grand", 1_000),
        ("five grand", 5_000),
        ("a couple of grand", 2_000),
        ("half a million", 500_000),
        ("quarter of a million", 250_000),
        ("a quarter of a million", 250_000),
        ("a million pounds", 1_000_000),
        ("a couple of million", 2_000_000),
        ("three billion", 3_000_000_000),
    ],
)
def test_a_sum_in_words_is_read(said: str, pounds: float) -> None:
    for text in (said, said.capitalize(), f"The fence at Weir Lane costs {said}.", f"We have {said} for a fence."):
        assert _sums(text) == [pytest.approx(pounds)]


@pytest.mark.parametrize(
    ("said", "pounds"),
    [
        ("two hundred and five pounds", 205),
        ("two hundred and fifty thousand pounds", 250_000),
        ("nine hundred and ninety-nine thousand pounds", 999_000),
        ("one and a half million pounds", 1_500_000),
        ("two and a half million", 2_500_000),
    ],
)
def test_the_and_within_a_sum_in_words_adds_nothing_of_its_own(said: str, pounds: float) -> None:
    assert _sums(f"The quay costs {said}.") == [pytest.approx(pounds)]


@settings(deadline=None)
@given(st.integers(0, 999_999_999_999))
def test_whole_pounds_come_back_as_they_were_written(pounds: int) -> None:
    for said in (f"£{pounds}", f"£{pounds:,}", f"{pounds:,} pounds"):
        assert _sums(f"It costs {said} in all.") == [pounds]


def test_an_amount_says_where_the_text_names_it() -> None:
    text = "The lift costs £12,500, or twenty grand with the doors."
    assert [text[amount.start : amount.end] for amount in facts_of(text).amounts] == ["£12,500", "twenty grand"]


@pytest.mark.parametrize(
    "text",
    [
        "The clerk is 25 years old and her deputy is forty",
        "We met on 12/05/2026 and on 5 March 2027 at 9.30",
        "In 2026 we had 25 staff in room 12",
        "28 days' notice, then 3 months",
        "1,200 residents in 14 wards",
        "two hundred staff and three thousand signatures",
        "half the members and a quarter of the wards",
        "Section 4.2, paragraph 3.10 and D4.1 say so, under section 151 of the 1972 Act",
        "Ring 01632 960014",
        "a 5m wide road beside a 30m trench",
        "12 of 15 voted for it, one against",
        "$500 or €500",
        "A member for 30 years, of 65",
        "Room 4b holds up to 40 people",
        "",
        "£",
        "pounds",
        "a",
    ],
)
def test_ages_dates_counts_and_section_numbers_are_no_money(text: str) -> None:
    assert facts_of(text).amounts == ()


@pytest.mark.parametrize(
    ("text", "holder"),
    [
        ("My limit is £50,000.", OFFICERS),
        ("My limit's £50k", OFFICERS),
        ("My limit: £50k", OFFICERS),
        ("We have a £50,000 limit", OFFICERS),
        ("the delegated limit of £50,000", OFFICERS),
        ("my authority stops at £50,000", OFFICERS),
        ("the ceiling for officers is fifty thousand pounds", OFFICERS),
        ("I can only sign up to £50,000", OFFICERS),
        ("the director's limit is £50,000", OFFICERS),
        ("a head of service may approve up to £50,000", OFFICERS),
        ("officers can award contracts up to £50,000", OFFICERS),
        ("The treasurer settles anything under £50,000", OFFICERS),
        ("the Cabinet Member may approve up to £50,000", MEMBERS),
        ("the portfolio holder's limit is £50,000", MEMBERS),
        ("the executive's limit is £50,000", MEMBERS),
        ("The committee's limit is £50,000", MEMBERS),
        ("the lead member can sign £50,000", MEMBERS),
        ("A key decision starts at £50,000", KEY),
        ("Key decisions begin at £50,000", KEY),
        ("the threshold for a key decision is £50,000", KEY),
        ("our key decision level is £50,000", KEY),
    ],
)
def test_a_limit_is_told_from_a_sum_and_whose_it_is(text: str, holder: Holder) -> None:
    assert _limits(text) == [(50_000, holder)]


@pytest.mark.parametrize("joined", ["costs £50,000", "has £50,000 in its budget", "lost £50,000"])
def test_a_sum_without_words_of_a_limit_is_at_stake(joined: str) -> None:
    assert _limits(f"The museum {joined}, who decides?") == [(50_000, None)]


@pytest.mark.parametrize(
    "text",
    [
        "I may sign up to £50,000 in consultation with the Cabinet Member",
        "The director, in consultation with the Cabinet Member, may approve up to £50,000",
        "The director, having consulted the Cabinet Member, may approve up to £50,000",
        "The director has to consult Cabinet but may approve up to £50,000",
        "The director has to consult the Cabinet Member but may approve up to £50,000",
        "The director, after consulting the Cabinet Member, may approve up to £50,000",
    ],
)
def test_a_limit_stays_the_officers_where_a_member_is_only_consulted(text: str) -> None:
    assert _limits(text) == [(50_000, OFFICERS)]


@pytest.mark.parametrize(
    "text",
    [
        "£50,000 or more is a key decision here",
        "£50,000 or more counts as key here",
        "£50,000 is a key decision here",
    ],
)
def test_where_a_key_decision_begins_may_be_said_after_the_sum(text: str) -> None:
    assert _limits(text) == [(50_000, KEY)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The works cost £4,500 and my limit is £10,000.", [(4_500, None), (10_000, OFFICERS)]),
        ("My limit is £10,000 and the works cost £4,500.", [(10_000, OFFICERS), (4_500, None)]),
        ("It is £6,000. That is above my £5,000 limit.", [(6_000, None), (5_000, OFFICERS)]),
        ("limit £5,000; cost £6,000", [(5_000, OFFICERS), (6_000, None)]),
        ("Limit of £5,000. £6,000 for paint.", [(5_000, OFFICERS), (6_000, None)]),
        ("Contract of £95,000, delegated limit £100,000", [(95_000, None), (100_000, OFFICERS)]),
        (
            "The executive's limit is £2m, the officers' limit is £500k, the price £1m",
            [(2_000_000, MEMBERS), (500_000, OFFICERS), (1_000_000, None)],
        ),
        (
            "I may sign up to £50,000, key decisions begin at £500,000 and the roof costs £80,000",
            [(50_000, OFFICERS), (500_000, KEY), (80_000, None)],
        ),
    ],
)
def test_a_sum_and_a_limit_are_told_apart_before_and_after_each_other(
    text: str, told: list[tuple[float, Holder | None]]
) -> None:
    assert _limits(text) == told


@pytest.mark.parametrize(
    ("text", "pounds"),
    [
        ("My limit is 25.", 25_000),
        ("my limit's 25, who signs", 25_000),
        ("my limit's twenty-five", 25_000),
        ("My limit is 25 thousand", 25_000),
        ("I may approve up to 50 and no more", 50_000),
    ],
)
def test_a_bare_figure_is_a_limit_in_thousands(text: str, pounds: float) -> None:
    assert _limits(text) == [(pounds, OFFICERS)]


@pytest.mark.parametrize(
    "text",
    [
        "Is 25 mine to decide?",
        "my limit is 12 staff",
        "My limit is 25 days",
        "officers may approve leave of up to 10 days",
        "my limit is 1,500 and counting",
        "twenty-five",
        "25 thousand",
    ],
)
def test_a_bare_figure_is_money_only_as_a_limit_and_before_no_noun(text: str) -> None:
    assert facts_of(text).amounts == ()


def test_the_largest_sum_is_at_stake_and_the_highest_limit_of_a_holder_counts() -> None:
    facts = facts_of("Doors £4,000, roof £9,000. My limit is £2,000, the director's limit is £5,000.")
    assert facts.at_stake is not None
    assert facts.at_stake.pounds == 9_000
    officers = facts.limit(OFFICERS)
    assert officers is not None
    assert officers.pounds == 5_000
    assert facts.limit(MEMBERS) is facts.limit(KEY) is None


def test_a_text_without_money_has_nothing_at_stake() -> None:
    facts = facts_of("Who sets the rota?")
    assert (facts.amounts, facts.at_stake, facts.limit(OFFICERS)) == ((), None, None)


NAMES = {OFFICERS: "the officers' limit", MEMBERS: "the members' limit", KEY: "the key decision level"}
STANDS = (None, "within", "over")


@pytest.mark.parametrize("stands", [stands for stands in product(STANDS, repeat=3) if any(stands)])
def test_a_sum_stands_within_or_over_each_limit_that_is_stated(stands: tuple[str | None, ...]) -> None:
    limits = [
        Amount(100.0 if stand == "within" else 99.0, 0, 1, holder)
        for holder, stand in zip(Holder, stands, strict=True)
        if stand
    ]
    said = [f"{stand} {NAMES[holder]}" for holder, stand in zip(Holder, stands, strict=True) if stand]
    for amounts in ((Amount(100.0, 0, 1), *limits), (*limits[::-1], Amount(100.0, 0, 1))):
        assert in_words(Facts(amounts), officers=1.0, key=2.0) == ", ".join(said), "a council's own do not count then"


@pytest.mark.parametrize(
    ("pounds", "said"),
    [
        (0.0, "a small sum"),
        (100.0, "a small sum"),
        (100.01, "a middling sum"),
        (500.0, "a middling sum"),
        (500.01, "a large sum"),
    ],
)
def test_a_sum_without_a_stated_limit_is_measured_by_the_council_s_own(pounds: float, said: str) -> None:
    assert in_words(Facts((Amount(pounds, 0, 1),)), officers=100.0, key=500.0) == said


def test_without_a_sum_at_stake_nothing_is_said() -> None:
    assert in_words(Facts(()), 100.0, 500.0) == ""
    assert in_words(Facts((Amount(100.0, 0, 1, OFFICERS),)), 100.0, 500.0) == "", "a limit alone"


@pytest.mark.parametrize(
    "part",
    [
        *("1", "1,", "1.", "1,000,", "£", "£ ", "£1 ", "£1", "£1 and ", "£1 or more ", ". £1", "1k ", "1 k"),
        *("a ", "a-", "a and ", "half a ", "quarter of a ", "a couple of ", "one ", "one-", "one and ", "hundred "),
        *("limit ", "limit to ", "limited to £1 ", "my limit's 1 ", "my limit is a ", "can ", "can x ", "may aa or "),
        *("may a, b, c, ", "up to ", "no more than ", "officers ", "heads of a", "heads of aa ", "key decisions "),
        *(
            "consult the ",
            "officers can a, b, c, d, £1 ",
            "£1 a b c d limit ",
            "£1 at a level ",
            "my limit: ",
            " ",
            "é",
        ),
    ],
)
def test_the_longest_question_of_anything_is_read_to_its_end(part: str) -> None:
    repeated = (part * LONGEST)[:LONGEST]
    for text in (repeated, f"{repeated[:-3]} £1", f"£1 {repeated[:-3]}"):
        facts = facts_of(text)
        places = [place for amount in facts.amounts for place in (amount.start, amount.end)]
        assert places == sorted(places)
        assert not places or places[-1] <= len(text)
        assert isinstance(in_words(facts, 1.0, 2.0), str)


def test_every_sum_of_the_longest_question_is_read() -> None:
    assert _sums("£1 " * 333) == [1] * 333


@settings(deadline=None)
@given(st.text(max_size=200))
def test_whatever_is_typed_has_facts_with_sums_that_are_not_below_nothing(text: str) -> None:
    assert all(amount.pounds >= 0 for amount in facts_of(text).amounts)
