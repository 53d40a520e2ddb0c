"""A council's folder becomes Knowledge, or every Problem of every file is said at once, with its line and mend."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import Category, Contact, Referral, Synonyms
from index_builder.knowledge import PROJECT_BASE, Expected, Knowledge, UnsoundKnowledge, councils, read_knowledge

if TYPE_CHECKING:
    from pathlib import Path

    from index_builder.problem import Problem

POLICY = """\
costs: {beside_the_point: 1, silence: 4}
thresholds: {near_from: 0.02, clarify_gap: 0.015, cite_from: 0.05, sure_from: 0.9}
second_look: 10
signpost: {about_from: 0.5, quote_from: 0.8, likely_from: 0.6, sure_from: 0.85, near_matter: 0.4}
tone: {concern_from: 0.5}
citations: 3
rehearsal: {fall_allowed: 0.02}
not_covered: {roles: [Monitoring Officer]}
referred:
  - {topic: bullying, role: Monitoring Officer, look_for: bullying and harassment, signs: [being bullied]}
  - {topic: safeguarding, role: Safeguarding Lead, look_for: concern for a child, signs: [at risk of harm]}
"""
WORDING = """\
answered: Here is what the protocol says.
source_section: "section {number}"
not_covered: The protocol says nothing of this; ask the {role}.
"""
MATTERS = """\
limits: {officers: 100000, key_decision: 500000}
names:
  operational: for officers
  cabinet: for Cabinet
  council: for Council
  regulatory: for a committee
  statutory_officer: for a named officer
  political: for a party
  unclear: not clear
settles: [your manager]
pressed: [told me to]
red_flags:
  - {name: haste, says: Take your time., signs: [by noon or else]}
matters:
  - name: rota
    area: staffing
    owner: operational
    title: A rota
    fact: It is the running of a service.
    look_for: officers set rotas
    moves: [{to: cabinet, if: a service were cut}]
    phrasings: [who sets the rota]
"""
TONE = """\
keep:
  - {name: thanks, says: It thanks., signs: [thank you]}
never: [at the eleventh hour]
recipients: {says: Copy only those who must act., signs: [copying in]}
at_once: {says: Do not send this., signs: [hurt you]}
ladder: {wait: Wait., issue: Keep to it., talk: Ring., help: Ask., senior: Leave it., complain: Complain.}
categories:
""" + "".join(
    f"""\
  - name: {category}
    title: {category.title()}
    meaning: What it covers.
    why: What a reader hears.
    strategy: Say it otherwise.
    wordings: ["About {{topic}}: please tell me more."]
    step: talk
    not_an_email: Ask the manager.
    look_for: courtesy in e-mail
    signals: [you {category.replace("-", " ")}]
    examples: [{{text: You {category}., risky: [You {category}]}}]
    fair: [{{text: The {category} policy., kind: policy}}]
"""
    for category in Category
)
VOCABULARY = "groups:\n  - {protocol: [Cabinet Member], people: [portfolio holder, lead member]}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of knowledge: a small base, and the council `dunmere` with nothing but a title and one text."""
    write(tmp_path / "base/policy.yaml", POLICY)
    write(tmp_path / "base/wording.yaml", WORDING)
    write(tmp_path / "base/vocabulary.yaml", VOCABULARY)
    write(tmp_path / "base/matters.yaml", MATTERS)
    write(tmp_path / "base/tone.yaml", TONE)
    write(tmp_path / "dunmere/council.yaml", "title: Dunmere Council\n")
    write(tmp_path / "dunmere/protocol/protocol.md", "## 1 Purpose\n\n1.1 Officers advise all members.\n")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def problems_of(root: Path, council: str = "dunmere") -> list[str]:
    """The Problems of a council, their paths below the root."""
    with pytest.raises(UnsoundKnowledge) as raised:
        read_knowledge(root, council)
    assert list(raised.value.problems) == sorted(raised.value.problems)
    return [str(problem).removeprefix(f"{root}/") for problem in raised.value.problems]


def outcome(root: Path) -> Knowledge | tuple[Problem, ...]:
    try:
        return read_knowledge(root, "dunmere")
    except UnsoundKnowledge as unsound:
        return unsound.problems


