"""matters.yaml: what a council's own file changes and adds, and every fault in it said with its place and mend."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bot.domain import Category, Matter, Move, Owner, RedFlag
from index_builder.build import check
from index_builder.knowledge import PROJECT_BASE, Entry, Knowledge, UnsoundKnowledge, read_base, read_knowledge

if TYPE_CHECKING:
    from pathlib import Path

MATTERS = """\
limits: {officers: 50000, key_decision: 250000}
names:
  operational: "for officers"
  cabinet: "for the Cabinet"
  council: "for the whole Council"
  regulatory: "a regulatory decision"
  statutory_officer: "a named officer's duty"
  political: "party business"
  unclear: "not clear yet"
settles: [your team leader, the Monitoring Officer]
pressed: [leans hard on]
red_flags:
  - {name: in-the-dark, says: "Something is to stay hidden: tell your manager.", signs: [keep it dark]}
matters:
  - name: duck-pond-railings
    area: parks
    owner: operational
    title: "Mending the railings of a pond"
    fact: "It is upkeep within the parks budget."
    look_for: "officers keep parks in good order"
    moves:
      - {to: cabinet, if: "the pond is to be filled in"}
    phrasings: ["railing loose at the pond", "who mends the pond fence"]
  - name: lido-closure
    area: leisure
    owner: cabinet
    title: "Closing a lido for good"
    fact: "It ends a service that many use."
    look_for: "the executive decides to close a service"
    phrasings: ["shut the lido for ever", "who may close our lido"]
"""
ADDED = """\
  - name: mooring-on-the-cut
    area: harbours
    owner: political
    title: "A berth at the regatta"
    fact: "The crews agree it among themselves."
    look_for: "berths at the regatta"
    phrasings: ["who gets the front berth"]
"""
ADDED_TWICE = ADDED + ADDED.replace("mooring-on-the-cut", "Mooring-on-the-Cut")
TONE = """\
keep: [{name: thanks, says: It thanks.}]
never: [at the eleventh hour]
recipients: {says: Copy only those who must act., signs: [copying in]}
at_once: {says: Do not send this., signs: [hurt you]}
ladder: {wait: Wait., issue: Keep to it., talk: Ring., help: Ask., senior: Leave it., complain: Complain.}
categories:
""" + "".join(
    f"  - {{name: {category}, title: A, meaning: B, why: C, strategy: D, step: talk, not_an_email: E, look_for: F}}\n"
    for category in Category
)
POLICY = (PROJECT_BASE / "policy.yaml").read_text("utf-8").split("\nreferred:")[0]
KNOWN = "operational, cabinet, council, regulatory, statutory_officer or political"
COUNCIL = "barsetshire"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of knowledge: a base with two matters, and the council `dunmere` with a title and one text."""
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


def read_with(root: Path, own: str, council: str = "title: Dunmere Council\n") -> Knowledge:
    """The Knowledge of Dunmere once its matters.yaml, and its council.yaml, say this."""
    write(root / "dunmere/matters.yaml", own)
    write(root / "dunmere/council.yaml", council)
    return read_knowledge(root, "dunmere")


def entries_with(root: Path, own: str) -> dict[str, Entry]:
    return {entry.matter.name: entry for entry in read_with(root, own).catalogue}


def problems_with(root: Path, own: str, council: str = "title: Dunmere Council\n") -> list[str]:
    """The Problems of Dunmere with these files, their paths below the root."""
    with pytest.raises(UnsoundKnowledge) as raised:
        read_with(root, own, council)
    return [str(problem).removeprefix(f"{root}/") for problem in raised.value.problems]


def test_a_council_that_says_nothing_has_the_base_s_catalogue_and_limits(root: Path) -> None:
    knowledge = read_knowledge(root, "dunmere")
    framework = knowledge.framework
    assert framework.matters[0] == Matter(
        name="duck-pond-railings",
        area="parks",
        title="Mending the railings of a pond",
        fact="It is upkeep within the parks budget.",
        owner=Owner.OPERATIONAL,
        standard=Owner.OPERATIONAL,
        moves=(Move(Owner.CABINET, "the pond is to be filled in"),),
    )
    assert [entry.matter for entry in knowledge.catalogue] == list(framework.matters)
    assert knowledge.catalogue[1].phrasings == ("shut the lido for ever", "who may close our lido")
    assert knowledge.catalogue[1].look_for == "the executive decides to close a service"
    assert [(entry.section, entry.document) for entry in knowledge.catalogue] == [(None, None), (None, None)]
    assert (framework.officers, framework.key_decision) == (50_000, 250_000)
    assert framework.names[Owner.COUNCIL] == "for the whole Council"
    assert framework.settles == ("your team leader", "the Monitoring Officer")
    assert framework.pressed == ("leans hard on",)
    assert framework.red_flags == (RedFlag("Something is to stay hidden: tell your manager.", ("keep it dark",)),)


