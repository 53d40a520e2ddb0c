"""What is found: features that a slow reference gives too, a second look where the first is unsure, and threads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from labelled_councils import larkfield

from bot import index as disk
from bot.answer import serve
from bot.encoder import Encoder
from bot.head import BRIEF, FEATURES, LATE, THREAD_FEATURES, shares
from bot.lexical import terms
from bot.retrieve import Look, Retriever, leans
from index_builder.assemble import assemble_labelled
from index_builder.labelled import read_labelled

if TYPE_CHECKING:
    from bot.index import Index

COUNCILS = Path(__file__).parents[2] / "training" / "councils"
ASKED = (
    "who sets the rota?",
    "what tone should I use in an e-mail to an officer?",
    "What is the recipe for scones?",
    "the",
    "qwxyz",
)


@pytest.fixture(scope="session")
def barsetshire(published: Path) -> Index:
    name = disk.current(published / "barsetshire")
    assert name is not None
    return disk.load(published, "barsetshire", name)


@pytest.fixture(scope="session")
def questions(barsetshire: Index) -> Encoder:
    return Encoder(barsetshire.encoder)


@pytest.fixture(scope="session")
def small(barsetshire: Index, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The Index of a council with a paragraph of two words."""
    return assemble_labelled(larkfield(tmp_path_factory.mktemp("councils")), Encoder(barsetshire.encoder, "fp32"))


@pytest.fixture(scope="session")
def large(barsetshire: Index) -> Index:
    """The Index of the labelled council with the most paragraphs: more passages than are looked up for a question."""
    longest = max(read_labelled(COUNCILS), key=lambda council: len(council.paragraphs))
    return assemble_labelled(longest, Encoder(barsetshire.encoder, "fp32"))


def _retriever(index: Index, encoder: Encoder, **changes: float) -> Retriever:
    policy = replace(index.revision.policy, **changes)  # type: ignore[arg-type] # second_look alone is an int
    return serve(replace(index, revision=replace(index.revision, policy=policy)), encoder).retriever


def _belief(retriever: Retriever, encoder: Encoder, text: str) -> float:
    """How likely the first look thinks its best section to be the answer."""
    question, stage = encoder.embed(text), encoder.head.first
    look = retriever.first_look(text, question)
    covered = encoder.head.field.probability(question.vector) * stage.covered(look.candidates, look.asked)
    return float(covered * shares(stage.logits(look.candidates)).max())


def _column(look: Look, feature: str) -> list[float]:
    column: list[float] = look.candidates[:, THREAD_FEATURES.index(feature)].tolist()
    return column


