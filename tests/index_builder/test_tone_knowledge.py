"""tone.yaml: what a council's own file changes and adds, and every fault in it said with its place and mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain import Category, RedFlag, Strength
from index_builder.drafts import drafts_of
from index_builder.knowledge import PROJECT_BASE, Knowledge, UnsoundKnowledge, read_base, read_knowledge
from index_builder.knowledge.toned import ToneEntry, ToneExample

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """\
keep:
  - {name: thanks, says: It thanks., signs: [thank you]}
  - {name: request, says: It asks., signs: [could you]}
never: [at the eleventh hour]
recipients: {says: Copy only those who must act., signs: [copying in]}
at_once: {says: Do not send this., signs: [hurt you]}
ladder: {wait: Wait., issue: Keep to it., talk: Ring., help: Ask., senior: Leave it., complain: Complain.}
categories:
"""
ENTRY = """\
  - name: {name}
    title: The {name}
    meaning: What it covers.
    why: What a reader hears.
    strategy: Say it otherwise.
    wordings: ["About {{topic}}: please tell me more.", "{{demand}}. Please answer."]
    step: talk
    not_an_email: Ask the manager.
    look_for: courtesy in e-mail
    signals: [you {name}]
    examples: [{{text: "You {name}, you.", risky: ["You {name}"]}}]
    fair: [{{text: The {name} policy., kind: policy}}]
"""
TONE = HEAD + "".join(ENTRY.format(name=category) for category in Category)
POLICY = (PROJECT_BASE / "policy.yaml").read_text("utf-8").split("\nreferred:")[0]
MATTERS = """\
limits: {officers: 1, key_decision: 2}
names: {operational: A, cabinet: B, council: C, regulatory: D, statutory_officer: E, political: F, unclear: G}
settles: [your manager]
pressed: [told me to]
red_flags: [{name: haste, says: Take your time., signs: [by noon or else]}]
matters:
  - {name: rota, area: a, owner: operational, title: A rota, fact: So., look_for: rotas, phrasings: [who sets it]}
"""
STEPS = "wait, issue, talk, help, senior or complain"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of knowledge: a small base, and the council `dunmere` with nothing but a title and one text."""
    write(tmp_path / "base/policy.yaml", POLICY)
    write(tmp_path / "base/wording.yaml", "answered: Here it is.\n")
    write(tmp_path / "base/vocabulary.yaml", "groups:\n  - {protocol: [Cabinet Member], people: [lead member]}\n")
    write(tmp_path / "base/matters.yaml", MATTERS)
    write(tmp_path / "base/tone.yaml", TONE)
    write(tmp_path / "dunmere/council.yaml", "title: Dunmere Council\n")
    write(tmp_path / "dunmere/protocol/protocol.md", "## 1 Purpose\n\n1.1 Officers advise all members.\n")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def read_with(root: Path, own: str) -> Knowledge:
    """The Knowledge of Dunmere once its tone.yaml says this."""
    write(root / "dunmere/tone.yaml", own)
    return read_knowledge(root, "dunmere")


def entries_with(root: Path, own: str) -> dict[str, ToneEntry]:
    return {str(entry.rule.category): entry for entry in read_with(root, own).toned}


def problems_with(root: Path, own: str) -> list[str]:
    """The Problems of Dunmere with this tone.yaml, their paths below the root."""
    with pytest.raises(UnsoundKnowledge) as raised:
        read_with(root, own)
    return [str(problem).removeprefix(f"{root}/") for problem in raised.value.problems]


def changed(**fields: str) -> str:
    """A tone.yaml that changes these keys of sarcasm, each on a line of its own from line 3 on."""
    return "categories:\n  - name: sarcasm\n" + "".join(f"    {key}: {value}\n" for key, value in fields.items())


# What a council may say -----------------------------------------------------------------------------------------------


