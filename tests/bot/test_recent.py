"""What is kept of the last answers: the answers, found by texts that are not kept themselves."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.answer import Served, answer
from bot.bootstrap import live
from bot.domain import Question, UnusableQuestionError
from bot.recent import Recent

if TYPE_CHECKING:
    from pathlib import Path

ASKED = "what tone should I take in an e-mail?"


@pytest.fixture
def served(published: Path) -> Served:
    known = live(published, "barsetshire", print)()
    return replace(known, recent=Recent())


def test_what_is_kept_is_found_by_the_same_texts_in_the_same_order_only() -> None:
    recent: Recent[int] = Recent()
    recent.keep(1, "who decides?", "4.2")
    assert recent.find("who decides?", "4.2") == 1
    others = (
        ("who decides?\0004.2",),
        ("who decides?",),
        ("4.2", "who decides?"),
        ("who decides?4.2",),
        ("who decides?", "4.2", ""),
        (),
    )
    assert all(recent.find(*other) is None for other in others)


def test_what_was_longest_out_of_use_makes_room() -> None:
    recent: Recent[str] = Recent(most=2)
    recent.keep("a", "a")
    recent.keep("b", "b")
    assert recent.find("a") == "a"
    recent.keep("c", "c")
    assert [recent.find(name) for name in "abc"] == ["a", None, "c"]


def test_threads_share_it() -> None:
    recent: Recent[int] = Recent(most=50)

    def use(number: int) -> bool:
        recent.keep(number, str(number))
        return recent.find(str(number)) in {number, None}

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(use, [number % 90 for number in range(4_000)]))


def test_a_question_asked_again_gets_the_same_answer_without_being_looked_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer(Question(ASKED), served)
    monkeypatch.setattr(type(served.retriever), "found", None)
    again = answer(Question(f"  {ASKED}\n"), served)
    assert replace(again, question=first.question, elapsed_ms=first.elapsed_ms) == first
    assert again.question.text == f"  {ASKED}\n", "an answer carries the question as it was typed this time"


def test_the_sections_quoted_before_make_another_question_of_it(served: Served) -> None:
    alone = answer(Question("and who decides that?"), served)
    number = served.index.revision.sections[0].number
    there = answer(Question("and who decides that?", (number,)), served)
    assert answer(Question("and who decides that?"), served).citations == alone.citations
    assert answer(Question("and who decides that?", (number,)), served).citations == there.citations


@pytest.mark.parametrize("text", ["D1", "9.77", "a councillor is bullying me"])
def test_what_is_looked_up_or_always_referred_is_not_kept(served: Served, text: str) -> None:
    answer(Question(text), served)
    assert not served.recent._kept


def test_what_is_kept_holds_no_word_of_the_question(served: Served) -> None:
    answer(Question(f"{ASKED} canary-5d1f says Zebedee Quillfeather"), served)
    kept = pickle.dumps((served.recent._kept, served.recent._key))
    assert b"Section" in kept
    assert not [word for word in (b"canary", b"Zebedee", b"Quillfeather", ASKED.encode()) if word in kept]


def test_what_cannot_be_asked_is_refused_every_time(served: Served) -> None:
    for _ in range(2):
        with pytest.raises(UnusableQuestionError):
            answer(Question("?"), served)