def test_a_title_and_one_text_are_enough(root: Path) -> None:
    knowledge = read_knowledge(root, "dunmere")
    assert (knowledge.council.name, knowledge.council.title, knowledge.council.contacts) == (
        "dunmere",
        "Dunmere Council",
        (),
    )
    assert knowledge.protocol == (root / "dunmere/protocol/protocol.md",)
    assert knowledge.vocabulary == (Synonyms(("Cabinet Member",), ("portfolio holder", "lead member")),)
    assert knowledge.wording["source_section"] == "section {number}"
    assert [referral.topic for referral in knowledge.policy.referrals] == ["bullying", "safeguarding"]
    assert (knowledge.questions, knowledge.source_url, knowledge.source_adopted) == ((), None, None)


def test_everything_a_council_may_say_is_mirrored(root: Path) -> None:
    write(
        root / "dunmere/council.yaml",
        """\
title: Dunmere Council
source: {url: "https://dunmere.example/protocol", adopted: 2026-05-19}
contacts:
  - {role: Monitoring Officer, channel: e-mail, address: mo@dunmere.example}
  - {role: Monitoring Officer, channel: phone, address: "01632960140"}
""",
    )
    write(
        root / "dunmere/questions.yaml",
        """\
answered:
  - {ask: "Who decides?", section: "3.10", promised: true}
  - {ask: "Who advises?", section: [D2.1, "4.2"], document: protocol, topic: advice}
refused:
  - {ask: "Is a licence granted?", near_miss: true}
""",
    )
    knowledge = read_knowledge(root, "dunmere")
    assert knowledge.council.contacts == (
        Contact("Monitoring Officer", "e-mail", "mo@dunmere.example"),
        Contact("Monitoring Officer", "phone", "01632960140"),
    )
    assert (knowledge.source_url, knowledge.source_adopted) == ("https://dunmere.example/protocol", "2026-05-19")
    assert knowledge.questions == (
        Expected("Who decides?", ("3.10",), None, None, promised=True, near_miss=False, line=2),
        Expected("Who advises?", ("D2.1", "4.2"), "protocol", "advice", promised=False, near_miss=False, line=3),
        Expected("Is a licence granted?", (), None, None, promised=False, near_miss=True, line=5),
    )


def test_a_council_s_own_files_are_laid_over_the_base_s(root: Path) -> None:
    write(root / "dunmere/vocabulary.yaml", "groups: [{protocol: [Leader], people: [the boss]}]")
    write(root / "dunmere/wording.yaml", 'source_section: "paragraph {number}"')
    write(
        root / "dunmere/policy.yaml",
        """\
costs: {silence: 3}
thresholds: {sure_from: 0.8}
citations: 1
not_covered: {roles: [Democratic Services]}
referred:
  - {topic: Bullying, role: Human Resources, look_for: respect at work, signs: [shouted at]}
  - {topic: whistleblowing, role: Auditor, look_for: raising a concern, signs: [blow the whistle]}
""",
    )
    knowledge = read_knowledge(root, "dunmere")
    assert [group.protocol for group in knowledge.vocabulary] == [("Cabinet Member",), ("Leader",)]
    assert knowledge.wording == {
        "answered": "Here is what the protocol says.",
        "source_section": "paragraph {number}",
        "not_covered": "The protocol says nothing of this; ask the {role}.",
    }
    policy = knowledge.policy
    assert (policy.cost_beside, policy.cost_silence, policy.answer_from) == (1, 3, 0.25)
    assert (policy.near_from, policy.clarify_gap, policy.cite_from, policy.sure_from) == (0.02, 0.015, 0.05, 0.8)
    assert (policy.second_look, policy.citations) == (10, 1)
    assert policy.not_covered_roles == ("Democratic Services",)
    assert [(referral.topic, referral.role) for referral in policy.referrals] == [
        ("Bullying", "Human Resources"),
        ("safeguarding", "Safeguarding Lead"),
        ("whistleblowing", "Auditor"),
    ]
    assert policy.referrals[0] == Referral("Bullying", "Human Resources", ("shouted at",), "respect at work")


def test_the_project_s_own_base_stands_in_for_a_missing_one(root: Path) -> None:
    for file in (root / "base").iterdir():
        file.unlink()
    (root / "base").rmdir()
    own = read_knowledge(root, "dunmere")
    assert own.wording == read_knowledge(PROJECT_BASE.parent, "model").wording


