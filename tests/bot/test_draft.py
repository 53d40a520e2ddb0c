"""The writer's own sentences, where they stand; what others wrote, signatures and disclaimers are left out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.draft import sentences

MEGABYTE = 1_000_000
PIECES = ("a", " ", "\n", ". ", "! ", "> ", "--\n", "From: a\n", "Sent: b\n", "thanks\n", "On a@b wrote:\n", "é")


def _said(draft: str) -> list[str]:
    return [draft[start:end] for start, end in sentences(draft)]


def test_a_sentence_is_where_it_stands_without_the_space_around_it() -> None:
    assert sentences("  Ring me.  Why?\n\n\tNow! ") == [(2, 10), (12, 16), (19, 23)]


def test_places_are_code_points() -> None:
    assert sentences("😡 No. Ré.") == [(0, 5), (6, 9)]


@pytest.mark.parametrize("draft", ["", " ", "\n\n", "\t \r\n", "> only theirs", "--\nJo"])
def test_a_draft_without_words_of_its_own_has_no_sentence(draft: str) -> None:
    assert sentences(draft) == []


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("It fell. It lay.", ["It fell.", "It lay."]),
        ("Really?! You… did. Well... No", ["Really?!", "You…", "did.", "Well...", "No"]),
        ("No mark\nAt a line's end", ["No mark", "At a line's end"]),
        ('He said "No." I left (at once.) Then', ['He said "No."', "I left (at once.)", "Then"]),
        ('He asked "Why?" and went.', ['He asked "Why?" and went.']),
        ("It costs £4.50 at 3.15. Fine.", ["It costs £4.50 at 3.15.", "Fine."]),
        ("The answer is no. Ring me.", ["The answer is no.", "Ring me."]),
    ],
)
def test_marks_and_line_ends_end_a_sentence(draft: str, said: list[str]) -> None:
    assert _said(draft) == said


@pytest.mark.parametrize(
    "draft",
    [
        "Cllr. Smith rang Mr. Jones.",
        "See no. 4 and p. 12, e.g. Figure 2.",
        "Look at para. 3 of it.",
        "Dr. Ahmed of St. John's came at 3 p.m. on Monday.",
        "Cllr J. Smith and Mrs. A. B. Jones rang.",
        "Bring tea etc. as well.",
    ],
)
def test_an_abbreviation_or_initial_ends_no_sentence(draft: str) -> None:
    assert _said(draft) == [draft]


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("1. The gate. 2. The path.", ["1. The gate.", "2. The path."]),
        ("(3) The gate is down.\n4. It fell.", ["(3) The gate is down.", "4. It fell."]),
        ("There were 15. We left.", ["There were 15.", "We left."]),
    ],
)
def test_the_number_of_a_list_stays_with_what_it_numbers(draft: str, said: list[str]) -> None:
    assert _said(draft) == said


@pytest.mark.parametrize(
    "below",
    [
        "Kind regards,\nJo Bloggs\nLeader of the Council\n01632 960001",
        "Yours sincerely\n\nJo",
        "Best wishes\nSent from my iPhone",
        "Many thanks!\nJo",
        "-- \nJo Bloggs\nWeir Ward\nSurgeries on Fridays",
        "--\nJo",
        "Kind regards,\nJo Bloggs\nWrite to the members' office on the quay, or e-mail jo@example.org. It answers.",
        "Thanks,\nJo | Weir Ward | surgeries at the library on every second Friday of the month, ten to noon.",
        "Regards\nJo\nwww.example.org is where the surgeries of every ward are listed month by month, and more.",
        "Cheers\nJo\nTel 01632 960001",
        "> We mended it.\n> Yesterday.",
        "From: Jo\nSent: Monday\nTo: Ann\nSubject: gate\n\nWe mended it.",
        "**From:** Jo\n**Date:** Monday\nWe mended it.",
        "-----Original Message-----\nWe mended it.",
        "---------- Forwarded message ---------\nWe mended it.",
        "________________________________\nFrom: Jo\nSent: Monday\nWe mended it.",
        "Begin forwarded message:\n\nWe mended it.",
        "On Mon, 4 May 2026 at 10:00, Jo <jo@example.org> wrote:\n> We mended it.",
        "On Mon, 4 May 2026 at 10:00, Jo Bloggs\n<jo@example.org> wrote:\n\n> We mended it.",
        "On 4 May 2026, at 10:00, Jo wrote:\n\nWe mended it.\nYesterday.",
        "This e-mail and any attachments are confidential.\nDelete it.",
        "This message may be monitored.",
        "It is intended solely for the use of the person it is addressed to.\nDelete it.",
        "If you have received this in error, delete it.",
        "If you are not the intended recipient, delete it.",
        "Please consider the environment before printing this.",
        "The views expressed in this email are the writer's own.",
        "Disclaimer: none of this counts.",
    ],
)
def test_what_stands_below_the_writers_words_is_left_out(below: str) -> None:
    draft = f"The gate is down. Please ring me.\n\n{below}"
    assert _said(draft) == ["The gate is down.", "Please ring me."]
    crossed = draft.replace("\n", "\r\n")
    assert _said(crossed) == _said(draft)


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("The gate\nis down.", ["The gate\nis down."]),
        ("The gate\r\nis down. Ring\r\nme.", ["The gate\r\nis down.", "Ring\r\nme."]),
        (f"The gate {'really ' * 8}at\nWeir Lane is down.", [f"The gate {'really ' * 8}at\nWeir Lane is down."]),
        ("The gate at\nWeir Lane is down.", ["The gate at", "Weir Lane is down."]),
        ("It is down.\nand broken", ["It is down.", "and broken"]),
        ("These are down:\nthe gate", ["These are down:", "the gate"]),
        (
            f"These are {'really ' * 8}down\n- the gate\n* the lamp",
            [f"These are {'really ' * 8}down", "- the gate", "* the lamp"],
        ),
        ("The gate\n\nis down", ["The gate", "is down"]),
        ("> The gate\nis down", ["is down"]),
    ],
)
def test_a_sentence_runs_on_over_the_line_ends_of_wrapped_mail(draft: str, said: list[str]) -> None:
    assert _said(draft) == said


@pytest.mark.parametrize("mark", ["PS", "P.S.", "ps:", "PPS", "P.P.S."])
def test_a_postscript_below_a_signature_is_the_writers(mark: str) -> None:
    draft = f"The gate is down.\n\nKind regards,\nJo Bloggs\n\n{mark} Ring me.\nIt fell."
    first, second, *_ = sentences(draft)
    assert draft[slice(*first)] == "The gate is down."
    assert draft[second.start :] == f"{mark} Ring me.\nIt fell."


def test_an_answer_between_quoted_lines_is_the_writers() -> None:
    draft = "On 4 May Jo wrote:\n> Is it down?\nYes.\n> Since when?\nMonday."
    assert _said(draft) == ["Yes.", "Monday."]


@pytest.mark.parametrize(
    "draft",
    [
        "From: what I hear, it is down.",
        "It is closed.\nFrom: 3 May\nTo: 5 May\nThat is too long.",
        "I sent it from: the office.",
        "Thanks",
        "Thanks\nWill do",
        "Thanks for the list.",
        "Thank you.\nThe gate is down, and I should like it mended by Friday.",
        "Please ring.\nThanks.\nYou will regret this.",
        "Please ring.\nThanks\nWhere is it?",
        "On Monday I wrote:\nPlease mend it.",
        "On Monday at 10.30 you wrote:\nIt is mended.",
        "The scheme is intended for families.\nYou forgot them.",
        "This message is not intended as a threat.\nRing me.",
        "If you have received my letter, answer it.\nRing me.",
        "Please consider the environment of the quay.\nRing me.",
        "The views expressed in this consultation were ignored.\nRing me.",
        "This email contains confidential figures.\nKeep them.",
        "The gate is down.\n--\nIt fell on Monday, and nobody came.\nRing me.",
        "Please ring.\nThanks\nNobody ever rang.",
    ],
)
def test_a_mail_that_only_sounds_like_a_reply_or_a_signature_is_kept_whole(draft: str) -> None:
    assert _said(draft) == draft.split("\n")


@settings(deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)))
def test_sentences_stand_in_order_inside_apart_and_trimmed(draft: str) -> None:
    last = 0
    for start, end in sentences(draft):
        assert last <= start < end <= len(draft)
        assert draft[start:end] == draft[start:end].strip()
        last = end


@pytest.mark.parametrize(
    "part",
    [
        *("a", " ", "\r\n", ". ", "1. ", "e.g. ", "mr. a. ", "> x\n", "-- \n", "-", "_", ")", "!", '"'),
        *("on a ", "On a@b wrote:\n", "from: x\n", "From: a\nSent: b\n", "thanks\n", "On a\n"),
        *("this email and any attachments ", "this email is ", "intended ", "views expressed "),
    ],
)
def test_a_megabyte_made_to_mislead_is_read_through(part: str) -> None:
    draft = part * (MEGABYTE // len(part))
    found = sentences(draft)
    assert all(0 <= start < end <= len(draft) for start, end in found)