def test_a_council_that_says_nothing_has_the_base_s_guide(root: Path) -> None:
    knowledge = read_knowledge(root, "dunmere")
    guide = knowledge.tone
    assert [rule.category for rule in guide.rules] == list(Category)
    assert [entry.rule for entry in knowledge.toned] == list(guide.rules)
    assert guide.keep == (
        Strength("thanks", "It thanks.", ("thank you",)),
        Strength("request", "It asks.", ("could you",)),
    )
    assert guide.never == ("at the eleventh hour",)
    assert guide.recipients == RedFlag("Copy only those who must act.", ("copying in",))
    assert guide.at_once == RedFlag("Do not send this.", ("hurt you",))
    assert list(guide.ladder) == ["wait", "issue", "talk", "help", "senior", "complain"]
    first = knowledge.toned[0]
    assert first.examples == (ToneExample("You accusation, you.", ("You accusation",)),)
    assert first.fair == (ToneExample("The accusation policy.", kind="policy"),)
    assert (first.section, first.document, first.rule.section) == (None, None, None)
    assert (first.path, first.line) == (str(root / "base/tone.yaml"), 9)


def test_an_empty_file_of_a_council_s_own_changes_nothing(root: Path) -> None:
    alone = read_knowledge(root, "dunmere")
    with_file = read_with(root, "# nothing differs here\n")
    assert (with_file.tone, with_file.toned) == (alone.tone, alone.toned)


def test_a_category_is_changed_key_by_key_and_keeps_its_place(root: Path) -> None:
    before = {str(entry.rule.category): entry for entry in read_knowledge(root, "dunmere").toned}
    after = entries_with(root, changed(why="Here it reads as contempt.", wordings='["Please tell me of {demand}."]'))
    assert list(after) == list(before)
    rule = after["sarcasm"].rule
    assert (rule.why, rule.wordings) == ("Here it reads as contempt.", ("Please tell me of {demand}.",))
    assert (rule.title, rule.step, rule.signals) == ("The sarcasm", "talk", ("you sarcasm",))
    assert after["sarcasm"].examples == before["sarcasm"].examples
    assert {name: entry for name, entry in after.items() if name != "sarcasm"} == {
        name: entry for name, entry in before.items() if name != "sarcasm"
    }


def test_a_category_named_in_other_capitals_is_the_base_s(root: Path) -> None:
    after = entries_with(root, "categories:\n  - {name: Sarcasm, why: It stings.}\n")
    assert list(after) == list(map(str, Category))
    assert after["sarcasm"].rule.why == "It stings."


def test_a_council_s_signals_examples_and_fair_drafts_are_added_to_the_base_s(root: Path) -> None:
    own = changed(
        signals="[bravo]",
        examples='[{text: "Oh, bravo, officer.", risky: [bravo]}]',
        fair='[{text: "The Bravo estate.", kind: a name}]',
    )
    entry = entries_with(root, own)["sarcasm"]
    assert entry.rule.signals == ("you sarcasm", "bravo")
    assert [example.text for example in entry.examples] == ["You sarcasm, you.", "Oh, bravo, officer."]
    assert entry.examples[1].risky == ("bravo",)
    assert [(example.text, example.kind) for example in entry.fair] == [
        ("The sarcasm policy.", "policy"),
        ("The Bravo estate.", "a name"),
    ]


def test_a_council_s_examples_are_drafts_to_learn_from(root: Path) -> None:
    own = changed(examples='[{text: "Oh, bravo, officer.", risky: [bravo, officer]}]')
    (draft,) = [draft for draft in drafts_of(read_with(root, own)) if draft.text.startswith("Oh")]
    assert draft.categories == (Category.SARCASM,)
    assert [(mark.start, mark.end) for mark in draft.marked] == [(4, 9), (11, 18)]


def test_phrases_that_are_never_pointed_out_are_added_and_so_is_what_is_worth_keeping(root: Path) -> None:
    own = "never: [on the dot]\nkeep:\n  - {name: thanks, says: Diolch.}\n  - {name: calm, says: It is calm.}\n"
    guide = read_with(root, own).tone
    assert guide.never == ("at the eleventh hour", "on the dot")
    assert guide.keep == (
        Strength("thanks", "Diolch.", ("thank you",)),
        Strength("request", "It asks.", ("could you",)),
        Strength("calm", "It is calm.", ()),
    )