def test_the_project_s_own_knowledge_is_sound() -> None:
    knowledge = read_knowledge(PROJECT_BASE.parent, "model")
    assert "model" in councils(PROJECT_BASE.parent)
    assert knowledge.council.contacts
    assert any(question.promised for question in knowledge.questions)
    assert knowledge.policy.referrals


BROKEN = [
    # council.yaml
    ("council.yaml", "", 1, "title is missing: write title"),
    ("council.yaml", "- Dunmere", 1, "write each as key: text"),
    ("council.yaml", "Dunmere", 1, "write each as key: text"),
    ("council.yaml", "title: [Dunmere]", 1, "title must be a text, not a list: write one text in quotes"),
    ("council.yaml", "title: {a: b}", 1, "title must be a text, not a table"),
    ("council.yaml", "title:", 1, "title is empty: write its text"),
    ("council.yaml", 'title: "  "', 1, "title is empty: write its text"),
    ("council.yaml", "title: NO", 1, 'title “NO” would be read as yes or no: write it in quotes: "NO"'),
    ("council.yaml", "title: 12:30:45", 1, 'would be read as a number: write it in quotes: "12:30:45"'),
    ("council.yaml", "title: 2026-05-19", 1, 'would be read as a date: write it in quotes: "2026-05-19"'),
    ("council.yaml", "title: null", 1, 'would be read as nothing: write it in quotes: "null"'),
    ("council.yaml", "title: 0o17", 1, 'would be read as a number: write it in quotes: "0o17"'),
    ("council.yaml", f"title: {'x' * 2001}", 1, "longer than 2,000 characters: shorten it"),
    ("council.yaml", "title: a\ntitel: b", 2, "“titel” is no key here: write title, or delete it"),
    (
        "council.yaml",
        "title: a\nzzz: b",
        2,
        "“zzz” is no key here: write contacts, source, title or limits, or delete it",
    ),
    ("council.yaml", "title: a\ncontacts: []", 2, "contacts is empty: list something, or delete contacts"),
    ("council.yaml", "title: a\ncontacts: x", 2, "contacts must be a list: put its entries in [ ]"),
    ("council.yaml", "title: a\ncontacts:\n  - MO", 3, "write each as key: text"),
    ("council.yaml", "title: a\ncontacts:\n  - {role: MO, channel: web}", 3, "address is missing: write address"),
    (
        "council.yaml",
        "title: a\ncontacts:\n  - {role: MO, channel: fax, address: b}",
        3,
        "write e-mail, phone, web or in",
    ),
    ("council.yaml", "title: a\ncontacts:\n  - {role: MO, channel: phone, address: 01632960140}", 3, '"01632960140"'),
    (
        "council.yaml",
        "title: a\ncontacts:\n  - {role: MO, channel: web, address: b}\n  - {role: mo, channel: web, address: c}",
        4,
        "the same role and channel stands on line 3: keep one of the two",
    ),
    ("council.yaml", "title: a\nsource: {}\nsource: {}", 3, "stands twice, first on line 2: keep one"),
    ("council.yaml", "title: a\nsource: {url: dunmere.example}", 2, "write it in full, starting with https://"),
    ("council.yaml", "title: a\nsource: {adopted: 19/05/2026}", 2, "write it as 2026-05-19"),
    ("council.yaml", "title: a\nsource: {adopted: 2026-02-30}", 2, "write it as 2026-05-19"),
    ("council.yaml", "title: a\nsource: {adopted: 20260519}", 2, "write it as 2026-05-19"),
    ("council.yaml", "title: a\nsource: {link: b}", 2, "“link” is no key here: write url or adopted, or delete it"),
    # vocabulary.yaml
    ("vocabulary.yaml", "groups: []", 1, "groups is empty: list something"),
    ("vocabulary.yaml", "group: [a]", 1, "“group” is no key here: write groups"),
    ("vocabulary.yaml", "groups:\n  - {protocol: [a]}", 2, "people is missing: write people"),
    ("vocabulary.yaml", "groups:\n  - {protocol: [a], people: b}", 2, "people must be a list: put its entries in [ ]"),
    ("vocabulary.yaml", "groups:\n  - protocol: [a]\n    people: [b, no]", 3, 'write it in quotes: "no"'),
    ("vocabulary.yaml", "groups:\n  - protocol: [a]\n    people:\n      -\n      - b", 4, "people is empty: write"),
    ("vocabulary.yaml", "groups:\n  - protocol: [a]\n    people: [b, [c]]", 3, "people must be a text, not a list"),
    # wording.yaml
    ("wording.yaml", "anwered: Here.", 1, "“anwered” is no key here: write answered, or delete it"),
    ("wording.yaml", "answered: [a, b]", 1, "answered must be a text, not a list"),
    ("wording.yaml", "source_section: section", 1, "the blanks of the base's sentence: add {number}"),
    ("wording.yaml", 'source_section: "{numero}"', 1, "add {number}, delete {numero}"),
    ("wording.yaml", 'answered: "See {number}."', 1, "delete {number}"),
    ("wording.yaml", 'source_section: "{number:>99}"', 1, "write {{ or }} for the brace itself"),
    ("wording.yaml", 'source_section: "{number.real}"', 1, "write {{ or }} for the brace itself"),
    ("wording.yaml", 'source_section: "{number"', 1, "write {{ or }} for the brace itself"),
    ("wording.yaml", 'answered: "a } b"', 1, "write {{ or }} for the brace itself"),
    # policy.yaml
    ("policy.yaml", "weights: {whole: 0.45}", 1, "“weights” is no key here"),
    ("policy.yaml", "costs: 3", 1, "write each as key: text"),
    ("policy.yaml", "costs: {silence: 0}", 1, "silence must be a number from 0.001 to 1,000: write it in figures"),
    ("policy.yaml", "costs: {beside_the_point: 1001}", 1, "beside_the_point must be a number from 0.001 to 1,000"),
    ("policy.yaml", 'costs: {silence: "4"}', 1, "write it in figures without quotes"),
    ("policy.yaml", "costs: {silences: 4}", 1, "“silences” is no key here: write silence, or delete it"),
    ("policy.yaml", "thresholds: {answer_from: 0.4}", 1, "“answer_from” is no key here"),
    ("policy.yaml", "thresholds: {sure_from: 1.5}", 1, "sure_from must be a number from 0 to 1"),
    ("policy.yaml", "thresholds: {near_from: 2}", 1, "near_from must be a number from 0 to 1"),
    ("policy.yaml", "thresholds: {cite_from: -0.1}", 1, "cite_from must be a number from 0 to 1"),
    ("policy.yaml", "thresholds: {cite_from: .nan}", 1, "cite_from must be a number from 0 to 1"),
    ("policy.yaml", f"thresholds: {{clarify_gap: {'9' * 5000}}}", 1, "clarify_gap must be a number from 0 to 1"),
    ("policy.yaml", "thresholds: {clarify_gap: \u0660}", 1, "clarify_gap must be a number from 0 to 1"),
    ("policy.yaml", "second_look: 0", 1, "second_look must be a whole number from 1 to 100"),
    ("policy.yaml", "second_look: 9.5", 1, "second_look must be a whole number from 1 to 100"),
    ("policy.yaml", "citations: 4", 1, "citations must be a whole number from 1 to 3"),
    ("policy.yaml", "citations: 2.5", 1, "citations must be a whole number from 1 to 3"),
    ("policy.yaml", "citations: [2]", 1, "citations must be a whole number from 1 to 3"),
    ("policy.yaml", "rehearsal: {fall_allowed: 2}", 1, "fall_allowed must be a number from 0 to 1"),
    ("policy.yaml", "not_covered: {roles: []}", 1, "roles is empty: list something"),
    ("policy.yaml", "referred: []", 1, "referred is empty: list something, or delete referred"),
    ("policy.yaml", "referred:\n  - {topic: a, role: b, look_for: c}", 2, "signs is missing: write signs"),
    (
        "policy.yaml",
        "referred:\n  - {topic: a, role: b, look_for: c, signs: [d]}\n  - {topic: A, role: b, look_for: c, signs: [d]}",
        3,
        "the same topic stands on line 2: keep one of the two",
    ),
    # questions.yaml
    ("questions.yaml", "answered:\n  - {ask: Who, section: D1", 2, "put its texts in quotes"),
    ("questions.yaml", 'answered:\n  - {ask: "Who?", section: 3.10}', 2, 'write it in quotes: "3.10"'),
    (
        "questions.yaml",
        'answered:\n  - {ask: "Who?", section: 3.1.2}',
        2,
        "“3.1.2” is a section number without a letter",
    ),
    ("questions.yaml", 'answered:\n  - {ask: "Who?", section: [D1.1, 3.10]}', 2, 'write it in quotes: "3.10"'),
    ("questions.yaml", 'answered:\n  - {ask: "Who?", section: []}', 2, "section is empty: list something"),
    ("questions.yaml", 'answered:\n  - {ask: "Who?"}', 2, "section is missing: write section"),
    ("questions.yaml", 'answered:\n  - {section: "1.1"}', 2, "ask is missing: write ask"),
    ("questions.yaml", 'answered:\n  - {ask: "Who?", section: D1, promised: yes}', 2, "promised must be true or false"),
    ("questions.yaml", 'answered:\n  - {ask: "Who?", section: D1, promised: "true"}', 2, "without quotes"),
    ("questions.yaml", 'answered:\n  - {ask: "Who?", section: D1, near_miss: true}', 2, "“near_miss” is no key here"),
    (
        "questions.yaml",
        'answered:\n  - {ask: "Who?", section: D1}\n  - {ask: "who?", section: D2}',
        3,
        "the same ask stands on line 2: keep one of the two",
    ),
    (
        "questions.yaml",
        'refused:\n  - {ask: "Who?", section: D1}',
        2,
        "“section” is no key here: write ask or near_miss",
    ),
    ("questions.yaml", 'refused: {ask: "Who?"}', 1, "refused must be a list"),
]


