"""`protocol-bot ask` through the local socket of a running bot: real processes, real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from loopback_slack import APP_TOKEN, BOT_TOKEN, LoopbackSlack

import bot.hatch
from bot import local
from bot.bootstrap import council_of
from bot.domain import Answer, Question, Status, UnservableError, UnusableQuestionError
from bot.hatch import hatch
from index_builder.build import build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.domain import Ask
    from bot.local import Place

ROOT = Path(__file__).parents[2]
CANARY = "xylograph-quincunx-7431"
ASKS = """
import sys
from bot.__main__ import main
status = main(sys.argv[1:])
heavy = {"numpy", "onnxruntime", "faiss", "tokenizers", "bot.domain", "dataclasses", "pathlib", "typing", "hashlib"}
sys.stdout.flush()
sys.stderr.write(f"\\n{sorted(heavy & set(sys.modules))}")
sys.exit(status)
"""


class Ran:
    """What one `protocol-bot ask` did, and whether a running bot answered it."""

    def __init__(self, *arguments: str | bytes, sockets: Path | str, cwd: Path = ROOT, **environment: str) -> None:
        command = [sys.executable, "-c", ASKS, "ask", *arguments]
        ran = subprocess.run(
            command, capture_output=True, check=False, env=_environment(sockets, **environment), cwd=cwd, timeout=120
        )
        self.status, self.out = ran.returncode, re.sub(rb'"elapsed_ms": [\d.]+', b"", ran.stdout)
        self.err, loaded = ran.stderr.decode().rsplit("\n", 1)
        self.loaded = loaded
        self.hot = loaded == "[]"

    def said(self) -> tuple[int, bytes, str]:
        """All that whoever asked can see."""
        return self.status, self.out, self.err


def _hot(*arguments: str | bytes, sockets: Path, cwd: Path = ROOT, **environment: str) -> Ran:
    """What a running bot said; on a busy machine it may be given up before it answers, and is asked again."""
    for _ in range(10):
        ran = Ran(*arguments, sockets=sockets, cwd=cwd, **environment)
        if ran.hot:
            return ran
    pytest.fail("no running bot answered")


def _environment(sockets: Path | str, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PROTOCOL_BOT_")}
    return {**kept, local.VARIABLE: str(sockets), "PYTHONPATH": str(ROOT), **more}


@contextmanager
def _serving(
    index: Path, sockets: Path, package: Path = ROOT, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], Callable[[], str]]]:
    """`protocol-bot serve`, ready; and what it has said, once it has been told to stop."""
    command, pipe = [sys.executable, "-m", "bot", "serve", "--index", str(index)], subprocess.PIPE
    env = _environment(sockets, **environment) | {"PYTHONPATH": str(package)}
    with subprocess.Popen(command, stdout=pipe, stderr=subprocess.STDOUT, text=True, env=env, cwd=package) as process:
        assert process.stdout is not None
        said = [process.stdout.readline()]
        while "ready to answer" not in said[-1] and process.poll() is None:
            said.append(process.stdout.readline())

        def stopped() -> str:
            process.terminate()
            rest, _ = process.communicate(timeout=60)
            return "".join([*said, rest])

        try:
            yield process, stopped
        finally:
            process.kill()


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder for sockets, with a name as short as they need."""
    folder = Path(tempfile.mkdtemp(prefix="pb"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def warm(published: Path) -> Iterator[Path]:
    """The folder of the socket of a bot that serves the published index."""
    folder = Path(tempfile.mkdtemp(prefix="pb"))
    with _serving(published, folder):
        yield folder
    shutil.rmtree(folder)


@pytest.fixture
def place(sockets: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Where the bots of this process open their sockets."""
    monkeypatch.setenv(local.VARIABLE, str(sockets))
    found = local.place("index", "barsetshire")
    assert found is not None
    return found


def _ask(question: Question) -> Answer:
    if CANARY in question.text:
        raise RuntimeError(question.text)
    if not question.text:
        raise UnusableQuestionError("Ask me something.")
    return Answer(question, Status.ANSWERED, f"You asked {question.text}")


@contextmanager
def _opened(
    place: Place | None, monkeypatch: pytest.MonkeyPatch, ask: Ask = _ask, fault: str | None = None
) -> Iterator[list[str]]:
    """A hatch in this process before an Ask, and what it has reported."""
    monkeypatch.setattr(bot.hatch, "make_ask", lambda _: ask)
    said: list[str] = []
    serving: Any = SimpleNamespace(fault=fault)
    with hatch(serving, place, said.append):
        yield said


def _sent(place: Place, *parts: bytes) -> bytes:
    """What the socket gives back for raw bytes until it closes; nothing where it breaks off."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(place.socket)
        try:
            for part in parts:
                line.sendall(part)
            return b"".join(iter(lambda: line.recv(65_536), b""))
        except (BrokenPipeError, ConnectionResetError):
            return b""


def _request(place: Place, text: str) -> bytes:
    return json.dumps({"of": place.of, "text": text, "json": False}).encode() + b"\n"


SAME: list[tuple[str | bytes, ...]] = [
    ("who sets the rota?",),
    ("--json", "who", "sets", "the", "rota?"),
    ("--json", "3.10"),
    ("How do I bake a sponge cake – ŵith jam?",),
    ("--json", b"the rota \xff\xfe of whom?"),
    ("?",),
    ("--json", ""),
    ("x" * 1_001,),
]


@pytest.mark.parametrize("arguments", SAME, ids=lambda given: repr(given)[:40])
def test_a_running_bot_says_the_same_to_the_byte(
    warm: Path, published: Path, arguments: tuple[str | bytes, ...]
) -> None:
    hot = _hot("--index", str(published), *arguments, sockets=warm)
    cold = Ran("--index", str(published), *arguments, sockets="off")
    assert not cold.hot
    assert hot.said() == cold.said()


def test_a_question_too_long_to_send_is_refused_all_the_same(warm: Path, published: Path) -> None:
    ran = Ran("--index", str(published), "x" * 70_000, sockets=warm)
    assert (ran.hot, ran.status, ran.out) == (False, 2, b"")


def test_options_and_variables_name_the_same_bot(warm: Path, published: Path) -> None:
    there = published.parent
    _hot("--index", published.name, "rota", sockets=warm, cwd=there)
    _hot("rota", sockets=warm, PROTOCOL_BOT_INDEX=str(published), PROTOCOL_BOT_COUNCIL="")
    _hot("--council", "barsetshire", "rota", sockets=warm, PROTOCOL_BOT_INDEX=f"{published}/")
    _hot("--ind", str(published), "rota", sockets=warm, PROTOCOL_BOT_COUNCIL="barsetshire")
    other = Ran("--index", str(published), "rota", sockets=warm, PROTOCOL_BOT_COUNCIL="elsewhere")
    assert (other.hot, other.status) == (False, 1)


def test_a_question_that_a_running_bot_answers_imports_next_to_nothing(warm: Path, published: Path) -> None:
    assert _hot("--index", str(published), "who sets the rota?", sockets=warm).loaded == "[]"


def test_a_socket_is_its_user_s_alone(warm: Path) -> None:
    [made] = warm.iterdir()
    assert (made.is_socket(), made.stat().st_mode & 0o777, warm.stat().st_mode & 0o777) == (True, 0o600, 0o700)


def test_two_hundred_questions_by_sixteen_at_once_get_their_own_answers(
    warm: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(local.VARIABLE, str(warm))
    monkeypatch.setattr(local, "_PATIENCE", 30)
    place = local.place(str(published), None)
    assert place is not None
    texts = [f"what does {number} say?" for number in ("1.1", "2.1", "3.10", "9.9")] + ["who sets the rota?"]

    def asked(turn: int) -> tuple[str, tuple[int, bytes, str] | None]:
        text = texts[turn % len(texts)]
        return text, local.asked(place, text, as_json=False)

    with ThreadPoolExecutor(16) as askers:
        given = list(askers.map(asked, range(200)))
    assert all(reply is not None and reply[0] == 0 for _, reply in given)
    assert len(set(given)) == len(texts) == len({reply for _, reply in given})


def test_a_new_revision_is_answered_from_at_once(own_index: Path, own_knowledge: Path, sockets: Path) -> None:
    with _serving(own_index, sockets):
        before = _hot("--index", str(own_index), "2.1", sockets=sockets)
        [page] = [page for page in own_knowledge.rglob("*.md") if "manage staff" in page.read_text()]
        page.write_text(page.read_text().replace("manage staff", "look after staff"))
        build(own_knowledge, own_index, "barsetshire")
        after = _hot("--index", str(own_index), "2.1", sockets=sockets)
    assert (b"manage staff" in before.out, b"look after staff" in after.out) == (True, True)


def test_what_cannot_be_served_is_told_as_without_a_running_bot(own_index: Path, sockets: Path) -> None:
    with _serving(own_index, sockets) as (_, stopped):
        (own_index / "barsetshire" / "current").write_text("2026-01-01 2026-01-01-00000000\n")
        for options in ((), ("--json",)):
            there = Ran("--index", str(own_index), *options, "who sets the rota?", sockets=sockets)
            alone = Ran("--index", str(own_index), *options, "who sets the rota?", sockets="off")
            assert there.said() == alone.said()
            assert (there.status, there.hot) == (1, False)
        assert "2026-01-01-00000000" in stopped()


def test_nothing_published_is_one_sentence_and_exit_status_1(tmp_path: Path, sockets: Path) -> None:
    with _serving(tmp_path, sockets) as (process, stopped):
        assert len(stopped().splitlines()) == 1
        assert process.returncode == 1
    assert not list(sockets.iterdir())


def test_what_a_killed_bot_leaves_behind_is_passed_over_and_replaced(published: Path, sockets: Path) -> None:
    with _serving(published, sockets) as (process, _):
        process.kill()
        process.wait()
    [left] = sockets.iterdir()
    cold = Ran("--index", str(published), "2.1", sockets=sockets)
    assert (cold.status, cold.hot) == (0, False)
    with _serving(published, sockets) as (_, stopped):
        _hot("--index", str(published), "2.1", sockets=sockets)
        assert [*sockets.iterdir()] == [left]
        assert "no local socket" not in stopped()
    assert not list(sockets.iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_finishes_its_answers_and_removes_its_socket(
    published: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setenv(local.VARIABLE, str(sockets))
    place = local.place(str(published), None)
    assert place is not None
    with _serving(published, sockets) as (process, _), ThreadPoolExecutor(4) as askers:
        expected = local.asked(place, "2.1", as_json=False)
        given = [askers.submit(local.asked, place, "2.1", as_json=False) for _ in range(100)]
        given[10].result()
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
        assert {reply.result() for reply in given} <= {expected, None}
    assert (expected is not None, process.returncode, said) == (True, 0, "")
    assert not list(sockets.iterdir())


def test_an_answer_under_way_is_finished(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()

    def slow(question: Question) -> Answer:
        begun.set()
        time.sleep(0.5)
        return _ask(question)

    with ThreadPoolExecutor(1) as asker:
        with _opened(place, monkeypatch, slow):
            given = asker.submit(local.asked, place, "2.1", as_json=False)
            assert begun.wait(5)
        assert not Path(place.socket).exists()
        assert given.result() == (0, b"You asked 2.1\n", "")


def test_another_version_of_the_code_is_another_bot(published: Path, sockets: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "bot", tmp_path / "bot")
    command = [sys.executable, "-c", "from bot import local; print(local.place('index', 'model').socket)"]
    env = _environment(sockets, PYTHONPATH=str(tmp_path))

    def named() -> bytes:
        return subprocess.run(command, capture_output=True, check=True, env=env, cwd=tmp_path).stdout

    with _serving(published, sockets, package=tmp_path):
        assert not Ran("--index", str(published), "2.1", sockets=sockets).hot
        _hot("--index", str(published), "2.1", sockets=sockets, cwd=tmp_path, PYTHONPATH=str(tmp_path))
        before = named()
        with (tmp_path / "bot" / "index.py").open("a") as file:
            file.write("\n")
        assert named() != before
        assert not Ran("--index", str(published), "2.1", sockets=sockets, cwd=tmp_path, PYTHONPATH=str(tmp_path)).hot


def test_two_bots_of_one_index_do_not_steal_from_each_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with _opened(place, monkeypatch) as first:
        with _opened(place, monkeypatch, lambda question: Answer(question, Status.ANSWERED, "second")) as second:
            assert local.asked(place, "x", as_json=False) == (0, b"You asked x\n", "")
        assert local.asked(place, "x", as_json=False) == (0, b"You asked x\n", "")
    assert (first, len(second), "another bot" in second[0]) == ([], 1, True)
    with _opened(place, monkeypatch) as third:
        assert local.asked(place, "x", as_json=False)
    assert third == []


def test_many_bots_at_once_open_one_socket(published: Path, sockets: Path) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(3) as starters:
        bots = [starters.submit(lambda: stack.enter_context(_serving(published, sockets))).result for _ in range(3)]
        said = [stopped() for _, stopped in [started() for started in bots]]
    assert sorted(sentence.count("no local socket") for sentence in said) == [0, 1, 1]
    assert all("ready to answer" in sentence and "Traceback" not in sentence for sentence in said)
    assert not list(sockets.iterdir())


def _linked(folder: Path) -> Path:
    (folder / "link").symlink_to(folder)
    return folder / "link"


def _open_to(mode: int) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        (folder / "open").mkdir()
        (folder / "open").chmod(mode)
        return folder / "open"

    return made


def _of_somebody_else(folder: Path) -> Path:
    if os.geteuid():
        pytest.skip("only root can give a folder away")
    (folder / "given").mkdir(mode=0o700)
    os.chown(folder / "given", 12345, 12345)
    return folder / "given"


def _a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file"


UNFIT: dict[str, Callable[[Path], Path]] = {
    "a link": _linked,
    "open to its group": _open_to(0o770),
    "readable by all": _open_to(0o755),
    "another user's": _of_somebody_else,
    "a file": _a_file,
    "missing with its parent": lambda folder: folder / "no" / "where",
    "too long a name": lambda folder: folder / ("long" * 30),
}


@pytest.mark.parametrize("make", UNFIT.values(), ids=UNFIT)
def test_an_unfit_folder_never_stops_the_bot(
    sockets: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], Path]
) -> None:
    monkeypatch.setenv(local.VARIABLE, f"{make(sockets)}/")
    place = local.place("index", "barsetshire")
    assert place is not None
    with _opened(place, monkeypatch) as said:
        assert local.asked(place, "2.1", as_json=False) is None
    assert len(said) == 1
    assert str(sockets) in said[0]


@pytest.mark.parametrize("make", [_linked, _open_to(0o770), _of_somebody_else])
def test_nobody_is_asked_in_an_unfit_folder(
    sockets: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], Path]
) -> None:
    folder = make(sockets)
    monkeypatch.setenv(local.VARIABLE, str(folder))
    place = local.place("index", "barsetshire")
    assert place is not None
    with monkeypatch.context() as patch:
        patch.setattr(local, "private", lambda _: True)
        patch.setattr(os.path, "samestat", lambda *_: True)
        stack = ExitStack()
        stack.enter_context(_opened(place, monkeypatch))
        assert local.asked(place, "2.1", as_json=False)
    with stack:
        assert local.asked(place, "2.1", as_json=False) is None


def test_a_bot_that_cannot_open_its_socket_runs_all_the_same(published: Path, sockets: Path) -> None:
    with _serving(published, sockets / "no" / "where") as (process, stopped):
        refused, ready = stopped().splitlines()
    assert "PROTOCOL_BOT_SOCKETS" in refused
    assert ready.endswith("ready to answer.")
    assert process.returncode == 0


def test_somebody_else_at_the_other_end_is_not_spoken_to(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    class Line:
        def getsockopt(self, *_: int) -> bytes:
            return b"".join(number.to_bytes(4, sys.byteorder) for number in (1, os.geteuid() + 1, 0))

    stranger: Any = Line()
    assert not local.same_user(stranger)
    with _opened(place, monkeypatch):
        monkeypatch.setattr(local, "same_user", lambda _: False)
        assert local.asked(place, "2.1", as_json=False) is None
        assert _sent(place, _request(place, "2.1")) == b""


NONSENSE = {
    "too long": [b'{"text": "' + b"x" * 70_000],
    "too long, and whole": [b'{"text": "' + b"x" * 70_000 + b'"}\n'],
    "not JSON": [b"who sets the rota?\n"],
    "nested": [b"[" * 60_000 + b"\n"],
    "not an object": [b"7\n"],
    "not text": [b"\xff\xfe\x00\n"],
    "empty": [b"\n"],
    "keys missing": [b'{"text": "rota"}\n'],
}


@pytest.mark.parametrize("parts", NONSENSE.values(), ids=NONSENSE)
def test_what_is_no_request_gets_nothing_and_harms_nobody(
    place: Place, monkeypatch: pytest.MonkeyPatch, parts: list[bytes]
) -> None:
    with _opened(place, monkeypatch) as said:
        assert _sent(place, *parts) == b""
        assert local.asked(place, "x", as_json=False)
    assert said == []


def test_a_request_for_another_council_or_of_the_wrong_kind_gets_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = {"of": place.of, "text": "rota", "json": False}
    with _opened(place, monkeypatch):
        for wrong in ({"of": [place.of[0], "elsewhere"]}, {"text": 7}, {"json": 1}, {"of": None}):
            assert _sent(place, json.dumps(request | wrong).encode() + b"\n") == b""


def test_whoever_says_nothing_keeps_nobody_waiting(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with _opened(place, monkeypatch), ExitStack() as silent:
        for _ in range(40):
            line = silent.enter_context(closing(socket.socket(socket.AF_UNIX)))
            line.connect(place.socket)
            line.sendall(b'{"text": ')
        begun = time.monotonic()
        assert local.asked(place, "x", as_json=False) == (0, b"You asked x\n", "")
        assert time.monotonic() - begun < 1


def test_over_the_limit_askers_are_sent_away_at_once_and_the_silent_in_time(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _opened(place, monkeypatch), ExitStack() as silent:
        lines = [silent.enter_context(closing(socket.socket(socket.AF_UNIX))) for _ in range(66)]
        for line in lines:
            line.connect(place.socket)
            line.settimeout(10)
        begun = time.monotonic()
        assert local.asked(place, "x", as_json=False) is None
        assert time.monotonic() - begun < 1
        assert [line.recv(1) for line in lines] == [b""] * 66
        assert local.asked(place, "x", as_json=False)


def test_whoever_does_not_take_the_answer_keeps_nobody_waiting(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def long(question: Question) -> Answer:
        return Answer(question, Status.ANSWERED, "long " * 1_000_000)

    with _opened(place, monkeypatch, long), ExitStack() as greedy:
        for _ in range(4):
            line = greedy.enter_context(closing(socket.socket(socket.AF_UNIX)))
            line.connect(place.socket)
            line.sendall(_request(place, "x"))
        reply = local.asked(place, "x", as_json=False)
        assert reply is not None
        assert len(reply[1]) == 5_000_001


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"nonsense\n",
        b"[]\n",
        b'{"status": 0}\n',
        b'{"status": 9, "out": "", "err": ""}\n',
        b'{"status": true, "out": "", "err": ""}\n',
        b'{"status": 0, "out": "\\ud800", "err": ""}\n',
        b"[" * 100_000 + b"\n",
        b'{"status": 0, "out": "half',
    ],
    ids=lambda reply: repr(reply)[:30],
)
def test_what_is_no_reply_is_as_if_nobody_answered(place: Place, reply: bytes) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(place.socket)
        listening.listen()

        def answer() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65_536)
                line.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        assert local.asked(place, "x", as_json=False) is None
        thread.join()


@pytest.mark.parametrize("drops", [False, True])
def test_a_bot_that_does_not_answer_in_time_is_given_up(place: Place, *, drops: bool) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(place.socket)
        listening.listen()
        given_up = threading.Event()

        def drip() -> None:
            line, _ = listening.accept()
            with line:
                while not given_up.wait(0.1):
                    line.sendall(b"x" if drops else b"")

        thread = threading.Thread(target=drip)
        thread.start()
        begun = time.monotonic()
        assert local.asked(place, "x", as_json=False) is None
        given_up.set()
        assert 1.5 < time.monotonic() - begun < 4
        thread.join()


def test_what_a_bot_would_answer_with_a_fault_is_left_to_the_asker(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _opened(place, monkeypatch, fault="What is published does not verify."):
        assert local.asked(place, "x", as_json=False) is None


def test_no_word_of_a_question_is_left_behind(published: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(local.VARIABLE, str(sockets))
    place = local.place(str(published), None)
    assert place is not None
    with _serving(published, sockets, PYTHONASYNCIODEBUG="1", PYTHONDEVMODE="1") as (_, stopped):
        assert CANARY in str(local.asked(place, f"who sets the rota of {CANARY}?", as_json=True))
        assert local.asked(place, CANARY * 60, as_json=False)
        assert _sent(place, f'{{"text": "{CANARY}"}}\n'.encode()) == b""
        assert _sent(place, CANARY.encode() * 4_000) == b""
        with closing(socket.socket(socket.AF_UNIX)) as gone:
            gone.connect(place.socket)
            gone.sendall(_request(place, CANARY))
        written = [path.name for path in sockets.rglob("*")]
        said = stopped()
    assert written == [Path(place.socket).name]
    assert CANARY not in said
    assert not [line for line in said.splitlines()[1:] if "canary" in line.lower() or "Traceback" in line]


def test_a_fault_of_the_bot_is_told_without_the_question(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    with _opened(place, monkeypatch) as said:
        assert local.asked(place, CANARY, as_json=False) is None
        assert local.asked(place, "", as_json=False) == (2, b"", "Ask me something.\n")
    assert said == ["A question at the local socket was not answered (RuntimeError); ask goes without."]
    assert CANARY not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize("chosen", ["", "off"])
def test_sockets_can_be_switched_off(published: Path, monkeypatch: pytest.MonkeyPatch, chosen: str) -> None:
    monkeypatch.setenv(local.VARIABLE, chosen)
    assert local.place(str(published), None) is None
    with _opened(None, monkeypatch) as said:
        assert said == []


def test_sockets_stand_in_the_user_s_own_folder(sockets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(local.VARIABLE, raising=False)
    monkeypatch.setenv("TMPDIR", str(sockets))
    for runtime, folder in ((sockets, "protocol-bot"), (sockets / "none", f"protocol-bot-{os.geteuid()}")):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
        place = local.place("index", "barsetshire")
        assert place is not None
        assert place.folder == str(sockets / folder)
        with _opened(place, monkeypatch) as said:
            assert Path(place.folder).stat().st_mode & 0o777 == 0o700
            assert local.asked(place, "x", as_json=False)
        assert said == []


@pytest.mark.parametrize("councils", [(), ("barsetshire",), ("model", "barsetshire"), ("a", "b")])
@pytest.mark.parametrize("asked_for", [None, "barsetshire"])
def test_the_same_council_is_meant_as_without_a_running_bot(
    tmp_path: Path, place: Place, councils: tuple[str, ...], asked_for: str | None
) -> None:
    (tmp_path / "encoders").mkdir()
    for council in councils:
        (tmp_path / council).mkdir()
        (tmp_path / council / "current").touch()
    try:
        expected = council_of(tmp_path, asked_for)
    except UnservableError:
        expected = None
    found = local.place(str(tmp_path), asked_for)
    assert (found.council if found else None) == expected
    assert Path(place.folder).is_dir()


def test_a_bot_in_slack_answers_at_the_shell_too(published: Path, sockets: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "slack", "--index", str(published)]
    with LoopbackSlack() as slack:
        env = _environment(sockets, PROTOCOL_BOT_SLACK_BOT_TOKEN=BOT_TOKEN, PROTOCOL_BOT_SLACK_APP_TOKEN=APP_TOKEN)
        env |= {"PROTOCOL_BOT_SLACK_API_URL": slack.api_url, "PROTOCOL_BOT_STATE": f"sqlite:///{tmp_path}/bot.db"}
        env = {name: value for name, value in env.items() if "proxy" not in name.lower()}
        with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            try:
                assert slack.wait_for(lambda: slack.lines, 60)
                hot = _hot("--index", str(published), "2.1", sockets=sockets)
                process.terminate()
                said, _ = process.communicate(timeout=60)
            finally:
                process.kill()
    assert (hot.status, process.returncode, b"Traceback" in said) == (0, 0, False)
    assert not list(sockets.iterdir())


@pytest.mark.parametrize("fault", [OSError("Too many open files"), RuntimeError("can't start new thread")])
def test_a_bot_that_gets_no_thread_or_file_for_its_socket_runs_without_one(
    place: Place, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def refuse() -> None:
        raise fault

    monkeypatch.setattr(asyncio, "new_event_loop", refuse)
    with _opened(place, monkeypatch) as said:
        assert said == [f"There is no local socket, so ask is only slower: {fault}."]
        assert not Path(place.socket).exists()


def test_no_core_file_is_left_of_what_was_asked(published: Path) -> None:
    program = "import resource, sys; from bot.__main__ import main; main(sys.argv[1:]); print(resource.getrlimit(4))"
    command = [sys.executable, "-c", program, "health", "--index", str(published)]
    assert subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.endswith("(0, 0)\n")


def test_a_link_to_nowhere_among_the_sources_is_no_fault(sockets: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    shutil.copytree(ROOT / "bot", code / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    (code / "bot" / ".#x.py").symlink_to("nowhere")
    program = "from bot import local; print(local.place('index', 'barsetshire') is not None)"
    command = [sys.executable, "-c", program]
    environment = _environment(sockets, PYTHONPATH=str(code))
    assert (
        subprocess.run(command, capture_output=True, text=True, check=True, cwd=code, env=environment).stdout
        == "True\n"
    )