def test_a_step_of_the_ladder_and_a_flag_are_changed_key_by_key(root: Path) -> None:
    own = "ladder: {senior: Ask the Monitoring Officer.}\nrecipients: {says: Copy nobody.}\n"
    guide = read_with(root, own).tone
    assert (guide.ladder["senior"], guide.ladder["wait"]) == ("Ask the Monitoring Officer.", "Wait.")
    assert guide.recipients == RedFlag("Copy nobody.", ("copying in",))


def test_a_council_may_name_the_clause_and_its_document(root: Path) -> None:
    entry = entries_with(root, changed(section='"3.10"', document="protocol"))["sarcasm"]
    assert (entry.section, entry.document) == ("3.10", "protocol")
    assert (entry.path, entry.line) == (str(root / "dunmere/tone.yaml"), 2)
    assert entry.rule.section is None, "the row is found when the text is read"


def test_another_guide_is_another_digest(root: Path) -> None:
    before = read_knowledge(root, "dunmere").digest
    assert read_with(root, "never: [on the dot]\n").digest != before


# What is at fault -----------------------------------------------------------------------------------------------------

BROKEN = [
    # the file
    ("- name: sarcasm", 1, "write each as key: text"),
    ("tone: [a]", 1, "“tone” is no key here"),
    ("category: [a]", 1, "“category” is no key here: write categories, or delete it"),
    # categories
    ("categories: []", 1, "categories is empty: list something, or delete categories"),
    ("categories: sarcasm", 1, "categories must be a list: put its entries in [ ]"),
    ("categories:\n  - sarcasm", 2, "write each as key: text"),
    ("categories:\n  - {name: rudeness, title: Rude words}", 2, "“rudeness” is no category: delete it"),
    ("categories:\n  - {name: sarcasms, why: It hurts.}", 2, "“sarcasms” is no category: write sarcasm, or delete it"),
    (f"categories:\n{ENTRY.format(name='rudeness')}", 2, "“rudeness” is no category: delete it"),
    (
        "categories:\n  - {name: sarcasm, why: It hurts.}\n  - {name: sarcasm, signals: [bravo]}",
        3,
        "the same name stands on line 2: keep one of the two",
    ),
    (changed(colour="green"), 3, "“colour” is no key here: delete it"),
    (changed(why=""), 3, "why is empty: write its text"),
    (changed(why="no"), 3, 'why “no” would be read as yes or no: write it in quotes: "no"'),
    (changed(why="[a]"), 3, "why must be a text, not a list"),
    (changed(signals="[]"), 3, "signals is empty: list something, or delete signals"),
    (changed(signals="bravo"), 3, "signals must be a list: put its entries in [ ]"),
    (changed(why="It hurts.", signals='[bravo, ""]'), 4, "signals is empty: write its text"),
    (changed(step="shout"), 3, f"step is not one that is known: write {STEPS}"),
    (changed(step="Talk"), 3, f"step is not one that is known: write {STEPS}"),
    (changed(section="3.10"), 3, 'write it in quotes: "3.10"'),
    (changed(document="protocol"), 2, "document is nothing without section: name the section too, or delete document"),
    # wordings
    (
        changed(why="It hurts.", wordings='["Please, {name}."]'),
        4,
        "wordings has a blank that no draft fills: write {demand}, {topic} or {deed}",
    ),
    (changed(wordings='["Please, {demand} by {by}."]'), 3, "wordings has a blank that no draft fills"),
    (changed(wordings='["Please, {."]'), 3, "write {{ or }} for the brace itself"),
    (changed(wordings='["Please, {}."]'), 3, "write {{ or }} for the brace itself"),
    (changed(wordings='["Please, {demand:>9}."]'), 3, "write {{ or }} for the brace itself"),
    # examples
    (
        changed(
            examples='\n      - {text: "Oh, bravo.", risky: [bravo]}\n      - {text: "Oh, bravo.", risky: [Bravo]}'
        ),
        5,
        "“Bravo” does not stand in the text: copy it as it stands there",
    ),
    (changed(examples='[{text: "Oh, bravo."}]'), 3, "risky is missing: write risky"),
    (changed(examples='[{text: "Oh, bravo.", risky: []}]'), 3, "risky is empty: list something, or delete risky"),
    (changed(examples="[{risky: [bravo]}]"), 3, "text is missing: write text"),
    (changed(examples='["Oh, bravo."]'), 3, "write each as key: text"),
    (changed(fair='[{text: "The Bravo estate."}]'), 3, "kind is missing: write kind"),
    (changed(fair='[{text: "The Bravo estate.", kind: a, risky: [Bravo]}]'), 3, "“risky” is no key here"),
    # the rest
    ("never: []", 1, "never is empty: list something, or delete never"),
    ("never: on the dot", 1, "never must be a list: put its entries in [ ]"),
    ("keep: []", 1, "keep is empty: list something, or delete keep"),
    ("keep:\n  - {name: calm}", 2, "says is missing: write says"),
    ("keep:\n  - {name: calm, says: A.}\n  - {name: Calm, says: B.}", 3, "the same name stands on line 2"),
    ("ladder: {shout: Shout.}", 1, "“shout” is no key here"),
    ("ladder: {wait: }", 1, "wait is empty: write its text"),
    ("ladder: [wait]", 1, "write each as key: text"),
    ("at_once: {signs: []}", 1, "signs is empty: list something, or delete signs"),
    ("recipients: Copy nobody.", 1, "write each as key: text"),
]