@pytest.mark.parametrize(("file", "text", "line", "mend"), BROKEN)
def test_each_fault_of_a_file_is_a_problem_with_line_and_mend(
    root: Path, file: str, text: str, line: int, mend: str
) -> None:
    write(root / "dunmere" / file, text)
    said = problems_of(root)
    assert any(each.startswith(f"dunmere/{file}:{line}: ") and mend in each for each in said), said


def test_the_longest_text_is_read(root: Path) -> None:
    write(root / "dunmere/council.yaml", f"title: {'x' * 2000}")
    assert len(read_knowledge(root, "dunmere").council.title) == 2000


def test_one_fault_is_said_once(root: Path) -> None:
    write(root / "dunmere/questions.yaml", "refused:\n  - near_miss: true\n  - near_miss: true\n")
    write(root / "dunmere/policy.yaml", "thresholds: {cite_from: x}")
    write(root / "dunmere/council.yaml", "title: Dunmere\ncontacts: [MO]\nsource: x\n")
    write(root / "dunmere/wording.yaml", "answered: [a\n")
    assert [each.partition(": ")[0] for each in problems_of(root)] == [
        "dunmere/council.yaml:2",
        "dunmere/council.yaml:3",
        "dunmere/policy.yaml:1",
        "dunmere/questions.yaml:2",
        "dunmere/questions.yaml:3",
        "dunmere/wording.yaml:1",
    ]


