"""The content that any council can start from: its vocabulary, the bot's own sentences, and what is always referred."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

from bot.phrases import Phrases, normal

BASE = Path(__file__).parents[2] / "knowledge" / "base"

PLACEHOLDERS: dict[str, set[str]] = {
    "answered": set(),
    "answered_several": set(),
    "clarify": set(),
    "referred": {"role"},
    "referred_no_contact": set(),
    "not_covered": {"roles"},
    "not_covered_near": {"roles"},
    "section_found": {"number"},
    "section_begins": {"number", "count", "shown"},
    "no_such_section": {"number"},
    "empty_question": set(),
    "question_too_long": {"limit"},
    "choices": set(),
    "contacts": set(),
    "source_section": {"number"},
    "source_pages": {"pages"},
    "source_adopted": {"date"},
    "show_whole_section": set(),
    "whole_section_title": set(),
    "shortened": set(),
    "privacy": set(),
    "help": set(),
    "greeting": set(),
    "prompt": set(),
    "farewell": set(),
    "superseded": {"revision"},
}

GENERAL = """
What does the protocol say about bullying?
repeated put-downs about my age, is that covered?
If I speak up about the Leader will it be held against me?
I've been insulted by a councillor in an email, where do I go?
a councillor rang me to approve our rota
Is this operational or a Cabinet Member matter?
What tone should I use in an e-mail to an officer?
What counts as harassment under the protocol?
Is asking hard questions in scrutiny bullying?
Does it have to happen more than once to be bullying?
Who investigates a complaint about a member?
How do I complain about a councillor?
Can an officer complain that a member broke the Code?
What happens after a complaint is made?
What sanctions are there for a councillor who breaks the protocol?
Which section covers whistleblowing?
Is there a whistleblowing policy for members?
What is the difference between whistleblowing and a complaint?
Can I report fraud without giving my name?
What is a data breach?
Who do we tell about a data breach?
May I e-mail a resident's address to a colleague?
Does the protocol cover safeguarding?
Who is accountable for safeguarding decisions?
What does the Equality Act have to do with this?
Is discrimination mentioned anywhere?
What if a member makes a sexist joke?
Does the protocol mention sexual harassment?
Can members see a disciplinary file?
Do members sit on disciplinary hearings?
A member wants to know why a colleague of mine was suspended, may I say?
Can a councillor under investigation stay on the committee?
How does mediation work?
What happens if we cannot agree who decides?
A councillor keeps ringing me directly, is that allowed?
A councillor keeps calling me instead of my manager
How do I say no to a Cabinet Member?
I'm too scared to refuse a councillor, who backs me?
I'm worried about saying no to the Leader
Who supports an officer under pressure?
What support is there for stress?
The portfolio holder threatened to take this to the press, what now?
Can we threaten to end the contract?
He wrote in capitals, is that shouting?
Is shouting in the chamber dealt with by the chair?
Can I hang up on a rude caller?
A member shouted across the chamber, who steps in?
What gifts must I declare?
May I accept a bottle of wine from a contractor?
Is a bribe the same as a gift?
My brother is a councillor, whom should I tell?
If I sleep on it, can I answer tomorrow?
Can I get councillors to stop copying in the Leader?
I sent the report to the chair, may she change it?
I forgot to copy in the ward member, does that matter?
Could I lose my post for refusing?
We can't cope with the number of requests from one member
I can't go on the ward walk, who goes instead?
I have evidence that residents want the crossing
I think the file is corrupt, who deals with IT?
There is a pothole outside my house
May I have large print because I am disabled?
Are threats in an e-mail a matter for the police?
What does the protocol say about death threats to members?
Who answers when a member criticises staff in public?
Is name-calling between councillors covered?
What does mutual respect mean?
Can a child's case be discussed in a members' briefing?
What should I do if an officer is rude to me?
Does the Code apply when I am off duty?
Is an anonymous complaint accepted?
How long does an investigation take?
What do I do about a councillor whose tone is hostile?
""".strip().splitlines()

LIVE: dict[str, list[str]] = {
    "safeguarding": [
        "I visited a family on my estate and I think a child is at risk tonight",
        "A boy in my ward has bruises on both arms, who do I ring?",
        "Neighbours say the kids are being hit by mum's boyfriend",
        "The mother two doors down leaves her three kids alone all night",
        "I'm certain the girl next door is being groomed by an older man",
        "An old man in the flats is being starved by his son",
    ],
    "self-harm-or-distress": [
        "After what the Leader said I just want to end my life",
        "I've been crying every night because of this job",
        "I had another panic attack before committee",
        "I'm at breaking point with all of it",
        "I can't cope and nobody will listen",
        "I dread coming in on Mondays because of him",
    ],
    "sexual-harassment": [
        "He put his hand on my knee under the committee table",
        "A councillor tried to kiss me at the civic dinner",
        "My manager keeps making sexual comments about me",
        "Cllr Hart groped me in the lift",
        "She won't stop asking me out though I've said no",
        "He sent me a naked picture last night",
    ],
    "threats-and-violence": [
        "Cllr Brown threatened me in the car park",
        "The Leader has threatened me and my team",
        "A man grabbed me by the collar after the meeting",
        "Somebody followed me home from the count",
        "She said someone's going to hurt me if the road isn’t mended",
        "I don't feel safe in the building with him",
    ],
    "discrimination": [
        "I'm being discriminated against for my faith",
        "My manager passed me over because I'm pregnant",
        "The councillor was racist to me on the phone",
        "He told me to go back where I came from",
        "Since I came out I'm treated differently because I am gay",
        "I was left off the list because I'm a woman",
    ],
    "bullying-or-harassment": [
        "I am being bullied by a Cabinet Member",
        "My head of service is bullying me and I don't know where to turn",
        "cllr shouted at me again in the corridor",
        "He humiliated me before forty people",
        "The chairman keeps harassing me at midnight",
        "Two members are ganging up on me",
    ],
    "whistleblowing": [
        "I want to blow the whistle on my director",
        "My boss told me to shred the inspection notes",
        "They told me to keep quiet about the asbestos",
        "The fire checks were never done and it's being covered up",
        "I need to report wrongdoing in my department",
        "We are falsifying records for the regulator",
    ],
    "crime-or-corruption": [
        "I think my manager is taking bribes",
        "A developer offered me money to lose the objection",
        "Someone in finance is stealing from the petty cash",
        "He slipped me an envelope after the site visit",
        "They rigged the tender for his friend",
        "A member is fiddling his expenses, I've seen the forms",
    ],
    "personal-data-incident": [
        "I've just sent the case list to the wrong councillor",
        "My work laptop was stolen from the car",
        "I accidentally emailed the whole ward a resident's medical letter",
        "Forwarded the exempt report to the wrong John Smith",
        "I lost my council phone with everything on it",
        "I forgot to bcc and four hundred addresses went out",
    ],
    "live-dispute": [
        "A member has complained about me to the chief executive",
        "I'm being investigated by the Monitoring Officer",
        "There's a complaint against me and I think it's unfair",
        "Has Cllr Dunn broken the code?",
        "She has made false allegations about me",
        "He lied about me in the scrutiny meeting",
    ],
}


def read(name: str) -> Any:
    return yaml.safe_load((BASE / name).read_text(encoding="utf-8"))


GROUPS: list[dict[str, list[str]]] = read("vocabulary.yaml")["groups"]
WORDING: dict[str, str] = read("wording.yaml")
POLICY: dict[str, Any] = read("policy.yaml")
SIGNS: dict[str, Phrases] = {referral["topic"]: Phrases(referral["signs"]) for referral in POLICY["referred"]}


def topic_of(text: str) -> str | None:
    return next((topic for topic, signs in SIGNS.items() if signs.found(text)), None)


@pytest.mark.parametrize("name", ["vocabulary.yaml", "wording.yaml", "policy.yaml"])
def test_a_file_uses_no_anchor_alias_tag_or_repeated_key(name: str) -> None:
    text = (BASE / name).read_text(encoding="utf-8")
    events = list(yaml.parse(text))
    assert not [event for event in events if isinstance(event, yaml.AliasEvent)]
    assert not [event for event in events if getattr(event, "anchor", None) or getattr(event, "tag", None)]
    assert not repeated_keys(yaml.compose(text))


def repeated_keys(node: yaml.Node | None) -> list[str]:
    if isinstance(node, yaml.SequenceNode):
        return [key for child in node.value for key in repeated_keys(child)]
    if not isinstance(node, yaml.MappingNode):
        return []
    keys = [key.value for key, _ in node.value]
    return [key for key in keys if keys.count(key) > 1] + [k for _, child in node.value for k in repeated_keys(child)]


def test_every_group_pairs_a_few_protocol_words_with_what_people_type() -> None:
    assert len(GROUPS) >= 150
    for group in GROUPS:
        assert set(group) == {"protocol", "people"}
        assert 1 <= len(group["protocol"]) <= 4
        assert group["people"]
        assert all(isinstance(words, str) and normal(words) for words in group["protocol"] + group["people"])


def test_no_phrase_is_typed_for_two_groups() -> None:
    typed = Counter(normal(words) for group in GROUPS for words in group["people"])
    assert [words for words, times in typed.items() if times > 1] == []


def test_no_group_only_repeats_the_words_typed() -> None:
    assert [
        words for group in GROUPS for words in group["people"] if normal(words) in map(normal, group["protocol"])
    ] == []


def test_wording_holds_each_sentence_with_its_placeholders() -> None:
    held = {key: {field for _, field, _, _ in Formatter().parse(said) if field} for key, said in WORDING.items()}
    assert held == PLACEHOLDERS
    assert all(said.strip() == said and said for said in WORDING.values())


def test_slack_takes_the_button_and_the_title() -> None:
    assert len(WORDING["show_whole_section"]) <= 75
    assert len(WORDING["whole_section_title"]) <= 24


def test_policy_has_every_key_and_both_faults_cost_something() -> None:
    keys = {"costs", "thresholds", "second_look", "citations", "rehearsal", "not_covered", "referred"}
    assert set(POLICY) == keys
    assert set(POLICY["costs"]) == {"beside_the_point", "silence"}
    assert min(POLICY["costs"].values()) > 0


def test_policy_names_a_role_for_every_topic() -> None:
    assert list(SIGNS) == list(LIVE)
    for referral in POLICY["referred"]:
        assert set(referral) == {"topic", "role", "look_for", "signs"}
        assert referral["role"]
        assert referral["look_for"]


def test_a_topic_has_signs_enough_each_written_as_it_is_compared() -> None:
    for referral in POLICY["referred"]:
        signs = referral["signs"]
        assert 25 <= len(set(signs)) == len(signs) <= 80
        assert [sign for sign in signs if " * ".join(map(normal, sign.split("*"))) != sign] == []


def test_no_sign_stands_under_two_topics() -> None:
    times = Counter(sign for referral in POLICY["referred"] for sign in referral["signs"])
    assert [sign for sign, count in times.items() if count > 1] == []


@pytest.mark.parametrize("question", GENERAL)
def test_a_general_question_is_not_referred(question: str) -> None:
    assert topic_of(question) is None


@pytest.mark.parametrize(("topic", "sentence"), [(topic, live) for topic, said in LIVE.items() for live in said])
def test_what_is_happening_to_someone_is_referred(topic: str, sentence: str) -> None:
    assert topic_of(sentence) == topic


def test_the_questions_and_sentences_tried_are_many_and_no_copies_of_the_signs() -> None:
    signs = {sign for referral in POLICY["referred"] for sign in referral["signs"]}
    assert len(set(GENERAL)) >= 60
    assert all(len(said) >= 5 for said in LIVE.values())
    assert not signs & {normal(live) for said in LIVE.values() for live in said}


def test_every_sentence_is_one_that_the_bot_says() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (Path(__file__).parents[2] / "bot").rglob("*.py"))
    assert [key for key in WORDING if not re.search(rf"[\"']{key}[\"']", code)] == []
