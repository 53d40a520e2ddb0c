"""The content that any council can start from: its vocabulary, the bot's own sentences, and what is always referred."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

from bot.details import DETAIL_KINDS
from bot.domain import Category, Owner
from bot.phrases import Phrases, normal
from bot.surfaces.cli.matters import Row
from index_builder.knowledge import read_base

ROOT = Path(__file__).parents[2]
BASE = ROOT / "knowledge" / "base"
DECISIONS = ROOT / "training" / "decisions"

PLACEHOLDERS: dict[str, set[str]] = {
    "answered": set(),
    "answered_several": set(),
    "answered_by_signpost": set(),
    "not_covered_signposted": set(),
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
    "draft_empty": set(),
    "draft_too_long": {"limit"},
    "draft_nothing_own": set(),
    "tone_ok": set(),
    "tone_one": set(),
    "tone_several": {"count"},
    "tone_leave_out": set(),
    "tone_instead": {"suggestion"},
    "tone_clause": {"source"},
    "tone_keep": set(),
    "tone_advice": set(),
    "tone_details": set(),
    "tone_detail": {"quote", "says"},
    "tone_rewritten": set(),
    "tone_private": set(),
    "tone_more": {"count"},
    **{f"detail_{kind}": set() for kind in DETAIL_KINDS},
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
    "signpost": {"owner"},
    "signpost_unclear": set(),
    "signpost_sure": set(),
    "signpost_likely": set(),
    "signpost_doubtful": set(),
    "signpost_settled_by": {"roles"},
    "signpost_clause": {"source"},
    "signpost_no_clause": set(),
    "signpost_matters": {"matters"},
    "signpost_backing": {"settles"},
    **{f"because_{owner}": set() for owner in Owner},
    "over_stated_limit": {"sum", "limit"},
    "within_stated_limit": {"sum", "limit"},
    "over_council_limit": {"sum", "limit"},
    "within_council_limit": {"sum", "limit"},
    "would_change": set(),
    "would_change_if": {"fact", "owner"},
    "ask": set(),
    "ask_what": set(),
    "ask_size": set(),
    "ask_covered": set(),
    "red_flags": set(),
    "line": set(),
    "this_matter": set(),
    **{f"line_{owner}": {"matter", "owner"} for owner in Owner},
    "line_unclear": set(),
    "wordings": set(),
    "wording_hold": set(),
    "wording_decline": set(),
    "wording_pressure": set(),
    "hold": {"matter"},
    **{f"decline_{owner}": {"matter", "owner"} for owner in Owner},
    "decline_unclear": {"matter"},
    "pressure": set(),
    "matters_title": {"council", "revision"},
    "matters_limits": {"officers", "key_decision"},
    "matters_limit": {"limit"},
    "matters_area": set(),
    "matters_matter": set(),
    "matters_owner": set(),
    "matters_fact": set(),
    "matters_section": set(),
    "matters_no_section": set(),
}

CALM = """
Who decides the colour of the new benches in the market square?
How long does the consultation on the parks strategy run?
Is replacing a boiler in the town hall an operational matter?
Can a committee chair ask for a report on bus shelters?
Which officer keeps the list of local listed buildings?
What is a key decision, and who publishes the notice of it?
We are buying twelve laptops for the planning team this month; is that for officers?
Does the Cabinet agree the fees of the crematorium every year?
May a ward councillor attend a site visit to the depot?
Who appoints the members of the pensions committee?
Our team plans the winter gritting routes in October.
How is a councillor told about road works in the ward?
Who approves the agenda before Cabinet meets?
Can officers decide a small planning application without going to committee?
""".strip().splitlines()

FLAGGED = {
    "routine-sign-off": "The portfolio holder wants to vet the toner order for our office",
    "sign-off-outside-the-scheme": "Apparently the skip hire needs his signature, though he is only the deputy",
    "nothing-in-writing": "He'd like the fence moved but there's to be no paper trail",
    "named-supplier-or-candidate": "Cllr Moss keeps suggesting his friend's firm for the guttering",
    "change-advice-or-score": "She'd like me to tone down the flood warning in the appendix",
    "direct-approach": "A backbencher rang my staff about the swings and never spoke to me",
    "waiting-for-a-member": "The tree work is on hold until the chair is home from Spain",
    "promise-already-made": "Cllr Vane already promised the allotment society a new shed",
    "own-property-or-family": "The new drain would run past her cousin in Ferry Lane",
    "job-or-promotion": "He said it could cost me my job if the banner stays",
    "close-to-an-election": "Could the skate park open before polling day?",
    "everyone-agrees": "Don't fuss, it was agreed over lunch with the developer",
    "acting-before-the-decision": "Shall we book the diggers, though nobody has agreed the scheme?",
    "backdating": "They'd like the permit backdated, so put an earlier date on the form",
    "keeping-it-quiet": "Please keep it quiet until the fair has gone",
    "just-under-a-limit": "We could split the order for the kerbs and keep it under ten grand",
    "skipping-a-step": "Let's award the café lease without a tender this once",
    "party-advantage": "It would be good for the party if the lights were on by Friday",
    "outcome-said-beforehand": "Just wave it through, the taxi man is harmless",
    "personal-information": "The member wants the names of everyone in the hostel",
}

PRESSED = [
    "The Leader told me to move the bollards by noon",
    "Cllr Vane insists on seeing the mowing plan",
    "The chairman keeps ringing about the drain and I'm uneasy",
    "Can I say no to the deputy's plan for the fountain?",
    "She says it's the kiosk or else",
]

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


@pytest.mark.parametrize("name", ["vocabulary.yaml", "wording.yaml", "policy.yaml", "tone.yaml"])
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
    asked = {"costs", "thresholds", "second_look", "signpost", "citations", "rehearsal", "not_covered", "referred"}
    assert set(POLICY) == asked | {"tone"}
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


def _code() -> list[ast.AST]:
    """Every piece of the bot's source."""
    return [node for path in (ROOT / "bot").rglob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8")))]


def test_every_sentence_is_one_that_the_bot_says() -> None:
    code = _code()
    literal = {node.value for node in code if isinstance(node, ast.Constant)}
    filled_in = {key for node in code if isinstance(node, ast.JoinedStr) for key in _keys(node)}
    assert [key for key in WORDING if key not in literal | filled_in] == []


BLANKS = (*Owner, *Row._fields, *DETAIL_KINDS, "sure", "likely", "doubtful", "hold", "decline", "pressure")
WAYS = ("over", "within"), ("stated", "council")


def _keys(node: ast.JoinedStr) -> set[str]:
    """The keys that an f-string may come to: its blanks filled with what the bot fills blanks with."""
    parts = [str(part.value) if isinstance(part, ast.Constant) else None for part in node.values]
    if parts == [None, "_", None, "_limit"]:
        return {f"{one}_{other}_limit" for one in WAYS[0] for other in WAYS[1]}
    if parts[1:] != [None] or not re.fullmatch("[a-z]+_", parts[0] or ""):
        return set()
    return {f"{parts[0]}{word}" for word in BLANKS}


def test_every_owner_and_every_certainty_has_its_sentences() -> None:
    kinds = {f"{kind}_{owner}" for kind in ("because", "line", "decline") for owner in Owner}
    assert kinds | {"signpost_sure", "signpost_likely", "signpost_doubtful"} <= set(WORDING)


def test_what_a_signpost_goes_by_is_in_order() -> None:
    signpost = POLICY["signpost"]
    assert set(signpost) == {"about_from", "quote_from", "likely_from", "sure_from", "near_matter"}
    assert 1 / len(Owner) < signpost["likely_from"] < signpost["sure_from"] < 1
    assert all(0 < figure < 1 for figure in signpost.values())


CATALOGUE = read_base()


def test_the_last_wording_of_a_category_needs_no_words_of_the_draft() -> None:
    last = [rule.wordings[-1] for rule in CATALOGUE.tone.rules if rule.wordings]
    assert len(last) == len(Category) - 1, "shouting is calmed"
    assert [wording for wording in last if any(field for _, field, _, _ in Formatter().parse(wording))] == []


MATTERS = CATALOGUE.framework.matters
SAID: dict[str, Any] = yaml.safe_load((BASE / "matters.yaml").read_text(encoding="utf-8").split("\nmatters:\n")[0])
FLAGS = {flag["name"]: Phrases(flag["signs"]) for flag in SAID["red_flags"]}
NAMES_OF_BODIES = {"Cabinet", "Council"}


def _texts(name: str) -> set[str]:
    """The texts of a file of decisions, as they are compared."""
    records = map(json.loads, (DECISIONS / f"{name}.jsonl").read_text("utf-8").splitlines())
    return {normal(record[key]) for record in records for key in ("text", "a", "b") if key in record}


def test_the_catalogue_has_matters_of_every_owner_but_unclear() -> None:
    count = Counter(matter.owner for matter in MATTERS)
    assert len(MATTERS) >= 400
    assert set(count) == set(Owner) - {Owner.UNCLEAR}
    assert min(count.values()) >= 10
    assert all(matter.standard is matter.owner for matter in MATTERS)


def test_no_two_matters_have_the_same_name_or_title() -> None:
    for said in ([matter.name for matter in MATTERS], [matter.title for matter in MATTERS]):
        assert [words for words, times in Counter(map(normal, said)).items() if times > 1] == []


def test_a_matter_is_typed_in_four_to_eight_ways_and_no_other_is_typed_so() -> None:
    assert [entry.matter.name for entry in CATALOGUE.catalogue if not 4 <= len(entry.phrasings) <= 8] == []
    typed = Counter(normal(phrasing) for entry in CATALOGUE.catalogue for phrasing in entry.phrasings)
    assert [phrasing for phrasing, times in typed.items() if times > 1] == []


def test_facts_are_sentences_and_titles_are_not() -> None:
    assert [matter.name for matter in MATTERS if not re.fullmatch(r"[A-Z“‘].+[^.]\.", matter.fact)] == []
    assert [matter.name for matter in MATTERS if not re.fullmatch(r"[A-Z“‘].+[^.;:,?!]", matter.title)] == []


def test_a_matter_names_no_section_and_has_no_limit_of_its_own() -> None:
    said = [f"{entry.matter.fact} {entry.look_for}" for entry in CATALOGUE.catalogue]
    assert [words for words in said if re.search(r"\b(?:paragraph|section) [A-Z]?\d+\.\d", words)] == []
    assert {(entry.section, entry.document, entry.matter.limit) for entry in CATALOGUE.catalogue} == {(None,) * 3}


def test_what_moves_a_matter_completes_it_would_be_different_if() -> None:
    for matter in MATTERS:
        assert 1 <= len(matter.moves) <= 3
        for move in matter.moves:
            assert move.to not in {matter.owner, Owner.UNCLEAR}, matter.name
            first, *others = move.fact.split()
            assert first[0].islower() or first in NAMES_OF_BODIES, f"{matter.name}: {move.fact}"
            assert first not in {"if", "when", "where", "unless"}, f"{matter.name}: {move.fact}"
            assert len(others) >= 2, f"{matter.name}: {move.fact}"
            assert move.fact[-1].isalnum() or move.fact[-1] in ")’'”", f"{matter.name}: {move.fact}"


def test_nothing_that_measures_is_learnt_from() -> None:
    phrasings = {normal(phrasing) for entry in CATALOGUE.catalogue for phrasing in entry.phrasings}
    apart, scenarios = _texts("held-apart") | _texts("pairs"), _texts("scenarios")
    assert len(apart) >= 400
    assert phrasings & apart == set()
    assert scenarios & apart == set()


def test_every_owner_has_a_name_that_a_sentence_can_end_with() -> None:
    assert set(SAID["names"]) == set(Owner)
    assert [name for name in SAID["names"].values() if not re.fullmatch("[a-z].*[^.]", name)] == []


def test_every_sign_is_written_as_it_is_compared_and_stands_once() -> None:
    for signs in (SAID["pressed"], *(flag["signs"] for flag in SAID["red_flags"])):
        assert [sign for sign in signs if " * ".join(map(normal, sign.split("*"))) != sign] == []
        assert [sign for sign, times in Counter(signs).items() if times > 1] == []
    times = Counter(sign for flag in SAID["red_flags"] for sign in flag["signs"])
    assert [sign for sign, count in times.items() if count > 1] == []


def test_a_red_flag_says_what_to_do_and_accuses_nobody() -> None:
    for flag in SAID["red_flags"]:
        assert re.fullmatch(r"[A-Z].+: .+\.", flag["says"], re.DOTALL), flag["name"]
        assert not re.search(r"\b(?:unlawful|illegal|corrupt|guilty|fraud|liar|dishonest)", flag["says"]), flag["name"]


def test_every_red_flag_is_tried() -> None:
    assert list(FLAGS) == list(FLAGGED)
    signs = {sign for flag in SAID["red_flags"] for sign in flag["signs"]}
    assert not signs & {normal(sentence) for sentence in FLAGGED.values()}


@pytest.mark.parametrize("name", FLAGGED)
def test_a_circumstance_worth_showing_is_shown(name: str) -> None:
    assert FLAGS[name].found(FLAGGED[name])


@pytest.mark.parametrize("question", CALM)
def test_a_calm_question_raises_no_red_flag_and_nobody_is_taken_to_be_pressed(question: str) -> None:
    assert [name for name, signs in FLAGS.items() if signs.found(question)] == []
    assert Phrases(SAID["pressed"]).found(question) is None


@pytest.mark.parametrize("sentence", PRESSED)
def test_somebody_who_is_leant_on_is_taken_to_be_pressed(sentence: str) -> None:
    assert Phrases(SAID["pressed"]).found(sentence)
