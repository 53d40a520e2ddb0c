"""The running bot and the revisions that come and go beneath it."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot import index as disk
from bot.bootstrap import UNAVAILABLE, live, make_ask
from bot.domain import Question, Status, UnservableError
from bot.encoder_files import MAPPED_FILES, file_sha256
from index_builder.build import build
from index_builder.publish import install_encoder, roll_back

if TYPE_CHECKING:
    from collections.abc import Callable

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


@pytest.fixture
def own_encoder(own_index: Path) -> Path:
    """The encoder's folder of an index, with copies of the mapped files in place of links: they may be damaged."""
    (folder,) = (entry for entry in (own_index / disk.ENCODERS).iterdir() if entry.is_dir())
    for name in MAPPED_FILES:
        content = (folder / name).read_bytes()
        (folder / name).unlink()
        (folder / name).write_bytes(content)
    return folder


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\x7f" * 4096)


def _cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [_overwrite, _cut, Path.unlink])
@pytest.mark.parametrize("name", ["int8.weights", "reader-int8.weights", "closely.onnx", "reader-int8.onnx"])
def test_an_encoder_damaged_beneath_a_running_bot_answers_nothing_until_it_is_mended(
    own_index: Path,
    own_encoder: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    damage: Callable[[Path], None],
) -> None:
    said: list[str] = []
    serving = live(own_index, COUNCIL, said.append)
    ask = make_ask(serving)
    before = ask(ROTA)
    sound = own_encoder.parent / "sound"
    shutil.copytree(own_encoder, sound)
    damage(own_encoder / name)
    for _ in range(2):
        answer = ask(Question("who decides about the rota?"))
        assert (answer.status, answer.citations) == (Status.UNAVAILABLE, ())
    assert said == [serving.fault]
    assert name in said[0] or "cannot be read" in said[0]
    monkeypatch.setattr("bot.live._PAUSE", 0)
    serving._try_again = 0
    install_encoder(own_index, sound, own_encoder.name)
    again = ask(ROTA)
    assert (again.status, again.citations, serving.fault) == (before.status, before.citations, None)


def test_what_could_not_be_read_for_a_while_is_tried_again(own_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.live._PAUSE", 0)
    said: list[str] = []
    ask = make_ask(live(own_index, COUNCIL, said.append))
    folder = own_index / COUNCIL / str(disk.current(own_index / COUNCIL))
    away = folder.rename(own_index / "away")
    assert [ask(ROTA).status for _ in range(3)] == [Status.UNAVAILABLE] * 3
    assert len(said) == 1, "a fault is reported once, however often it is tried again"
    away.rename(folder)
    assert ask(ROTA).status is Status.ANSWERED


def test_what_cannot_be_served_is_not_tried_again_with_every_question(own_index: Path) -> None:
    serving = live(own_index, COUNCIL, lambda _: None)
    folder = own_index / COUNCIL / str(disk.current(own_index / COUNCIL))
    away = folder.rename(own_index / "away")
    ask = make_ask(serving)
    assert ask(ROTA).status is Status.UNAVAILABLE
    away.rename(folder)
    assert ask(ROTA).status is Status.UNAVAILABLE, "some seconds pass first"


def test_a_graph_that_cannot_be_run_leaves_the_revision_before_it_serving(
    own_index: Path, own_knowledge: Path, own_encoder: Path
) -> None:
    serving = live(own_index, COUNCIL, lambda _: None)
    ask = make_ask(serving)
    before = ask(ROTA)
    other = own_encoder.with_name("0123456789abcdef")
    shutil.copytree(own_encoder, other)
    (other / "int8.onnx").write_bytes(b"no graph")
    after = _revised(own_knowledge, own_index, "Officers alone set rotas")
    path = own_index / COUNCIL / after / disk.MANIFEST
    manifest = json.loads(path.read_text())
    manifest["encoder"] |= {"digest": other.name}
    listed = manifest["encoder"]["files"]["int8.onnx"]
    listed |= {"size": 8, "sha256": file_sha256(other / "int8.onnx")}
    path.write_text(json.dumps(manifest))
    answer = ask(ROTA)
    assert (answer.revision, answer.citations) == (before.revision, before.citations)
    assert other.name in (serving.fault or "")