def _slow_late(index: Index, encoder: Encoder, text: str, row: int) -> tuple[float, float]:
    """The mean best cosine over the question's tokens, as they matter, and that of the quarter that fits worst."""
    tokens = encoder.embed(text).tokens
    own = index.tokens[index.token_starts[row] : index.token_starts[row + 1]].astype(np.float64)
    matters = [float(np.linalg.norm(token)) for token in tokens]
    best = [max(float(t @ token) for t in own) / long for token, long in zip(tokens, matters, strict=True)]
    worst = sorted(best)[: max(1, len(best) // 4)]
    return float(np.average(best, weights=matters)), float(np.mean(worst))


@pytest.mark.parametrize("text", ASKED)
def test_a_second_look_is_taken_below_sure_from_and_not_from_it_up(
    barsetshire: Index, questions: Encoder, text: str
) -> None:
    belief = _belief(_retriever(barsetshire, questions), questions, text)
    unsure = _retriever(barsetshire, questions, sure_from=float(np.nextafter(belief, 1))).found(text)
    sure = _retriever(barsetshire, questions, sure_from=belief).found(text)
    assert all(match.late != 0 for match in unsure.matches)
    assert all(match.late == 0 for match in sure.matches)
    assert sure.matches[0].score == pytest.approx(belief)


@pytest.mark.parametrize("most", [1, 2, 4, 100])
def test_no_more_sections_get_a_second_look_than_the_policy_says(
    barsetshire: Index, questions: Encoder, most: int
) -> None:
    sections = len(barsetshire.revision.sections)
    for text in ASKED:
        matches = _retriever(barsetshire, questions, sure_from=1.0, second_look=most).found(text).matches
        assert sum(match.late > 0 for match in matches) <= most
        assert len(matches) == min(most, sections)


def test_a_second_look_goes_to_the_best_of_the_first(barsetshire: Index, questions: Encoder) -> None:
    for text in ASKED:
        first = _retriever(barsetshire, questions, sure_from=0.0).found(text).matches[:2]
        second = _retriever(barsetshire, questions, sure_from=1.0, second_look=2).found(text).matches
        assert {match.section for match in second} == {match.section for match in first}


def test_late_interaction_is_what_a_slow_comparison_of_all_tokens_gives(small: Index, questions: Encoder) -> None:
    rows = {section: row for row, section in enumerate(small.revision.sections)}
    retriever = _retriever(small, questions, sure_from=1.0, second_look=100)
    for text in ASKED:
        matches = retriever.found(text).matches
        assert len(matches) == len(rows)
        for match in matches:
            assert match.late == pytest.approx(_slow_late(small, questions, text, rows[match.section])[0], abs=1e-5)


def test_the_features_of_a_second_look_are_what_a_slow_comparison_gives(small: Index, questions: Encoder) -> None:
    retriever = _retriever(small, questions)
    for text in ASKED:
        question = questions.embed(text)
        first = retriever.first_look(text, question)
        look = retriever.second_look(first, question, np.arange(len(first.rows), dtype=float), 5)
        assert look.rows.tolist() == first.rows[::-1][:5].tolist()
        for row, late, least in zip(look.rows, _column(look, "late"), _column(look, "least"), strict=True):
            assert (late, least) == pytest.approx(_slow_late(small, questions, text, row), abs=1e-5)
        assert look.candidates[:, :4].tolist() == first.candidates[::-1][:5, :4].tolist(), "the rest stays as it was"


def test_whole_part_and_words_are_what_a_slow_reference_gives(large: Index, questions: Encoder) -> None:
    retriever = _retriever(large, questions)
    for text in ASKED:
        question = questions.embed(text)
        look = retriever.first_look(text, question)
        cover = large.lexical.cover(terms(" ".join((text, *retriever.added(text)))))
        cosines = large.vectors @ question.vector
        assert _column(look, "lexical") == pytest.approx(cover[look.rows].tolist())
        for row, whole, part in zip(look.rows, _column(look, "whole"), _column(look, "part"), strict=True):
            length = len(large.revision.sections[row].text)
            own = [(p, c) for p, c in zip(large.revision.passages, cosines, strict=True) if p.section == row]
            entire = [cosine for passage, cosine in own if (passage.start, passage.end) == (0, length)]
            parts = [cosine for passage, cosine in own if (passage.start, passage.end) != (0, length)]
            assert whole == pytest.approx(np.mean(entire), abs=1e-5)
            assert part == pytest.approx(max(parts, default=np.mean(entire)), abs=1e-5)


def test_a_section_of_few_words_is_known_for_one(small: Index, questions: Encoder) -> None:
    look = _retriever(small, questions).first_look("be kind", questions.embed("be kind"))
    counts = [len(small.revision.sections[row].text.split()) for row in look.rows]
    assert min(counts) == 2
    assert _column(look, "brief") == pytest.approx([max(0, BRIEF - count) / BRIEF for count in counts])


def test_the_first_look_compares_no_tokens(large: Index, questions: Encoder) -> None:
    look = _retriever(large, questions).first_look(ASKED[0], questions.embed(ASKED[0]))
    assert all(set(_column(look, feature)) == {0.0} for feature in LATE)
    assert look.candidates.shape == (len(look.rows), len(FEATURES))


def test_belief_is_shared_out_among_the_candidates_best_first(small: Index, questions: Encoder) -> None:
    for text in ASKED:
        for context in ((), ("4.1",)):
            matches, covered = _retriever(small, questions).found(text, context)
            scores = [match.score for match in matches]
            assert 0 <= covered <= 1
            assert scores == sorted(scores, reverse=True)
            if len(scores) < 20:
                assert sum(scores) == pytest.approx(covered)


def test_no_more_than_twenty_are_considered(large: Index, questions: Encoder) -> None:
    retriever = _retriever(large, questions, sure_from=0.0)
    assert len(retriever.found(ASKED[0]).matches) == 20
    assert len(retriever.found(ASKED[0], (large.revision.sections[0].number,)).matches) == 20


def test_a_number_that_no_section_has_is_no_context(barsetshire: Index, questions: Encoder) -> None:
    retriever = _retriever(barsetshire, questions)
    alone = retriever.found("and in the evening?")
    assert retriever.found("and in the evening?", ("99.9", "")) == alone
    there = retriever.found("and in the evening?", ("2.1",))
    assert there != alone
    assert retriever.found("and in the evening?", ("99.9", "2.1")) == there


def test_in_a_thread_every_candidate_is_looked_at_twice(barsetshire: Index, questions: Encoder) -> None:
    matches = _retriever(barsetshire, questions, sure_from=0.0).found("and who sets the rota?", ("3.10",)).matches
    assert len(matches) == len(barsetshire.revision.sections)
    assert all(match.late != 0 for match in matches)


@pytest.mark.parametrize(
    "text",
    [
        "and what if it's urgent?",
        "What about opposition members?",
        "but at the weekend",
        "how about at weekends?",
        "does it apply to co-opted members?",
        "Can they refuse?",
        "is the same true of clerks",
        "“So, who pays?”",
        "who do I tell instead",
    ],
)
def test_a_question_that_points_back_leans_on_what_went_before(text: str) -> None:
    assert leans(text)


@pytest.mark.parametrize(
    "text",
    [
        "who sets the rota?",
        "When is a report due?",
        "may officers brief the press",
        "is a gift of £30 declared",
        "italics in minutes",
        "",
        "?",
    ],
)
def test_a_question_that_points_nowhere_leans_on_nothing(text: str) -> None:
    assert not leans(text)


def test_candidates_in_a_thread_hold_the_siblings_of_what_was_quoted(large: Index, questions: Encoder) -> None:
    text, sections = "how long do I boil an egg", large.revision.sections
    retriever, question = _retriever(large, questions), questions.embed(text)
    searched = {passage.section for passage in large.revision.passages}
    near = set(retriever.first_look(text, question).rows.tolist())
    missed = 0
    for row in range(0, len(sections), 3):
        siblings = {at for at, other in enumerate(sections) if other.path == sections[row].path} & searched
        look = retriever.thread_look(text, question, [row])
        assert siblings <= set(look.rows.tolist())
        missed += len(siblings - near)
        beside = dict(zip(look.rows.tolist(), _column(look, "beside"), strict=True))
        assert {at for at, marked in beside.items() if marked} == siblings
        quoted = dict(zip(look.rows.tolist(), _column(look, "quoted"), strict=True))
        assert {at for at, marked in quoted.items() if marked} == {row} & searched
    assert missed > 0, "the question alone would have found them all: it shows nothing"


def test_what_was_quoted_counts_for_a_question_that_leans_and_for_no_other(small: Index, questions: Encoder) -> None:
    retriever = _retriever(small, questions)
    number = small.revision.sections[0].number
    assert leans("and at home?")
    assert retriever.found("and at home?", (number,)) != retriever.found("and at home?")
    assert not leans("who sets the rota?")
    assert retriever.found("who sets the rota?", (number,)) == retriever.found("who sets the rota?")


def test_a_thread_s_own_features_are_those_of_the_question_under_the_heading_quoted(
    small: Index, questions: Encoder
) -> None:
    retriever = _retriever(small, questions)
    look = retriever.thread_look("and at home?", questions.embed("and at home?"), [3, 0])
    there = f"{small.revision.sections[3].heading}. and at home?"
    under = retriever.first_look("and at home?", questions.embed(there))
    wholes = dict(zip(under.rows.tolist(), _column(under, "whole"), strict=True))
    for row, whole, late in zip(look.rows, _column(look, "whole_there"), _column(look, "late_there"), strict=True):
        assert whole == pytest.approx(wholes[row], abs=1e-6)
        assert late == pytest.approx(_slow_late(small, questions, there, row)[0], abs=1e-5)