def test_all_problems_of_all_files_are_said_at_once(root: Path) -> None:
    write(root / "base/wording.yaml", WORDING + 'choices: "{"\nclosed: NO\n')
    write(root / "base/policy.yaml", POLICY.replace("citations: 3\n", ""))
    write(root / "dunmere/council.yaml", "titel: Dunmere\n")
    write(root / "dunmere/questions.yaml", 'answered:\n  - {ask: "Who?", section: 3.10, promised: 1}\n  - &x {}\n')
    write(root / "dunmere/vocabulary.yaml", "groups: [")
    write(root / "dunmere/polcy.yaml", "citations: 1")
    write(root / "dunmere/protocol/scan.png", "")
    assert [each.partition(": ")[0] for each in problems_of(root)] == [
        "base/policy.yaml:1",
        "base/wording.yaml:4",
        "base/wording.yaml:5",
        "dunmere/council.yaml:1",
        "dunmere/council.yaml:1",
        "dunmere/polcy.yaml:1",
        "dunmere/protocol/scan.png:1",
        "dunmere/questions.yaml:2",
        "dunmere/questions.yaml:2",
        "dunmere/questions.yaml:3",
        "dunmere/questions.yaml:3",
        "dunmere/questions.yaml:3",
        "dunmere/vocabulary.yaml:1",
    ]