def test_an_empty_file_of_a_council_s_own_changes_nothing(root: Path) -> None:
    alone = read_knowledge(root, "dunmere")
    with_file = read_with(root, "# nothing differs here\n")
    assert (with_file.framework, with_file.catalogue) == (alone.framework, alone.catalogue)


def test_a_matter_of_the_base_is_changed_key_by_key_and_keeps_its_place(root: Path) -> None:
    before = read_knowledge(root, "dunmere").catalogue
    own = 'matters:\n  - {name: duck-pond-railings, fact: "The rangers see to it.", phrasings: [fence by the ducks]}\n'
    changed, kept = read_with(root, own).catalogue
    assert (changed.matter.fact, changed.phrasings) == ("The rangers see to it.", ("fence by the ducks",))
    assert (changed.matter.title, changed.matter.area) == (before[0].matter.title, "parks")
    assert (changed.matter.moves, changed.look_for) == (before[0].matter.moves, before[0].look_for)
    assert kept == before[1]


def test_a_matter_given_to_another_owner_remembers_whose_it_is_by_the_base(root: Path) -> None:
    entries = entries_with(root, "matters:\n  - {name: lido-closure, owner: council}\n")
    lido = entries["lido-closure"].matter
    assert (lido.owner, lido.standard) == (Owner.COUNCIL, Owner.CABINET)
    pond = entries["duck-pond-railings"].matter
    assert (pond.owner, pond.standard) == (Owner.OPERATIONAL, Owner.OPERATIONAL)


@pytest.mark.parametrize("name", ["Lido-Closure", "LIDO-CLOSURE", '" lido-closure "'])
def test_a_matter_named_in_other_capitals_is_the_base_s_and_remembers_its_owner(root: Path, name: str) -> None:
    changed = read_with(root, f"matters:\n  - {{name: {name}, owner: council}}\n").framework.matters
    assert [(matter.owner, matter.standard) for matter in changed] == [
        (Owner.OPERATIONAL, Owner.OPERATIONAL),
        (Owner.COUNCIL, Owner.CABINET),
    ]


def test_a_matter_that_the_base_lacks_is_added_after_its_own_and_has_no_owner_by_the_base(root: Path) -> None:
    entries = entries_with(root, f"matters:\n{ADDED}")
    assert list(entries) == ["duck-pond-railings", "lido-closure", "mooring-on-the-cut"]
    berth = entries["mooring-on-the-cut"]
    assert (berth.matter.owner, berth.matter.standard) == (Owner.POLITICAL, None)
    assert (berth.matter.moves, berth.matter.limit, berth.section) == ((), None, None)
    assert (berth.path, berth.line) == (str(root / "dunmere/matters.yaml"), 2)


def test_a_council_may_name_the_clause_its_document_and_a_limit_of_a_matter(root: Path) -> None:
    own = 'matters:\n  - {name: lido-closure, section: "3.10", document: protocol, limit: 1250}\n'
    entry = entries_with(root, own)["lido-closure"]
    assert (entry.section, entry.document, entry.matter.limit) == ("3.10", "protocol", 1250)
    assert entry.matter.section is None, "the row is found when the text is read"


@pytest.mark.parametrize(
    ("own", "council", "limits"),
    [
        ("", "", (50_000, 250_000)),
        ("limits: {officers: 60000}", "", (60_000, 250_000)),
        ("", "limits: {key_decision: 1000000}", (50_000, 1_000_000)),
        ("limits: {officers: 60000}", "limits: {officers: 75000}", (75_000, 250_000)),
        ("limits: {officers: 1, key_decision: 2}", "limits: {officers: 0, key_decision: 3}", (0, 3)),
    ],
)
def test_limits_come_from_council_yaml_else_from_its_matters_else_from_the_base(
    root: Path, own: str, council: str, limits: tuple[float, float]
) -> None:
    framework = read_with(root, own, f"title: Dunmere Council\n{council}").framework
    assert (framework.officers, framework.key_decision) == limits


