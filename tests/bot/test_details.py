"""Personal and confidential details are found where they stand, and what only looks like one is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.details import DETAIL_KINDS, details

MEGABYTE = 1_000_000
WORDING = {f"detail_{kind}": f"says {kind}" for kind in DETAIL_KINDS}
PIECES = (
    *("01632 960014", "943 476 5919", "4111 1111 1111 1111", "20-00-00", "jo@example.org", "AB 12 34 56 C", "son Tom"),
    *(
        "Anna is 9",
        " ",
        ", ",
        "-",
        "0",
        "he has cancer",
        "14 Weir Lane",
        "their bid of £3m",
        "dob 3/5/80",
        "claim no T1",
    ),
)


def _found(text: str) -> list[tuple[str, str]]:
    return [(detail.kind, text[detail.start : detail.end]) for detail in details(text, [(0, len(text))], WORDING)]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("email", "jo.bloggs+gate@example.gov.uk"),
        ("national_insurance", "AB 12 34 56 C"),
        ("national_insurance", "ab123456c"),
        ("card", "4111 1111 1111 1111"),
        ("card", "4111-1111-1111-1111"),
        ("card", "378282246310005"),
        ("nhs", "943 476 5919"),
        ("nhs", "943-476-5919"),
        ("nhs", "9434765919"),
        ("phone", "01632 960014"),
        ("phone", "(01632) 960014"),
        ("phone", "020 7946 0958"),
        ("phone", "07700 900123"),
        ("phone", "+44 (0)1632 960014"),
        ("bank", "20-00-00"),
        ("bank", "20-00-00 12345678"),
        ("bank", "sort code 12-05-26"),
        ("bank", "account number 12345678"),
        ("bank", "bank account no. 12345678"),
        ("number", "tenancy ref T12345"),
        ("number", "passport no: 533401234"),
        ("number", "claim reference AB/1234"),
        ("birth", "born on 3 May 1980"),
        ("birth", "DOB: 03/05/80"),
        ("birth", "date of birth: 3rd May 1980"),
        ("address", "14 Weir Lane"),
        ("address", "14a St John's Road"),
        ("address", "BA1 1AA"),
        ("address", "SW1A 1AA"),
        ("child", "daughter, Anna"),
        ("child", "pupil named Ali"),
        ("child", "Anna, aged 9"),
        ("child", "Anna is 9"),
        ("child", "Anna is 9 years old"),
        ("child", "Tom, who is 12"),
        ("child", "Tom (aged 9"),
        ("health", "Mr Jones has cancer"),
        ("health", "the tenant is off sick with depression"),
        ("health", "he is depressed"),
        ("health", "she's pregnant"),
        ("health", "their son has autism"),
        ("health", "Anna is pregnant"),
        ("health", "Cllr Jones has been diagnosed with dementia"),
        ("exempt", "exempt report says £4.2m"),
        ("exempt", "lowest tender was £2 million"),
        ("exempt", "their offer was £3,000"),
        ("exempt", "winning bid of £3m"),
        ("exempt", "commercially sensitive: we pay £40k"),
    ],
)
def test_each_kind_is_found_where_it_stands(kind: str, said: str) -> None:
    for text in (said, f"I hear that {said}.", f"It says ({said}), I gather."):
        (detail,) = details(text, [(0, len(text))], WORDING)
        start = text.index(said)
        assert (detail.kind, detail.start, detail.end) == (kind, start, start + len(said))
        assert detail.says == f"says {kind}"


def test_every_kind_has_a_case_here() -> None:
    text = (
        "jo@example.org, AB123456C, 4111 1111 1111 1111, 943 476 5919, 01632 960014, 20-00-00, tenancy ref T12345, "
        "DOB 3/5/80, 14 Weir Lane, son Tom, he has cancer, winning tender of £5"
    )
    assert [kind for kind, _ in _found(text)] == list(DETAIL_KINDS)


@pytest.mark.parametrize("digit", [digit for digit in range(10) if digit != 9])
def test_an_nhs_number_with_another_check_digit_is_none(digit: int) -> None:
    assert _found(f"943 476 591{digit}") == []


@pytest.mark.parametrize("digit", [digit for digit in range(10) if digit != 1])
def test_a_card_with_another_check_digit_is_none(digit: int) -> None:
    assert _found(f"4111 1111 1111 111{digit}") == []


@pytest.mark.parametrize(
    "text",
    [
        *("24/01234/FUL", "P/2024/0123456", "24/1234567890", "2024/0123456789", "24/01632960014"),
        *("3 May 2026", "03/05/2026", "12-05-26", "2026-05-12", "2019-2024", "2024-25"),
        *("10.30 to 11.45", "at 09:30 on Monday", "In 2026 we met", "born in 1980", "In 2026 Weir Lane was closed"),
        *(
            "On 3 March Weir Lane was closed",
            "£50",
            "The public report says £1.2m",
            "A tender of £5",
            "The offer was £3,000",
            "£1,234,567.89 in all",
            "Ring 101",
        ),
        *("1234567890", "0000 0000 0000 0000", "9999999999", "UPRN 010001234567", "B4 and B5", "a@b", "section 151"),
        *("Dementia is hard", "the dementia strategy", "Parking is for the disabled", "my son said so"),
        *("the child Protection team", "the child Benefit office", "Section is 4", "The Total is 9.", "Anna is 9%"),
        *(
            "Anna is 45.",
            "Anna is 9.30",
            "Item 4 is open",
            "claim number of residents",
            "Weir Lane has a diabetes clinic",
        ),
    ],
)
def test_what_only_looks_like_a_detail_is_none(text: str) -> None:
    assert _found(text) == []


def test_the_sum_of_a_tender_ends_with_its_figures() -> None:
    assert _found("The winning tender was £5. Then we left.") == [("exempt", "winning tender was £5")]


def test_only_the_spans_given_are_read() -> None:
    text = "Ring 01632 960014. Ring 01632 960015."
    (detail,) = details(text, [(19, len(text))], WORDING)
    assert (detail.start, detail.end) == (24, 36)
    assert details(text, [], WORDING) == ()


@settings(deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=12).map("".join)))
def test_details_stand_in_order_inside_and_apart(text: str) -> None:
    last = 0
    for detail in details(text, [(0, len(text))], WORDING):
        assert last <= detail.start < detail.end <= len(text)
        last = detail.end


@pytest.mark.parametrize(
    "part",
    [
        *("a", "a@", "a.", "AB12", "1", "1 ", "1-", "123 ", "+44 (0) ", "(01", "12-", "account no ", "tenancy ref A"),
        *("born on 1 ", "1 Aaaaa Aaaaa ", "Anna ", "Anna, aged ", "son ", "he is a b c d ", "exempt ", "their offer £"),
    ],
)
def test_a_megabyte_made_to_mislead_is_read_through(part: str) -> None:
    text = part * (MEGABYTE // len(part))
    places = [(detail.start, detail.end) for detail in details(text, [(0, len(text))], WORDING)]
    assert places == sorted(places)
