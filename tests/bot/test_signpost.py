"""Who probably decides, over a real revision and the real encoder: owners, reasons, and what is offered to say."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.answer import answer, serve
from bot.bootstrap import live
from bot.domain import Owner, Question, Status
from index_builder.build import build

if TYPE_CHECKING:
    from bot.answer import Served
    from bot.domain import Ask, Matter, Policy, Signpost, SignpostPolicy

KNOWLEDGE = Path(__file__).parents[1] / "barsetshire"
UNREACHED = 2.0  # no probability and no cosine is as much
OWN_MATTERS = """\
names: {cabinet: "a matter for the service committee"}
matters:
  - name: rota-of-a-team
    owner: council
    section: "3.11"
  - {name: award-within-officer-limit, limit: 1000000}
  - {name: award-over-officer-limit, limit: 1000000}
"""

PLAIN = {
    Owner.OPERATIONAL: (
        "Who decides which evening the swimming pool attendants work?",
        "Who decides whether a careworker's leave in August is approved?",
        "The pool attendants' shifts next week are being changed by their supervisor.",
    ),
    Owner.CABINET: (
        "Who decides whether to close four libraries for good?",
        "Who decides to outsource the whole leisure service to a private firm?",
        "The cabinet is going to shut all the county's museums for good.",
    ),
    Owner.COUNCIL: (
        "Who sets the level of council tax for next year?",
        "Who adopts the scheme of members' allowances?",
        "Full Council will set next year's council tax on Thursday.",
    ),
    Owner.REGULATORY: (
        "Who decides the planning application for nine bungalows on Weaver Lane?",
        "Who decides whether a bar gets its premises licence?",
        "The planning committee hears an application for a barn conversion.",
    ),
    Owner.STATUTORY_OFFICER: (
        "Can the Leader tell the Monitoring Officer not to write a section 5 report?",
        "Can a councillor tell the returning officer where to count the votes?",
        "The Monitoring Officer is writing a section 5 report.",
    ),
    Owner.POLITICAL: (
        "Who picks the ruling group's candidate for the by-election?",
        "Can officers write the party's election leaflet?",
        "The party is choosing its candidate for the by-election.",
    ),
    Owner.UNCLEAR: (
        "Can I go ahead with it?",
        "Who decides this one?",
        "Somebody needs to approve the thing we spoke about. Who?",
    ),
}
STATEMENTS = tuple(text for texts in PLAIN.values() for text in texts if text.endswith("."))
PRESSED = {
    Owner.OPERATIONAL: "The Leader told me to change the pool attendants' shifts tonight",
    Owner.CABINET: "The Leader told me to close the library for good",
    Owner.COUNCIL: "The Leader told me to lower the council tax",
    Owner.REGULATORY: "The Leader told me to refuse the planning application for nine bungalows",
    Owner.STATUTORY_OFFICER: "The Leader told me to stop the Monitoring Officer's section 5 report",
    Owner.POLITICAL: "The whip told me to write the party's election leaflet",
    Owner.UNCLEAR: "He told me to just do it",
}
ROTA = PLAIN[Owner.OPERATIONAL][0]
SUM = "Awarding the cleaning contract, £{}"

each_plain = pytest.mark.parametrize(("owner", "text"), [(o, text) for o, texts in PLAIN.items() for text in texts])
each_pressed = pytest.mark.parametrize(("owner", "text"), PRESSED.items())


@pytest.fixture(scope="module")
def served(published: Path) -> Served:
    return live(published, "barsetshire", pytest.fail)()


@pytest.fixture(scope="module")
def own_ways(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Barsetshire with a name for an owner and matters of its own."""
    folder = tmp_path_factory.mktemp("own-ways")
    shutil.copytree(KNOWLEDGE, folder / "knowledge")
    own = folder / "knowledge" / "barsetshire"
    (own / "matters.yaml").write_text(OWN_MATTERS, "utf-8")
    build(folder / "knowledge", folder / "index", "barsetshire")
    return live(folder / "index", "barsetshire", pytest.fail)()


def _put_up(served: Served, text: str) -> Signpost:
    signpost = answer(Question(text), served).signpost
    assert signpost is not None, text
    return signpost