def test_a_council_renames_an_owner_and_the_others_keep_their_names(root: Path) -> None:
    names = read_with(root, 'names: {cabinet: "for the service committee"}').framework.names
    assert names[Owner.CABINET] == "for the service committee"
    assert names[Owner.OPERATIONAL] == "for officers"
    assert set(names) == set(Owner)


def test_a_council_s_signs_are_added_and_its_settlers_take_the_place_of_the_base_s(root: Path) -> None:
    flag = "{name: late, says: It is late., signs: [at the last minute]}"
    own = f"pressed: [rings at night]\nsettles: [the town clerk]\nred_flags: [{flag}]\n"
    framework = read_with(root, own).framework
    assert framework.pressed == ("leans hard on", "rings at night")
    assert [each.signs for each in framework.red_flags] == [("keep it dark",), ("at the last minute",)]
    assert framework.settles == ("the town clerk",)
    assert len(framework.matters) == 2


def test_another_catalogue_is_another_digest(root: Path) -> None:
    before = read_knowledge(root, "dunmere").digest
    assert read_with(root, "matters:\n  - {name: lido-closure, owner: council}\n").digest != before


BROKEN = [
    # matters
    ("matters: []", 1, "matters is empty: list something, or delete matters"),
    ("matters: lido-closure", 1, "matters must be a list: put its entries in [ ]"),
    ("matters:\n  - lido-closure", 2, "write each as key: text"),
    ("- name: lido-closure", 1, "write each as key: text"),
    ("matter: [a]", 1, "“matter” is no key here: write matters, or delete it"),
    (
        "matters:\n  - {name: lido-closure, fact: One.}\n  - {name: lido-closure, fact: Two.}",
        3,
        "the same name stands on line 2: keep one of the two",
    ),
    (
        "matters:\n  - {name: lido-closure, fact: One.}\n  - {name: Lido-Closure, fact: Two.}",
        3,
        "the same name stands on line 2: keep one of the two",
    ),
    (f"matters:\n{ADDED_TWICE}", 9, "the same name stands on line 2: keep one of the two"),
    ("matters:\n  - {name: lido-closure, owner: committee}", 2, f"owner is not one that is known: write {KNOWN}"),
    ("matters:\n  - {name: lido-closure, owner: Cabinet}", 2, f"owner is not one that is known: write {KNOWN}"),
    ("matters:\n  - {name: lido-closure, owner: unclear}", 2, f"owner is not one that is known: write {KNOWN}"),
    ("matters:\n  - {name: lido-closure, owner: }", 2, "owner is empty: write its text"),
    (
        "matters:\n  - name: lido-closure\n    moves:\n      - {to: unclear, if: nobody says}",
        4,
        f"to is not one that is known: write {KNOWN}",
    ),
    ("matters:\n  - name: lido-closure\n    moves:\n      - {to: council}", 4, "if is missing: write if"),
    ("matters:\n  - name: lido-closure\n    moves:\n      - {if: it snows}", 4, "to is missing: write to"),
    ("matters:\n  - {name: lido-closure, moves: it snows}", 2, "moves must be a list"),
    ("matters:\n  - {name: lido-closure, titel: A lido}", 2, "“titel” is no key here: write title, or delete it"),
    ("matters:\n  - {name: lido-closure, phrasings: []}", 2, "phrasings is empty: list something"),
    ("matters:\n  - {name: lido-closure, phrasings: shut it}", 2, "phrasings must be a list"),
    ("matters:\n  - {name: lido-closure, title: 3.10}", 2, 'would be read as a number: write it in quotes: "3.10"'),
    ("matters:\n  - {name: lido-closure, limit: lots}", 2, "limit must be a whole number from 0 to"),
    ("matters:\n  - {name: lido-closure, limit: -5}", 2, "limit must be a whole number from 0 to"),
    ("matters:\n  - {name: lido-closure, limit: £5000}", 2, "limit must be a whole number from 0 to"),
    ('matters:\n  - {name: lido-closure, limit: "5000"}', 2, "write it in figures without quotes"),
    ('matters:\n  - name: lido-closure\n    limit: "5,000"', 3, "write it in figures without quotes"),
    ("matters:\n  - {name: lido-closure, section: 4.2}", 2, 'would be read as a number: write it in quotes: "4.2"'),
    ("matters:\n  - {name: lido-closure, document: [a]}", 2, "document must be a text, not a list"),
    # what stands beside them
    ("limits: {officers: none}", 1, "officers must be a whole number from 0 to"),
    ("limits: {officers: -1}", 1, "officers must be a whole number from 0 to"),
    ("limits: {officer: 5}", 1, "“officer” is no key here: write officers, or delete it"),
    ("limits: 5", 1, "write each as key: text"),
    ("names: {cabnet: for the mayor}", 1, "“cabnet” is no key here: write cabinet, or delete it"),
    ("names: {cabinet: }", 1, "cabinet is empty: write its text"),
    ("settles: []", 1, "settles is empty: list something"),
    ("settles: your manager", 1, "settles must be a list"),
    ("pressed: he rang", 1, "pressed must be a list"),
    ("pressed: [he rang, no]", 1, 'write it in quotes: "no"'),
    ("red_flags:\n  - {name: late, signs: [at night]}", 2, "says is missing: write says"),
    ("red_flags:\n  - {name: late, says: It is late.}", 2, "signs is missing: write signs"),
    ("red_flags:\n  - {says: It is late., signs: [at night]}", 2, "name is missing: write name"),
    (
        "red_flags:\n  - {name: late, says: A., signs: [b]}\n  - {name: Late, says: C., signs: [d]}",
        3,
        "the same name stands on line 2: keep one of the two",
    ),
]


