"""The running bot and the revisions that come and go beneath it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from bot import index as disk
from bot.bootstrap import UNAVAILABLE, live, make_ask
from bot.domain import Question, Status, UnservableError
from index_builder.build import build
from index_builder.publish import roll_back

if TYPE_CHECKING:
    from pathlib import Path

COUNCIL = "barsetshire"
ROTA = Question("who sets the rota?")


def _revised(knowledge: Path, index: Path, words: str) -> str:
    text = knowledge / COUNCIL / "protocol" / "protocol.md"
    text.write_text(text.read_text().replace("Officers set rotas", words))
    return build(knowledge, index, COUNCIL).revision


def test_a_new_revision_answers_without_a_restart(own_index: Path, own_knowledge: Path) -> None:
    ask = make_ask(live(own_index, COUNCIL, pytest.fail))
    before = ask(ROTA).revision
    after = _revised(own_knowledge, own_index, "Officers alone set rotas")
    assert before != after == ask(ROTA).revision
    assert "Officers alone set rotas" in ask(ROTA).citations[0].section.text


def test_a_damaged_new_revision_leaves_the_old_one_serving_and_says_so(own_index: Path, own_knowledge: Path) -> None:
    said: list[str] = []
    serving = live(own_index, COUNCIL, said.append)
    ask = make_ask(serving)
    before = ask(ROTA)
    after = _revised(own_knowledge, own_index, "Officers alone set rotas")
    (own_index / COUNCIL / after / "vectors.f32").write_bytes(b"damaged")
    answer = ask(ROTA)
    assert answer.citations == before.citations
    assert answer.revision == before.revision
    assert before.revision in answer.message
    assert serving.fault is not None
    assert said == [serving.fault]
    ask(ROTA)
    assert len(said) == 1, "a fault is reported once, not with every question"


def test_the_way_back_is_open(own_index: Path, own_knowledge: Path) -> None:
    serving = live(own_index, COUNCIL, lambda _: None)
    ask = make_ask(serving)
    before = ask(ROTA).revision
    after = _revised(own_knowledge, own_index, "Officers alone set rotas")
    (own_index / COUNCIL / after / "sections.jsonl").unlink()
    ask(ROTA)
    roll_back(own_index, COUNCIL, before)
    answer = ask(ROTA)
    assert (answer.revision, serving.fault) == (before, None)


def test_nothing_sound_at_the_start_is_unavailable_never_silently_old(own_index: Path) -> None:
    name = disk.current(own_index / COUNCIL)
    assert name is not None
    (own_index / COUNCIL / name / "sections.jsonl").write_text("")
    answer = make_ask(live(own_index, COUNCIL, lambda _: None))(ROTA)
    assert (answer.status, answer.message, answer.citations) == (Status.UNAVAILABLE, UNAVAILABLE, ())


def test_a_pointer_that_disappears_leaves_the_bot_answering(own_index: Path) -> None:
    ask = make_ask(live(own_index, COUNCIL, lambda _: None))
    before = ask(ROTA).revision
    (own_index / COUNCIL / disk.CURRENT).unlink()
    assert ask(ROTA).revision == before


def test_several_councils_need_a_choice(own_index: Path) -> None:
    (own_index / "elsewhere").mkdir()
    (own_index / "elsewhere" / disk.CURRENT).write_text("")
    with pytest.raises(UnservableError, match="--council"):
        live(own_index, None, pytest.fail)


def test_each_answer_comes_from_one_revision_while_they_are_swapped(own_index: Path, own_knowledge: Path) -> None:
    first = disk.current(own_index / COUNCIL)
    second = _revised(own_knowledge, own_index, "Officers alone set rotas")
    assert first is not None
    texts = {first: "Officers set rotas", second: "Officers alone set rotas"}
    ask, done, wrong = make_ask(live(own_index, COUNCIL, pytest.fail)), threading.Event(), []

    def keep_asking() -> None:
        while not done.is_set():
            answer = ask(ROTA)
            if texts[answer.revision] not in answer.citations[0].section.text:
                wrong.append(answer)

    askers = [threading.Thread(target=keep_asking) for _ in range(4)]
    for asker in askers:
        asker.start()
    for turn in range(6):
        roll_back(own_index, COUNCIL, (first, second)[turn % 2])
    done.set()
    for asker in askers:
        asker.join()
    assert wrong == []
