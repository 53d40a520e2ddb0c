"""An Answer as Slack shows it: verbatim, literal, within Slack's limits."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from loopback_slack import blocks_fault, texts
from running_slack import GUIDE, LONG, MARKED, MONITORING_OFFICER, TONE, WORDING, cite

from bot.domain import Answer, Owner, Question, Section, Signpost, Status
from bot.surfaces.plain import answer_text, listings, pointed, settled, source_line
from bot.surfaces.slack.fit import pieces, shorten
from bot.surfaces.slack.render import message, section_named, sentence, whole_section

if TYPE_CHECKING:
    from bot.domain import Ask

NASTY = st.sampled_from(["<!channel>", "<@U1>", "<https://x|y>", "&amp;lt;", "*b* _i_ ~s~ `c`", "\n", "😀", "ŵ", ". "])
WORDS = st.lists(st.one_of(NASTY, st.text(max_size=40)), min_size=1, max_size=120).map("".join).filter(bool)
NAMES = st.text(min_size=1, max_size=200)
SECTIONS = st.builds(Section, st.just("guide"), NAMES, NAMES, st.just(()), WORDS)


POINTED = {
    **WORDING,
    "signpost": "This looks like {owner}.",
    "signpost_unclear": "I cannot tell.",
    "signpost_sure": "Surely.",
    "signpost_settled_by": "Ask in this order: {roles}.",
    "signpost_clause": "The clause: {source}.",
    "signpost_no_clause": "I found no clause.",
    "signpost_backing": "You are not alone: {settles} backs you.",
    "would_change": "It would change if",
    "ask": "It has to be known",
    "red_flags": "Worth noticing",
    "line": "A line to send",
    "wordings": "If you are pressed",
    "wording_hold": "To hold",
    "wording_decline": "To decline",
    "wording_pressure": "If it goes on",
}
SAID = st.lists(st.one_of(NASTY, st.text(max_size=30)), min_size=1, max_size=12).map("".join).filter(str.strip)
SEVERAL = st.lists(SAID, max_size=3).map(tuple)
LINES = st.none() | st.fixed_dictionaries({"hold": SAID, "decline": SAID, "pressure": SAID})
SIGNPOSTS = st.builds(
    Signpost,
    owner=st.sampled_from(Owner),
    owner_name=SAID,
    about=st.just(0.9),
    confidence=st.just(0.9),
    certainty=st.just("sure"),
    because=SAID,
    matters=st.just(()),
    would_change=SEVERAL,
    ask=SEVERAL,
    red_flags=st.lists(SAID, max_size=10).map(tuple),
    wordings=LINES,
    line=SAID,
    settled_by=st.lists(SAID, min_size=1, max_size=3).map(tuple),
    clause=st.none() | SECTIONS.map(cite),
)


def signposted(answer: Answer) -> list[str]:
    """Every text that a signpost adds to an answer, in order."""
    listed = [text for heading, points in listings(answer) for text in (heading, *points)]
    return [*pointed(answer), *listed, *settled(answer)]


def kinds(tree: Any) -> set[str]:
    """The types of all blocks and elements."""
    branches = list(tree.values()) if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    own = {str(tree["type"])} if isinstance(tree, dict) and "type" in tree else set()
    return own.union(*map(kinds, branches))


def shown(blocks: list[dict[str, Any]]) -> list[str]:
    """The texts of all blocks; a label's own is the text within it."""
    return [text for kind in ("section", "rich_text_section") for text in texts(blocks, kind)]


def answered(*sections: Section, **fields: Any) -> Answer:
    cited = tuple(map(cite, sections))
    return Answer(Question("<@U1> typed"), Status.ANSWERED, "It says:", cited, wording=WORDING, **fields)


def quotes(blocks: list[dict[str, Any]]) -> list[str]:
    return texts(blocks, "rich_text_quote")


@given(SECTIONS)
@example(MARKED)
def test_a_section_short_enough_is_quoted_whole(section: Section) -> None:
    shown = quotes(message(answered(section))["blocks"])
    if len(section.text) <= 3000 and len(json.dumps(section.text)) <= 6000:
        assert shown == [section.text]
    assert section.text.startswith("".join(shown))