@pytest.mark.parametrize("file", ["policy.yaml", "wording.yaml", "vocabulary.yaml"])
def test_a_base_must_be_whole(root: Path, file: str) -> None:
    (root / "base" / file).unlink()
    write(root / "dunmere/wording.yaml", "answered: Here it is.")
    assert problems_of(root) == [f"base/{file}:1: the file is missing: write it"]


def test_a_base_that_is_no_table_is_the_base_s_problem(root: Path) -> None:
    write(root / "base/policy.yaml", "- costs")
    write(root / "dunmere/policy.yaml", "citations: 1")
    assert problems_of(root) == ["base/policy.yaml:1: keys must stand here: write each as key: text"]


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("polcy.yaml", "rename it to policy.yaml"),
        ("question.yml", "rename it to questions.yaml"),
        ("Protocol", "rename it to protocol"),
        ("minutes.pdf", "move it elsewhere"),
        ("tones.yaml", "rename it to tone.yaml"),
        ("a\u202eb.yaml", "move it elsewhere"),
    ],
)
def test_a_file_that_is_not_read_is_a_problem(root: Path, name: str, mend: str) -> None:
    write(root / "dunmere" / name, "")
    (said,) = problems_of(root)
    assert mend in said
    assert said.isprintable()


def test_hidden_files_are_passed_over(root: Path) -> None:
    before = read_knowledge(root, "dunmere").digest
    write(root / "dunmere/.DS_Store", "")
    write(root / "dunmere/protocol/.protocol.md.swp", "")
    assert read_knowledge(root, "dunmere").digest == before


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("guide.docx", "save it as .md or .txt"),
        ("guide", "save it as .md or .txt"),
    ],
)
def test_protocol_holds_texts_only(root: Path, name: str, mend: str) -> None:
    write(root / "dunmere/protocol" / name, "1.1 Text.")
    assert [each.partition(": ")[0] for each in problems_of(root)] == [f"dunmere/protocol/{name}:1"]
    assert mend in problems_of(root)[0]


def test_a_council_without_a_text_is_told_where_to_put_it(root: Path) -> None:
    (root / "dunmere/protocol/protocol.md").unlink()
    assert problems_of(root) == ["dunmere/protocol:1: no text stands here: put the council's text here, as .md or .txt"]
    (root / "dunmere/protocol").rmdir()
    assert problems_of(root)[0].startswith("dunmere/protocol:1: the folder is missing: make it")
    write(root / "dunmere/protocol", "1.1 Text.")
    assert problems_of(root)[0].startswith("dunmere/protocol:1: the folder is missing: make it")


@pytest.mark.parametrize("place", ["policy.yaml", "protocol/guide.md"])
def test_what_is_no_file_inside_the_folder_is_a_problem(root: Path, tmp_path: Path, place: str) -> None:
    path, secret = root / "dunmere" / place, tmp_path / ".outside/secret.md"
    write(secret, "citations: 1\n")
    path.symlink_to(secret)
    assert problems_of(root) == [
        f"dunmere/{place}:1: this is a link to a file outside the folder: put the file itself here"
    ]
    no_file = [f"dunmere/{place}:1: this is not a file that can be read: put a file in its place"]
    for target in (path, "nowhere"):
        path.unlink()
        path.symlink_to(target)
        assert problems_of(root) == no_file
    path.unlink()
    os.mkfifo(path)
    assert problems_of(root) == no_file
    path.unlink()
    path.mkdir()
    assert problems_of(root) == no_file


def test_a_link_within_the_folder_is_followed(root: Path) -> None:
    write(root / "dunmere/.kept/guide.md", "## 2 Tone\n\n2.1 Be brief.\n")
    (root / "dunmere/protocol/guide.md").symlink_to("../.kept/guide.md")
    assert [path.name for path in read_knowledge(root, "dunmere").protocol] == ["guide.md", "protocol.md"]