def _with_policy(served: Served, **changes: Any) -> Served:
    revision = served.index.revision
    policy: Policy = replace(revision.policy, **changes)
    return serve(replace(served.index, revision=replace(revision, policy=policy)), served.reader)


def _with_signposts(served: Served, **changes: Any) -> Served:
    policy: SignpostPolicy = replace(served.index.revision.policy.signpost, **changes)
    return _with_policy(served, signpost=policy)


def _with_framework(served: Served, **changes: Any) -> Served:
    revision = served.index.revision
    changed = replace(revision, framework=replace(revision.framework, **changes))
    return serve(replace(served.index, revision=changed), served.reader)


def _with_matters(served: Served, **changes: Any) -> Served:
    """The same with every matter changed alike."""
    matters: tuple[Matter, ...] = served.index.revision.framework.matters
    return _with_framework(served, matters=tuple(replace(matter, **changes) for matter in matters))


def _said(signpost: Signpost) -> list[str]:
    wordings = signpost.wordings or {}
    listed = (*signpost.would_change, *signpost.ask, *signpost.red_flags, *wordings.values(), *signpost.settled_by)
    return [signpost.owner_name, signpost.because, signpost.line, *listed]


@each_plain
def test_a_plain_text_gets_its_owner_be_it_a_question_or_a_statement(served: Served, owner: Owner, text: str) -> None:
    signpost = _put_up(served, text)
    assert signpost.owner is owner
    assert signpost.owner_name == served.index.revision.framework.names[owner]
    assert 0.5 < signpost.confidence <= 1
    assert served.index.revision.policy.signpost.about_from <= signpost.about <= 1
    assert signpost.settled_by == served.index.revision.framework.settles


def test_there_are_statements_of_every_owner_among_the_plain_texts() -> None:
    assert len(STATEMENTS) == len(Owner) - 1
    assert not any("?" in text for text in STATEMENTS)


@pytest.mark.parametrize(
    "text",
    [
        "How do I address a councillor in an e-mail?",
        "Where can I read the protocol?",
        "How long may I take to answer a councillor?",
        "When is the next training day for new councillors?",
        "What is a member briefing for?",
        "How do I bake a sponge cake?",
        "3.10",
        "What does section 2.1 say?",
    ],
)
def test_what_is_not_about_who_decides_gets_none(ask: Ask, text: str) -> None:
    assert ask(Question(text)).signpost is None


@pytest.mark.parametrize(
    "plain",
    [
        "who decides the rota of the crossing patrols?",
        "who decides the planning application for a barn conversion?",
        "who decides whether to close four libraries for good?",
        "who sets the level of council tax for next year?",
    ],
)
@pytest.mark.parametrize(
    "asker",
    [
        "A resident asks",
        "The Leader asks",
        "I am an opposition councillor",
        "My ward councillor asks me",
        "I am new here",
    ],
)
def test_who_asks_never_changes_the_owner(served: Served, plain: str, asker: str) -> None:
    assert _put_up(served, f"{asker}: {plain}").owner is _put_up(served, plain.capitalize()).owner


def test_a_sum_over_the_limit_that_is_stated_goes_up_and_one_within_it_stays(served: Served) -> None:
    limit = "The officers' limit is £{}."
    for cost, stated, owner, said in (
        ("60,000", "75,000", Owner.OPERATIONAL, "The sum, £60,000, is within the limit of £75,000 that you mention."),
        ("90,000", "75,000", Owner.CABINET, "The sum, £90,000, is over the limit of £75,000 that you mention."),
        ("300,000", "400,000", Owner.OPERATIONAL, "is within the limit of £400,000"),
        ("300,000", "250,000", Owner.CABINET, "is over the limit of £250,000"),
    ):
        signpost = _put_up(served, f"{SUM.format(cost)}. {limit.format(stated)}")
        assert signpost.owner is owner
        assert said in signpost.because


def test_a_sum_without_a_stated_limit_is_measured_by_the_council_s_own(served: Served) -> None:
    text = "Buying a new roller for the sports ground, £40,000"
    usual = _put_up(served, text)
    lower = _put_up(_with_framework(served, officers=5_000.0, key_decision=20_000.0), text)
    assert (usual.owner, lower.owner) == (Owner.OPERATIONAL, Owner.CABINET)
    assert "£40,000, is within the £100,000 that officers may settle here" in usual.because
    assert "£40,000, is over the £5,000 that officers may settle here" in lower.because


