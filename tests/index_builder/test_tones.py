"""What tone checks of labelled drafts come to, reckoned by hand; and how they are asked for."""

from __future__ import annotations

import re

import pytest

from bot.domain import Category, Finding, ToneReport, UnusableDraftError
from index_builder.drafts import LabelledDraft, Marked
from index_builder.score import Figure, share
from index_builder.tones import UNFOUND, Checked, Tones, check_all, tones

ACCUSATION, SARCASM, SHOUTING = Category.ACCUSATION, Category.SARCASM, Category.SHOUTING
WORDS = {"lied": (ACCUSATION, 0.9), "bravo": (SARCASM, 0.6), "NOW": (SHOUTING, 0.95)}


def check(draft: str) -> ToneReport:
    """A small true tone check: it points out three words, each of its own category and confidence; refuses quotes."""
    if draft.startswith(">"):
        raise UnusableDraftError("There is nothing of your own here.")
    findings = tuple(
        Finding(category, "", *match.span(), match[0], "", "", "", match.span(), confidence)
        for word, (category, confidence) in WORDS.items()
        for match in re.finditer(word, draft)
    )
    return ToneReport(draft, findings, (), (), (), draft, elapsed_ms=float(len(draft)))


def concern(text: str, *marked: str, categories: tuple[Category, ...] = (ACCUSATION,)) -> LabelledDraft:
    """A draft of concern with these words marked as its first category."""
    places = [(text.index(words), text.index(words) + len(words)) for words in marked]
    return LabelledDraft(text, categories, tuple(Marked(categories[0], *place) for place in places))


def fair(text: str, kind: str = "firm") -> LabelledDraft:
    return LabelledDraft(text, (), (), kind)


def of(right: int, count: int) -> Figure | None:
    """So many of so many, with the interval of a share."""
    return share(place < right for place in range(count))


DRAFTS = [
    concern("You lied to us.", "You lied"),  # found, as what it is, where it is
    concern("You lied, bravo.", "bravo", categories=(SARCASM,)),  # found, the surest finding another category
    concern("You hid it.", "hid it", "You"),  # not found
    concern("Send it NOW, you cheat.", "you cheat"),  # found, as another category, elsewhere
    concern("NOW, bravo.", "NOW", categories=(SHOUTING, SARCASM)),  # of two categories
    fair("Thank you.", "thanks"),
    fair("Who lied?", "a question"),  # wrongly flagged
    fair("That is wrong.", "firm"),
    fair("Dr Nowbravo is in.", "firm"),  # wrongly flagged
]


@pytest.fixture(scope="module")
def measured() -> Tones:
    return tones(check_all(DRAFTS, check))


def test_precision_recall_and_f1_are_of_concern(measured: Tones) -> None:
    assert (measured.precision, measured.recall) == pytest.approx((4 / 6, 4 / 5))
    assert measured.f1 == pytest.approx(2 * 4 / (2 * 4 + 2 + 1))


def test_false_alarms_are_told_by_kind_of_fair_draft_most_flagged_first(measured: Tones) -> None:
    assert measured.false_alarms == of(2, 4)
    assert measured.by_kind == (("a question", of(1, 1)), ("firm", of(1, 2)), ("thanks", of(0, 1)))


def test_kinds_that_are_flagged_alike_stand_in_alphabetical_order() -> None:
    drafts = [fair("Yes.", "c"), fair("Yes.", "a"), fair("Yes.", "b"), concern("You lied.")]
    assert [kind for kind, _ in tones(check_all(drafts, check)).by_kind] == ["a", "b", "c"]


def test_spans_are_the_marked_words_that_a_finding_overlaps(measured: Tones) -> None:
    assert measured.spans == of(3, 6), "the first, bravo, and the NOW of two categories"


@pytest.mark.parametrize(("marked", "overlapped"), [("You l", 1), ("d to", 1), ("You ", 0), (" to us", 0), ("lied", 1)])
def test_words_that_only_touch_do_not_overlap(marked: str, overlapped: int) -> None:
    found = tones(check_all([concern("You lied to us.", marked)], check))
    assert found.spans == of(overlapped, 1)


def test_a_category_is_right_where_any_finding_is_of_one_that_was_marked(measured: Tones) -> None:
    assert measured.category == of(3, 5)
    assert measured.category_of_found == of(3, 4)