@pytest.mark.parametrize(("own", "line", "sentence"), BROKEN)
def test_a_fault_is_one_problem_with_its_line_and_mend(root: Path, own: str, line: int, sentence: str) -> None:
    (problem,) = problems_with(root, own)
    assert problem.startswith(f"dunmere/matters.yaml:{line}: ")
    assert sentence in problem


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ("{officers: plenty}", "officers must be a whole number from 0 to"),
        ("{officers: -100}", "officers must be a whole number from 0 to"),
        ("{key_decision: '500000'}", "write it in figures without quotes"),
        ("{key_decisions: 500000}", "“key_decisions” is no key here: write key_decision, or delete it"),
        ("[100000, 500000]", "write each as key: text"),
    ],
)
def test_a_limit_at_fault_in_council_yaml_is_one_problem_there(root: Path, limits: str, sentence: str) -> None:
    (problem,) = problems_with(root, "", f"title: Dunmere Council\nlimits: {limits}\n")
    assert problem.startswith("dunmere/council.yaml:2: ")
    assert sentence in problem


@pytest.mark.parametrize("key", ["area", "owner", "title", "fact", "look_for", "phrasings"])
def test_a_matter_that_is_added_without_one_of_its_keys_says_which(root: Path, key: str) -> None:
    lines = [line for line in ADDED.splitlines() if not line.startswith(f"    {key}:")]
    (problem,) = problems_with(root, "\n".join(["matters:", *lines]))
    assert problem == f"dunmere/matters.yaml:2: {key} is missing: write {key} and its value here"


def test_a_matter_without_a_name_says_so(root: Path) -> None:
    (problem,) = problems_with(root, f"matters:\n{ADDED.replace('name: mooring-on-the-cut', 'limit: 5')}")
    assert problem == "dunmere/matters.yaml:2: name is missing: write name and its value here"


def test_every_fault_of_both_files_is_told_at_once(root: Path) -> None:
    own = """\
names: {cabnet: for the mayor}
matters:
  - {name: lido-closure, owner: unclear, limit: -5}
  - {name: lido-closure, fact: Again.}
  - {name: duck-pond-railings, moves: [{to: nobody, if: it freezes}], colour: green}
"""
    told = problems_with(root, own, "title: Dunmere Council\nlimits: {officers: some}\n")
    assert [problem.split(" ")[0] for problem in told] == [
        "dunmere/council.yaml:2:",
        "dunmere/matters.yaml:1:",
        "dunmere/matters.yaml:3:",
        "dunmere/matters.yaml:3:",
        "dunmere/matters.yaml:4:",
        "dunmere/matters.yaml:5:",
        "dunmere/matters.yaml:5:",
    ]