@given(st.lists(SECTIONS, max_size=3), st.lists(SECTIONS, max_size=20), WORDS)
def test_whatever_the_text_slack_takes_it_and_finds_no_markup(
    cited: list[Section], offered: list[Section], words: str
) -> None:
    answer = answered(*cited, choices=tuple(map(cite, offered)), contacts=(MONITORING_OFFICER,) * 3)
    rendered = message(replace(answer, message=words))
    assert blocks_fault(rendered["blocks"], 50) is None
    assert len(json.dumps(rendered["blocks"])) <= 12_000
    assert len(rendered["text"]) <= 40_000
    assert not re.search(r"[<>]|&(?!(amp|lt|gt);)", rendered["text"])
    assert len(json.dumps(rendered)) < 65_000, "slack_sdk cannot acknowledge a command with more"


@given(SECTIONS)
def test_the_whole_section_is_the_section(section: Section) -> None:
    view = whole_section(cite(section), WORDING)
    assert "".join(quotes(view["blocks"])) == section.text
    assert blocks_fault(view["blocks"], 100) is None


def test_a_very_long_section_is_shown_whole_in_parts_that_end_at_words() -> None:
    section = replace(LONG, text="Every word counts here. " * 12_000)
    view = whole_section(cite(section), WORDING)
    parts = quotes(view["blocks"])
    assert "".join(parts) == section.text
    assert len(view["blocks"]) <= 100
    assert all(part.endswith(" ") for part in parts)
    assert texts(view["blocks"], "rich_text_section")[-1] == source_line(cite(section), WORDING)
    assert view["title"]["text"] == WORDING["whole_section_title"]


def test_a_shortened_quotation_says_so_and_offers_the_whole() -> None:
    blocks = message(answered(LONG, revision="2026-05-19-3f9a2c1b"))["blocks"]
    quoted, offer = quotes(blocks)[0], blocks[-1]
    assert LONG.text.startswith(quoted)
    assert quoted.endswith("!")
    assert offer["text"]["text"] == WORDING["shortened"]
    assert offer["accessory"]["text"]["text"] == WORDING["show_whole_section"]
    assert offer["accessory"]["value"] == "protocol|6.1|2026-05-19-3f9a2c1b"
    assert section_named(offer["accessory"]["value"]) == ("protocol", "6.1")


def test_the_top_text_is_the_whole_answer_without_what_was_typed() -> None:
    answer = answered(TONE, MARKED, contacts=(MONITORING_OFFICER,))
    text = message(answer)["text"]
    assert unescape(text) == answer_text(answer)
    assert "typed" not in text


def test_a_top_text_too_long_for_slack_ends_at_a_sentence_and_says_so() -> None:
    text = message(answered(replace(LONG, text="Each ward matters. " * 4000)))["text"]
    assert 25_000 < len(text) <= 40_000
    assert text.endswith(f"Each ward matters.\n\n{WORDING['shortened']}")


def test_the_source_links_to_the_document_where_it_has_an_address() -> None:
    blocks = message(answered(TONE, MARKED))["blocks"]
    linked, plain = (block["elements"][1]["elements"][1] for block in blocks[1:])
    assert (linked["type"], linked["url"]) == ("link", "https://council.example/p.pdf")
    assert linked["text"] == "Member/Officer Protocol, section 4.2, Tone, page 7, adopted 2026-05-19"
    assert plain == {"type": "text", "text": "Social Media Guide, section 7.3, Posting"}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://x y", "https://x/" + "y" * 600])
def test_an_address_that_is_no_web_address_is_not_linked(url: str) -> None:
    citation = replace(cite(MARKED), document=replace(GUIDE, url=url))
    blocks = message(replace(answered(), citations=(citation,)))["blocks"]
    assert "link" not in json.dumps(blocks)


def test_choices_and_contacts_are_listed() -> None:
    blocks = message(answered(choices=(cite(TONE), cite(MARKED)), contacts=(MONITORING_OFFICER,)))["blocks"]
    assert texts(blocks, "rich_text_section") == [
        "You may have meant:",
        "4.2 Tone",
        "7.3 Posting",
        "Who can help:",
        "Monitoring Officer (e-mail: mo@council.example)",
    ]


def test_an_answer_without_a_revision_is_its_message() -> None:
    unavailable = Answer(Question("x"), Status.UNAVAILABLE, "The protocol cannot be read just now.")
    assert message(unavailable)["text"] == "The protocol cannot be read just now."
    assert texts(message(unavailable)["blocks"], "section") == ["The protocol cannot be read just now."]