@pytest.mark.parametrize(
    "council", ["", ".", "..", "../dunmere", "a/b", "a\\b", "/etc", "Dunmere", "a\0b", "é", "x" * 61]
)
def test_a_council_s_name_cannot_lead_elsewhere(root: Path, council: str) -> None:
    with pytest.raises(UnsoundKnowledge, match="use lower-case letters, digits and hyphens, such as") as raised:
        read_knowledge(root, council)
    assert str(raised.value).isprintable()


def test_an_unknown_council_or_folder_is_a_problem(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UnsoundKnowledge, match="“base” is what every council starts from: choose another name"):
        read_knowledge(root, "base")
    with pytest.raises(UnsoundKnowledge, match="no council “dunmeer” here: make its folder, or name dunmere"):
        read_knowledge(root, "dunmeer")
    with pytest.raises(UnsoundKnowledge, match="there is no folder of knowledge here: name the right one"):
        read_knowledge(tmp_path / "absent", "dunmere")
    (root / "elsewhere").symlink_to(PROJECT_BASE.parent / "model")
    with pytest.raises(UnsoundKnowledge, match="a link to a folder outside: put the folder itself here"):
        read_knowledge(root, "elsewhere")


def test_councils_are_the_folders_with_a_council_file(root: Path) -> None:
    write(root / "ashby/council.yaml", "title: Ashby\n")
    write(root / ".staging/council.yaml", "title: Staging\n")
    write(root / "base/council.yaml", "title: Base\n")
    write(root / "notes/readme.md", "")
    assert councils(root) == ["ashby", "dunmere"]
    assert councils(root / "absent") == []


def test_the_digest_is_of_every_file_used_and_of_nothing_else(root: Path) -> None:
    seen = [read_knowledge(root, "dunmere").digest]
    assert read_knowledge(root, "dunmere").digest == seen[0]
    for file, text in (
        ("dunmere/council.yaml", "title: Dunmere Council # again\n"),
        ("dunmere/questions.yaml", 'refused: [{ask: "Who?"}]'),
        ("dunmere/policy.yaml", "citations: 3"),
        ("dunmere/protocol/protocol.md", "1.1 Officers advise."),
        ("base/policy.yaml", POLICY + "\n"),
        ("base/wording.yaml", WORDING + "\n"),
        ("base/vocabulary.yaml", VOCABULARY + "\n"),
        ("base/matters.yaml", MATTERS + "\n"),
    ):
        write(root / file, text)
        seen.append(read_knowledge(root, "dunmere").digest)
    (root / "dunmere/protocol/protocol.md").rename(root / "dunmere/protocol/text.md")
    seen.append(read_knowledge(root, "dunmere").digest)
    assert len(set(seen)) == len(seen) == 10
    write(root / "ashby/council.yaml", "title: Ashby\n")
    assert read_knowledge(root, "dunmere").digest == seen[-1]
    assert len(seen[-1]) == 64


def test_the_digest_does_not_depend_on_where_the_folder_stands(root: Path) -> None:
    digest = read_knowledge(root, "dunmere").digest
    moved = root.rename(root.with_name("moved"))
    assert read_knowledge(moved, "dunmere").digest == digest


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=st.sampled_from(["council.yaml", "policy.yaml", "wording.yaml", "vocabulary.yaml", "questions.yaml"]),
    raw=st.one_of(
        st.binary(max_size=80),
        st.text(alphabet="ab1.0 \n:-,[]{}&*'\"", max_size=80).map(str.encode),
        st.lists(
            st.sampled_from(
                [
                    "title: ",
                    "contacts: ",
                    "groups: ",
                    "costs: ",
                    "referred: ",
                    "answered: ",
                    "answered:\n",
                    "- ",
                    "  ",
                    "{",
                    "}",
                    "[",
                    "]",
                    ", ",
                    "ask: ",
                    "section: ",
                    "topic: ",
                    "x",
                    "1",
                    '"{x}"',
                    "\n",
                ]
            )
        )
        .map("".join)
        .map(str.encode),
    ),
)
def test_no_bytes_of_any_file_raise_anything_else(root: Path, file: str, raw: bytes) -> None:
    (root / "dunmere/council.yaml").write_text("title: Dunmere\n", encoding="utf-8")
    path = root / "dunmere" / file
    path.write_bytes(raw)
    said = outcome(root)
    assert isinstance(said, Knowledge) or all(str(problem).isprintable() for problem in said)
    path.unlink()