def test_a_matter_with_a_limit_of_its_own_is_measured_by_that(served: Served, own_ways: Served) -> None:
    text = "Award of a contract for £700,000"
    usual, higher = _put_up(served, text), _put_up(own_ways, text)
    assert (usual.owner, higher.owner) == (Owner.CABINET, Owner.OPERATIONAL)
    assert "£700,000, is within the £1,000,000 that officers may settle here" in higher.because
    assert _put_up(own_ways, "Buying a warehouse for £400,000").owner is Owner.CABINET, "another matter's limit"


def test_an_explanation_says_by_which_limit_the_sum_was_read(served: Served, own_ways: Served) -> None:
    text = "Award of a contract for £700,000"
    hints = [each.signposts.explained(text, each.reader.see(text)).hint for each in (served, own_ways)]
    assert hints == ["a large sum", "a small sum"]


def test_a_sum_is_not_spoken_of_where_it_decides_nothing(served: Served) -> None:
    signpost = _put_up(served, "Who decides the planning application for nine bungalows worth £4,000,000?")
    assert signpost.owner is Owner.REGULATORY
    assert "£" not in signpost.because


def test_a_matter_that_a_council_gives_to_another_owner_goes_there_with_the_clause_it_names(
    served: Served, own_ways: Served
) -> None:
    text = "Who sets the rota of the crossing patrols?"
    usual, own = _put_up(served, text), _put_up(own_ways, text)
    assert (usual.owner, own.owner) == (Owner.OPERATIONAL, Owner.COUNCIL)
    assert (usual.matters[0].name, own.matters[0].name) == ("rota-of-a-team", "rota-of-a-team")
    assert own.clause is not None
    assert own.clause.section.number == "3.11"


def test_an_owner_has_the_name_that_the_council_gives_it(own_ways: Served) -> None:
    signpost = _put_up(own_ways, PLAIN[Owner.CABINET][0])
    assert signpost.owner_name == "a matter for the service committee"
    assert "a matter for the service committee" in signpost.line


@pytest.mark.parametrize("text", PLAIN[Owner.UNCLEAR])
def test_where_nobody_can_tell_the_bot_asks_for_what_is_missing(served: Served, text: str) -> None:
    signpost, wording = _put_up(served, text), served.index.revision.wording
    assert 1 <= len(signpost.ask) <= 3
    assert {wording["ask_what"], wording["ask_size"]} <= set(signpost.ask)
    assert (signpost.matters, signpost.clause) == ((), None)


@pytest.mark.parametrize(
    "text",
    [
        "Can I go ahead with the £4,000 thing we spoke about?",
        "Who approves it? It is £7,500.",
        "He wants two thousand pounds for it. Is it mine to approve?",
    ],
)
def test_where_a_sum_is_given_no_question_is_about_money(served: Served, text: str) -> None:
    signpost, wording = _put_up(served, text), served.index.revision.wording
    assert signpost.owner is Owner.UNCLEAR
    assert 1 <= len(signpost.ask) <= 3
    assert wording["ask_size"] not in signpost.ask


@each_pressed
def test_whoever_is_pressed_gets_three_lines_to_hold_to_decline_and_to_end_it(
    served: Served, owner: Owner, text: str
) -> None:
    signpost = _put_up(served, text)
    assert signpost.owner is owner
    assert signpost.wordings is not None
    assert list(signpost.wordings) == ["hold", "decline", "pressure"]
    assert len(set(signpost.wordings.values())) == 3


@each_plain
def test_whoever_asks_calmly_gets_one_line_and_nothing_about_pressure(served: Served, owner: Owner, text: str) -> None:
    signpost = _put_up(served, text)
    assert signpost.owner is owner
    assert signpost.wordings is None
    assert signpost.line


@each_pressed
def test_lines_name_the_matter_and_leave_no_blank(served: Served, owner: Owner, text: str) -> None:
    signpost = _put_up(served, text)
    assert signpost.wordings is not None
    assert not [said for said in _said(signpost) if "{" in said or "}" in said or not said.strip()]
    if owner is Owner.UNCLEAR:
        assert signpost.matters == ()
        assert served.index.revision.wording["this_matter"] in signpost.wordings["decline"]
    else:
        title = signpost.matters[0].title
        assert all(title in said for said in (signpost.line, signpost.wordings["hold"], signpost.wordings["decline"]))