@pytest.mark.parametrize(("own", "line", "sentence"), BROKEN)
def test_a_fault_is_one_problem_with_its_line_and_mend(root: Path, own: str, line: int, sentence: str) -> None:
    (problem,) = problems_with(root, own)
    assert problem.startswith(f"dunmere/tone.yaml:{line}: ")
    assert sentence in problem


def test_every_fault_of_the_file_is_told_at_once(root: Path) -> None:
    own = """\
never: []
categories:
  - {name: sarcasm, step: shout}
  - {name: rudeness, why: It hurts.}
  - {name: ultimatum, wordings: ["{name}"], colour: green}
"""
    told = problems_with(root, own)
    assert [problem.split(" ")[0] for problem in told] == [f"dunmere/tone.yaml:{line}:" for line in (1, 3, 4, 5, 5)]


@pytest.mark.parametrize("category", [Category.ACCUSATION, Category.SARCASM, Category.CONFIDENTIAL_DISCLOSURE])
def test_a_base_that_lacks_a_category_is_one_problem_there(root: Path, category: Category) -> None:
    write(root / "base/tone.yaml", TONE.replace(ENTRY.format(name=category), ""))
    with pytest.raises(UnsoundKnowledge) as raised:
        read_knowledge(root, "dunmere")
    (problem,) = map(str, raised.value.problems)
    assert problem == f"{root}/base/tone.yaml:1: categories lacks {category}: write each, or delete this file"


@pytest.mark.parametrize("key", ["title", "meaning", "why", "strategy", "step", "not_an_email", "look_for"])
def test_a_category_of_the_base_without_one_of_its_keys_says_which(root: Path, key: str) -> None:
    lines = ENTRY.format(name="accusation").splitlines()
    without = "\n".join(line for line in lines if not line.startswith(f"    {key}:"))
    write(root / "base/tone.yaml", TONE.replace(ENTRY.format(name="accusation").rstrip("\n"), without))
    with pytest.raises(UnsoundKnowledge) as raised:
        read_knowledge(root, "dunmere")
    (problem,) = map(str, raised.value.problems)
    assert problem == f"{root}/base/tone.yaml:9: {key} is missing: write {key} and its value here"


def test_a_fault_of_the_base_is_told_in_the_base_though_a_council_has_a_file(root: Path) -> None:
    write(root / "base/tone.yaml", TONE.replace("step: talk", "step: shout", 1))
    (problem,) = problems_with(root, "never: [on the dot]\n")
    assert problem.startswith(f"base/tone.yaml:{9 + 6}: step is not one that is known")


def test_a_base_of_one_s_own_without_a_guide_is_one_problem_though_a_council_adds_to_it(root: Path) -> None:
    (root / "base/tone.yaml").unlink()
    assert problems_with(root, changed(why="It hurts.")) == ["base/tone.yaml:1: the file is missing: write it"]


def test_the_base_is_read_by_itself_too(root: Path) -> None:
    assert read_base(root / "base").tone == read_knowledge(root, "dunmere").tone