def test_recall_is_told_by_each_category_that_was_marked(measured: Tones) -> None:
    assert measured.recall_of == {"accusation": of(2, 3), "sarcasm": of(2, 2), "shouting": of(1, 1)}
    assert list(measured.recall_of) == ["accusation", "sarcasm", "shouting"]


def test_confusion_counts_drafts_of_one_category_by_their_surest_finding(measured: Tones) -> None:
    assert measured.confusion == {
        ("accusation", "accusation"): 1,
        ("sarcasm", "accusation"): 1,
        ("accusation", UNFOUND): 1,
        ("accusation", "shouting"): 1,
    }


def test_belief_is_compared_with_what_was_right_for_every_draft_that_was_flagged(measured: Tones) -> None:
    assert sum(bin_.right.count for bin_ in measured.bins) == 6
    assert [bin_.believed for bin_ in measured.bins] == sorted(bin_.believed for bin_ in measured.bins)
    assert sum(bin_.right.value * bin_.right.count for bin_ in measured.bins) == pytest.approx(4)


def test_the_median_is_over_every_draft(measured: Tones) -> None:
    assert measured.median_ms == sorted(len(draft.text) for draft in DRAFTS)[len(DRAFTS) // 2]


def test_all_right_is_one_everywhere_without_an_interval_beyond_it() -> None:
    found = tones(check_all([concern("You lied.", "lied"), fair("Thank you.")], check))
    assert (found.f1, found.precision, found.recall) == (1, 1, 1)
    assert (found.spans, found.category, found.category_of_found) == (of(1, 1), of(1, 1), of(1, 1))
    assert found.false_alarms == of(0, 1)
    assert found.confusion == {("accusation", "accusation"): 1}
    assert found.spans is not None
    assert found.spans.high == 1


def test_all_wrong_is_nought_and_not_an_error() -> None:
    found = tones(check_all([concern("You hid it.", "hid"), fair("Who lied?")], check))
    assert (found.f1, found.precision, found.recall) == (0, 0, 0)
    assert (found.spans, found.category, found.false_alarms) == (of(0, 1), of(0, 1), of(1, 1))
    assert found.category_of_found is None
    assert found.confusion == {("accusation", UNFOUND): 1}


def test_a_check_that_finds_nothing_at_all_has_nothing_to_compare_belief_by() -> None:
    found = tones(check_all([concern("You hid it."), fair("Thank you.")], check))
    assert (found.f1, found.precision, found.recall) == (0, 0, 0)
    assert (found.bins, found.spans, found.category_of_found) == ((), None, None)


def test_without_a_fair_draft_there_is_no_share_of_false_alarms() -> None:
    found = tones(check_all([concern("You lied.", "lied")], check))
    assert (found.false_alarms, found.by_kind, found.f1) == (None, (), 1)


@pytest.mark.parametrize("drafts", [[], [fair("Thank you.")]])
def test_without_a_draft_of_concern_there_is_nothing_to_measure(drafts: list[LabelledDraft]) -> None:
    with pytest.raises(ValueError, match=r"^no draft here is of concern$"):
        tones(check_all(drafts, check))


def test_every_draft_is_checked_in_order_and_each_is_told_to_whoever_waits() -> None:
    told: list[int] = []
    checked = check_all(iter(DRAFTS), check, told.append)
    assert [given.draft for given in checked] == DRAFTS
    assert told == [1] * len(DRAFTS)


def test_findings_are_told_surest_first_with_their_places() -> None:
    (given,) = check_all([concern("bravo, you lied NOW")], check)
    assert given == Checked(
        concern("bravo, you lied NOW"),
        categories=("shouting", "accusation", "sarcasm"),
        places=((16, 19), (11, 15), (0, 5)),
        confidence=0.95,
        elapsed_ms=19.0,
    )


def test_a_draft_is_right_where_it_is_flagged_and_of_concern_or_neither() -> None:
    checked = check_all([concern("You lied."), concern("You hid it."), fair("Who lied?"), fair("Thank you.")], check)
    assert [given.flagged for given in checked] == [True, False, True, False]
    assert [given.right for given in checked] == [True, False, False, True]
    assert [given.confidence for given in checked] == [0.9, 0, 0.9, 0]


def test_a_draft_that_is_refused_counts_as_one_in_which_nothing_is_found() -> None:
    refused = check_all([concern("> You lied.", "You lied"), fair("> Thank you.")], check)
    assert [given.flagged for given in refused] == [False, False]
    assert [given.right for given in refused] == [False, True]