@each_plain
def test_without_a_matter_near_enough_there_is_still_a_reason_and_a_line(
    served: Served, owner: Owner, text: str
) -> None:
    signpost = _put_up(_with_signposts(served, near_matter=UNREACHED), text)
    assert signpost.owner is owner
    assert (signpost.matters, signpost.clause, signpost.would_change) == ((), None, ())
    assert signpost.because == served.index.revision.wording[f"because_{owner}"]
    assert not [said for said in _said(signpost) if "{" in said or not said.strip()]


@each_plain
def test_the_matters_leaned_on_are_the_owner_s_at_most_three_and_the_first_gives_the_reason(
    served: Served, owner: Owner, text: str
) -> None:
    signpost = _put_up(served, text)
    assert len(signpost.matters) <= 3
    assert {matter.owner for matter in signpost.matters} <= {owner}
    if owner is not Owner.UNCLEAR:
        assert signpost.because.startswith(signpost.matters[0].fact)


def test_every_red_flag_is_shown_where_its_sign_is_typed(served: Served) -> None:
    unseen = []
    for flag in served.index.revision.framework.red_flags:
        typed = f"{ROTA} {flag.signs[0].replace('*', 'the')}"
        signpost = served.signposts.signpost(typed, served.reader.see(typed))
        if signpost is None or flag.says not in signpost.red_flags:
            unseen.append(typed)
    assert unseen == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The Cabinet Member wants us to use his friend's firm to mend one roof", "firm"),
        ("Just grant the taxi licence, he says, no paperwork", "in writing"),
        ("The Leader wants the Chief Finance Officer to water down her section 25 statement", "advice"),
    ],
)
def test_red_flags_are_shown_with_their_sentence(ask: Ask, text: str, said: str) -> None:
    signpost = ask(Question(text)).signpost
    assert signpost is not None
    assert any(said in flag for flag in signpost.red_flags)


@pytest.mark.parametrize("text", [PLAIN[owner][0] for owner in Owner])
def test_a_plain_text_raises_no_red_flag(served: Served, text: str) -> None:
    assert _put_up(served, text).red_flags == ()


@each_plain
def test_what_would_change_it_names_another_owner(served: Served, owner: Owner, text: str) -> None:
    names = served.index.revision.framework.names
    signpost = _put_up(served, text)
    for change in signpost.would_change:
        assert names[owner] not in change
        assert any(names[other] in change for other in Owner if other is not owner)
    if owner is not Owner.UNCLEAR:
        assert 1 <= len(signpost.would_change) <= 3


def test_a_change_to_the_owner_that_a_council_has_given_it_already_is_no_change(served: Served) -> None:
    moves = {move.to for move in _put_up(served, ROTA).matters[0].moves}
    assert moves, "the matter has none; take another"
    for owner in moves:
        signpost = _put_up(_with_matters(served, owner=owner), ROTA)
        assert signpost.owner is owner
        assert not any(signpost.owner_name in change for change in signpost.would_change)


@pytest.mark.parametrize(
    "text",
    [
        "A councillor is bullying me over who decides the rota",
        "Who decides the rota? The Leader is bullying me about it",
        "He threatened to hit me if I don't grant the licence. Who decides it?",
        "She made racist remarks to me about who decides the rota",
        "I want to blow the whistle about who decided the contract",
        "Who decides whether a child is at risk of harm is seen tonight?",
        "Who decides the licence? He offered me a bribe",
    ],
)
def test_what_is_referred_gets_no_signpost_even_when_it_asks_who_decides(ask: Ask, text: str) -> None:
    answer = ask(Question(text))
    assert (answer.status, answer.signpost) == (Status.REFERRED, None)


@pytest.mark.parametrize(
    ("likely", "sure", "certainty"),
    [(0.0, 0.0, "sure"), (0.0, UNREACHED, "likely"), (UNREACHED, UNREACHED, "doubtful")],
)
def test_certainty_follows_the_policy(served: Served, likely: float, sure: float, certainty: str) -> None:
    signpost = _put_up(_with_signposts(served, likely_from=likely, sure_from=sure), ROTA)
    assert signpost.certainty == certainty
    assert bool(signpost.ask) is (certainty == "doubtful"), "what is doubtful is asked about"