def test_a_sentence_is_escaped_for_the_notification_and_plain_in_the_message() -> None:
    rendered = sentence("Ask <@U1> & co")
    assert rendered["text"] == "Ask &lt;@U1&gt; &amp; co"
    assert texts(rendered["blocks"], "section") == ["Ask <@U1> & co"]


@given(WORDS, st.integers(1, 300))
def test_shortening_and_parting_lose_and_add_nothing(text: str, limit: int) -> None:
    assert text.startswith(shorten(text, limit))
    assert 0 < len(shorten(text, limit)) <= limit
    parts = list(pieces(text, limit))
    assert "".join(parts) == text
    assert all(0 < len(part) <= limit for part in parts)


@pytest.mark.parametrize(
    "text",
    [
        "The Leader told me to change the cleaners' rota tonight, no paperwork, and keep it quiet",
        "Who sets the level of council tax for next year?",
        "The planning committee hears an application for a barn conversion.",
        "Can I go ahead with it?",
        "He told me to just do it",
    ],
)
def test_a_signpost_is_shown_whole_in_its_place_and_stands_in_the_top_text(ask: Ask, text: str) -> None:
    answer = ask(Question(text))
    assert answer.signpost is not None
    said, rendered = signposted(answer), message(answer)
    visible = shown(rendered["blocks"])
    assert blocks_fault(rendered["blocks"], 50) is None
    assert len(json.dumps(rendered["blocks"])) <= 12_000
    assert len(said) >= 4
    assert [text for text in said if text not in visible] == []
    assert visible[: len(pointed(answer)) + 1] == [*pointed(answer), answer.message], "who decides comes first"
    assert unescape(rendered["text"]) == answer_text(answer)
    assert [text for text in said if text not in unescape(rendered["text"])] == []


def test_long_clauses_are_shortened_before_a_signpost_is(ask: Ask) -> None:
    pressed = ask(Question("The Leader told me to change the cleaners' rota tonight, no paperwork, and keep it quiet"))
    answer = replace(pressed, citations=(cite(replace(LONG, text=LONG.text[:5_000])),) * 3)
    rendered = message(answer)
    assert len(json.dumps(rendered["blocks"])) <= 12_000
    assert [text for text in signposted(answer) if text not in shown(rendered["blocks"])] == []
    assert [text for text in signposted(answer) if text not in unescape(rendered["text"])] == []


@settings(deadline=None)
@given(SIGNPOSTS, st.lists(SECTIONS, max_size=3))
def test_whatever_a_signpost_says_slack_takes_it_and_finds_no_markup(signpost: Signpost, cited: list[Section]) -> None:
    answer = replace(answered(*cited, signpost=signpost), wording=POINTED)
    rendered = message(answer)
    assert blocks_fault(rendered["blocks"], 50) is None
    assert len(json.dumps(rendered["blocks"])) <= 12_000
    assert len(rendered["text"]) <= 40_000
    assert not re.search(r"[<>]|&(?!(amp|lt|gt);)", rendered["text"])
    assert len(json.dumps(rendered)) < 65_000
    assert {"mrkdwn", "user", "channel", "usergroup", "broadcast"}.isdisjoint(kinds(rendered["blocks"]))


@settings(deadline=None)
@given(SIGNPOSTS)
def test_a_short_signpost_loses_nothing_of_what_it_says(signpost: Signpost) -> None:
    answer = replace(answered(TONE, signpost=signpost), wording=POINTED)
    rendered = message(answer)
    if len(json.dumps(signposted(answer))) <= 6_000 and max(map(len, signposted(answer))) <= 600:
        assert [text for text in signposted(answer) if text not in shown(rendered["blocks"])] == []
    assert [text for text in signposted(answer) if text not in unescape(rendered["text"])] == []


def test_a_signpost_takes_nothing_from_an_answer_s_contacts_and_choices(ask: Ask) -> None:
    pressed = ask(Question("The Leader told me to change the cleaners' rota tonight"))
    answer = replace(pressed, choices=(cite(TONE), cite(MARKED)), contacts=(MONITORING_OFFICER,))
    assert {"4.2 Tone", "7.3 Posting", "Monitoring Officer (e-mail: mo@council.example)"} <= set(
        shown(message(answer)["blocks"])
    )
