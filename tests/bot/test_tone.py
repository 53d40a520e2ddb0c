"""Tone checks by a published revision: what is found, where, what is said of it, and what is left alone."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.bootstrap import live, make_check_tone
from bot.domain import Category, UnservableError, UnusableDraftError
from bot.tone import LIMIT, Tones

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain import CheckTone

THREAT = "Either the lamp outside the school is mended by Friday or I will see that you never work here again."
FAIR = "I disagree with the closure and will speak against it on the 12th. Could I have the figures by Friday, please?"


@pytest.fixture(scope="module")
def tones(published: Path) -> Tones:
    return live(published, "barsetshire", logging.getLogger("tests").warning).tones()


@pytest.fixture(scope="module")
def check(tones: Tones) -> CheckTone:
    return tones.check


def test_a_threat_is_pointed_out_with_its_place_its_clause_and_a_wording_that_keeps_the_request(
    check: CheckTone,
) -> None:
    draft = f"Dear Sam,\n\nThank you for the list. {THREAT} The committee meets on the 9th."
    report = check(draft)
    assert report.status == "concern"
    [finding] = [finding for finding in report.findings if finding.category is Category.ULTIMATUM]
    assert draft[finding.start : finding.end] == finding.quote
    assert finding.quote in THREAT
    assert "the lamp outside the school is mended by Friday" in finding.suggestion
    assert "never work" not in report.rewritten
    assert report.rewritten.startswith("Dear Sam,\n\nThank you for the list. I ask that the lamp")
    assert report.rewritten.endswith(" The committee meets on the 9th.")


@pytest.mark.parametrize(
    "draft",
    [
        FAIR,
        "URGENT: burst main at the crossroads, water is reaching two houses.",
        "I would like to make a stage two complaint about case 5561, please. The reasons are on the form.",
        "Please send the EHCP and SEND figures for CYP scrutiny. The DPIA is due on MON 6.",
        "We need an answer by noon on Friday, as the Ombudsman's limit runs out that day. Is that possible?",
    ],
)
def test_a_fair_but_firm_draft_passes_untouched(check: CheckTone, draft: str) -> None:
    report = check(draft)
    assert (report.status, report.findings, report.rewritten) == ("ok", (), draft)


def test_shouting_is_said_in_small_letters_and_its_names_kept(check: CheckTone) -> None:
    report = check("WHY HAS NOBODY RUNG MRS ABBOT BACK??? She left four messages.")
    assert report.findings[0].category is Category.SHOUTING
    assert report.rewritten == "Why has nobody rung Mrs Abbot back? She left four messages."


def test_what_others_wrote_is_not_read(check: CheckTone) -> None:
    reply = f"{FAIR}\n\nKind regards,\nJo\n\nFrom: A Member\nSent: 3 May\nTo: Jo\n\n{THREAT} You are all liars!!!"
    assert check(reply).findings == ()
    assert check(f"> {THREAT}\n{FAIR}").findings == ()


def test_offsets_are_code_points_of_the_draft_as_given(check: CheckTone) -> None:
    draft = f"\u00a0😀 Dear Zoë,\r\n\r\n{THREAT}\r\n"
    for finding in check(draft).findings:
        assert draft[finding.start : finding.end] == finding.quote
        assert finding.quote in THREAT


def test_half_of_a_surrogate_pair_is_no_obstacle(check: CheckTone) -> None:
    draft = f"\ud83d {THREAT}"
    assert [draft[f.start : f.end] == f.quote for f in check(draft).findings] == [True]


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("", "Paste the draft"),
        (" \n\t ", "Paste the draft"),
        ("a" * (LIMIT + 1), "longer than 10,000 characters"),
        ("x " * 500_000, "longer than 10,000 characters"),
        ("> nothing of mine\n> at all", "nothing of your own"),
    ],
)
def test_a_draft_that_cannot_be_checked_is_refused_in_a_sentence(check: CheckTone, draft: str, said: str) -> None:
    with pytest.raises(UnusableDraftError, match=said):
        check(draft)


def test_the_longest_draft_is_read_to_its_end(check: CheckTone) -> None:
    draft = f"{'The hedge was cut on Monday. ' * ((LIMIT - len(THREAT)) // 29)}{THREAT}".rjust(LIMIT)
    assert len(draft) == LIMIT
    assert any(finding.quote in THREAT for finding in check(draft).findings)


def test_a_signal_of_the_council_is_pointed_out_in_its_clause_unless_quoted_or_never_to_be(tones: Tones) -> None:
    revision = tones._revision
    rules = tuple(
        replace(rule, signals=("green folder",)) if rule.category is Category.SARCASM else replace(rule, signals=())
        for rule in revision.tone.rules
    )
    guide = replace(revision.tone, rules=rules, never=("her green folder",))
    own = Tones(replace(revision, tone=guide), tones.reader)
    sure = [finding.quote for finding in own.check("The list, in its green folder, is done.").findings]
    assert sure == ["in its green folder"]
    assert own.check("He asked for the “green folder” and I sent it.").findings == ()
    assert own.check("Please put her green folder on the desk.").findings == ()


def test_what_is_good_is_named(check: CheckTone) -> None:
    kept = " ".join(check(f"Thank you for the plan. {FAIR}").keep)
    for said in ("thanks", "plainly what is asked", "by when", "view"):
        assert said in kept


def test_copying_in_is_advised_on_even_where_it_is_fair(check: CheckTone) -> None:
    report = check("Could you send the figures, please? I have copied Jo, who keeps the list.")
    assert any("copied" in said for said in report.advice)


def test_violence_is_no_matter_for_an_e_mail(check: CheckTone) -> None:
    assert "police" in check("I know where you live, so answer me.").advice[0]


def test_personal_details_are_shown_and_make_no_concern(check: CheckTone) -> None:
    draft = "Could you ring me on 01632 960123 about the list, please?"
    report = check(draft)
    assert report.status == "ok"
    assert [(d.kind, draft[d.start : d.end]) for d in report.details] == [("phone", "01632 960123")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([THREAT, FAIR, "WHY???", "  ", "\n", "Thanks!", "— é", "“you liar”", "> x\n"]), min_size=1)
)
def test_findings_stand_in_order_and_what_is_not_found_is_not_changed(check: CheckTone, parts: list[str]) -> None:
    draft = " ".join(parts)
    try:
        report = check(draft)
    except UnusableDraftError:
        return
    assert [f.start for f in report.findings] == sorted(f.start for f in report.findings)
    assert all(draft[f.start : f.end] == f.quote != "" for f in report.findings)
    assert all(f.sentence[0] <= f.start < f.end <= f.sentence[1] for f in report.findings)
    if not report.findings:
        assert report.rewritten == draft


def test_damage_to_what_reads_drafts_is_told_and_leaves_questions_alone(own_index: Path) -> None:
    [damaged] = (own_index / "encoders").glob("*/tone.json")
    content = damaged.read_bytes()
    damaged.unlink()
    damaged.write_bytes(content.replace(b"slope", b"slopf"))
    serving = live(own_index, "barsetshire", logging.getLogger("tests").warning)
    assert serving().index.revision.name
    with pytest.raises(UnservableError, match=r"tone\.json is not the file that was published"):
        make_check_tone(serving)(FAIR)