def test_how_surely_a_text_has_to_be_about_who_decides_follows_the_policy(served: Served) -> None:
    assert answer(Question(ROTA), _with_signposts(served, about_from=UNREACHED)).signpost is None
    assert answer(Question(ROTA), _with_signposts(served, about_from=0.0)).signpost is not None


def test_a_clause_is_a_section_of_the_revision_verbatim(served: Served) -> None:
    published = (KNOWLEDGE / "barsetshire" / "protocol" / "protocol.md").read_text("utf-8")
    revision = served.index.revision
    clauses = [clause for texts in PLAIN.values() for text in texts if (clause := _put_up(served, text).clause)]
    assert clauses
    for clause in clauses:
        assert clause.section in revision.sections
        assert clause.document in revision.documents
        assert f"{clause.section.number} {clause.section.text}" in published


def test_a_clause_of_the_model_council_is_that_of_the_first_matter_and_stands_in_the_revision(
    model_index: Path,
) -> None:
    served = live(model_index, "model", pytest.fail)()
    sections = served.index.revision.sections
    for owner, texts in PLAIN.items():
        for text in texts:
            signpost = _put_up(served, text)
            assert signpost.owner is owner
            row = signpost.matters[0].section if signpost.matters else None
            assert (signpost.clause and signpost.clause.section) == (None if row is None else sections[row])


def test_a_signpost_s_clause_is_quoted_where_nothing_else_is(served: Served) -> None:
    silent = _with_policy(served, cost_beside=1e12)
    wording = served.index.revision.wording
    given = answer(Question(ROTA), silent)
    assert given.signpost is not None
    assert given.signpost.clause is not None
    assert (given.status, given.message) == (Status.ANSWERED, wording["answered_by_signpost"])
    assert given.citations == (given.signpost.clause,)
    assert (given.choices, given.contacts) == ((), ())


def test_a_signpost_s_clause_is_not_quoted_where_the_signpost_is_not_sure_enough(served: Served) -> None:
    policy = replace(served.index.revision.policy.signpost, quote_from=UNREACHED)
    given = answer(Question(ROTA), _with_policy(served, cost_beside=1e12, signpost=policy))
    assert (given.status, given.citations) == (Status.NOT_COVERED, ())
    assert given.signpost is not None
    assert given.contacts


def test_without_a_clause_what_is_not_covered_stays_so_and_keeps_its_signpost(served: Served) -> None:
    given = answer(Question(ROTA), _with_policy(_with_matters(served, section=None), cost_beside=1e12))
    assert (given.status, given.citations) == (Status.NOT_COVERED, ())
    assert given.signpost is not None
    assert given.signpost.clause is None
    assert given.contacts


def test_a_signpost_s_clause_joins_the_answer_where_there_is_room_and_never_twice(served: Served) -> None:
    one = _with_policy(served, cost_beside=0.0, clarify_gap=0.0, cite_from=UNREACHED)
    best = answer(Question(ROTA), one).citations[0].section
    rows = {section.number: row for row, section in enumerate(served.index.revision.sections)}
    other = next(number for number in rows if number != best.number)
    for section, citations, quoted in (
        (best.number, 3, [best.number]),
        (other, 3, [best.number, other]),
        (other, 1, [best.number]),
    ):
        given = answer(Question(ROTA), _with_policy(_with_matters(one, section=rows[section]), citations=citations))
        assert given.status is Status.ANSWERED
        assert [citation.section.number for citation in given.citations] == quoted
        assert given.signpost is not None
        assert given.signpost.clause is not None
        assert given.signpost.clause.section.number == section


def test_a_choice_between_two_clauses_stays_one_between_two(model_index: Path) -> None:
    served = _with_matters(live(model_index, "model", pytest.fail)(), section=0)
    torn = _with_policy(served, cost_beside=0.0, clarify_gap=UNREACHED)
    given = [answer(Question(texts[0]), torn) for texts in PLAIN.values()]
    choices = [each for each in given if each.status is Status.CLARIFY and each.signpost and each.signpost.clause]
    assert choices
    assert {len(each.citations) for each in choices} == {2}


def test_the_same_text_gets_the_same_signpost(served: Served) -> None:
    assert _put_up(served, ROTA) == _put_up(served, ROTA)