def test_a_base_of_one_s_own_without_a_catalogue_is_one_problem(root: Path) -> None:
    (root / "base/matters.yaml").unlink()
    with pytest.raises(UnsoundKnowledge) as raised:
        read_knowledge(root, "dunmere")
    assert list(map(str, raised.value.problems)) == [f"{root}/base/matters.yaml:1: the file is missing: write it"]


def test_a_base_of_one_s_own_without_a_catalogue_is_one_problem_though_a_council_adds_to_it(root: Path) -> None:
    (root / "base/matters.yaml").unlink()
    assert problems_with(root, f"matters:\n{ADDED}") == ["base/matters.yaml:1: the file is missing: write it"]


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("owner: cabinet", "owner: unclear", 26, f"owner is not one that is known: write {KNOWN}"),
        ("name: lido-closure", "name: duck-pond-railings", 24, "the same name stands on line 15: keep one of the two"),
        ('  unclear: "not clear yet"\n', "", 3, "unclear is missing: write unclear"),
        ("limits: {officers: 50000, ", "limits: {", 1, "officers is missing: write officers"),
        ("settles: [your team leader, the Monitoring Officer]\n", "", 1, "settles is missing: write settles"),
    ],
)
def test_a_fault_of_the_base_is_one_problem_in_the_base(
    root: Path, old: str, new: str, line: int, sentence: str
) -> None:
    assert old in MATTERS
    write(root / "base/matters.yaml", MATTERS.replace(old, new))
    with pytest.raises(UnsoundKnowledge) as raised:
        read_knowledge(root, "dunmere")
    (problem,) = map(str, raised.value.problems)
    assert problem.startswith(f"{root}/base/matters.yaml:{line}: ")
    assert sentence in problem


def test_a_folder_without_a_base_has_the_project_s_whole_catalogue(own_knowledge: Path) -> None:
    found, _ = check(own_knowledge, COUNCIL)
    base = read_base()
    assert found.framework == base.framework
    assert found.catalogue == base.catalogue


def _checked(knowledge: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "index_builder", "check", "--knowledge", str(knowledge)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def _own(knowledge: Path, *clauses: str) -> Path:
    """Barsetshire's matters.yaml, adding a matter for each of these clauses."""
    keys = (
        "area: harbours, owner: operational, title: A berth, fact: It is let., look_for: berths, phrasings: [a berth]"
    )
    path = knowledge / COUNCIL / "matters.yaml"
    lines = (f"  - {{name: berth-{place}, {keys}, {clause}}}\n" for place, clause in enumerate(clauses))
    write(path, f"matters:\n{''.join(lines)}")
    return path


def test_the_check_finds_a_named_clause_sound(own_knowledge: Path) -> None:
    _own(own_knowledge, 'section: "3.10"', 'section: "2.1", document: protocol')
    ran = _checked(own_knowledge)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "no problem found" in ran.stdout


def test_the_check_says_of_every_named_clause_why_it_cannot_be_found(own_knowledge: Path) -> None:
    text = "---\ntitle: Harbour guide\nkind: underlying\n---\n\n## 2 Berths\n\n2.1 Berths are let by the list.\n"
    write(own_knowledge / COUNCIL / "protocol" / "harbour.md", text)
    path = _own(
        own_knowledge,
        'section: "3.12"',
        'section: "2.1"',
        'section: "2.2", document: harbour',
        'section: "2.1", document: harbours',
        'section: "2.1", document: harbour',
    )
    ran = _checked(own_knowledge)
    assert (ran.returncode, ran.stdout) == (1, "")
    told = [line for line in ran.stderr.splitlines() if line.startswith(str(path))]
    assert told == [
        f"{path}:2: No document has a section 3.12; name one that it has.",
        f"{path}:3: Several documents have a section 2.1; add document: harbour, protocol.",
        f"{path}:4: Document harbour has no section 2.2; name another.",
        f"{path}:5: Document harbours has no section 2.1; name another.",
    ]


def test_the_check_tells_every_fault_of_the_file_at_once(own_knowledge: Path) -> None:
    path = _own(own_knowledge, "limit: dear", "section: 3.10", "colour: green")
    ran = _checked(own_knowledge)
    assert ran.returncode == 1
    assert [line.split(" ")[0] for line in ran.stderr.splitlines()] == [f"{path}:{line}:" for line in (2, 3, 4)]
