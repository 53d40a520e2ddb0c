"""The command, run as its user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

KEYS = [
    "question",
    "status",
    "message",
    "citations",
    "choices",
    "signpost",
    "contacts",
    "revision",
    "elapsed_ms",
]
CITATION_KEYS = ["document", "section", "heading", "path", "text", "pages", "url", "adopted", "score"]
SIGNPOST_KEYS = ["owner", "confidence", "because", "matters", "would_change", "ask", "red_flags", "wordings"]
HEAVY = [
    "torch",
    "transformers",
    "sentence_transformers",
    "sklearn",
    "scipy",
    "yaml",
    "bm25s",
    "pydantic",
    "sqlalchemy",
]
HEAVY += ["slack_bolt", "typer", "rich"]


def _run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PROTOCOL_BOT_")}
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False, env=environment, timeout=60)


def _batch(index: Path, *lines: bytes) -> list[dict[str, Any]]:
    ran = _run("ask", "--index", str(index), "--batch", "-", given=b"\n".join(lines))
    assert (ran.returncode, ran.stderr) == (0, b"")
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_an_answer_as_text(published: Path) -> None:
    ran = _run("ask", "--index", str(published), "who", "sets", "the", "rota?")
    assert ran.returncode == 0
    assert "Officers set rotas, manage staff" in ran.stdout.decode()
    assert "Barsetshire Protocol, section 2.1" in ran.stdout.decode()


def test_an_answer_as_json_has_the_contract_s_keys(published: Path) -> None:
    ran = _run("ask", "--index", str(published), "--json", "who sets the rota?")
    answer = json.loads(ran.stdout)
    assert list(answer) == KEYS
    assert list(answer["citations"][0]) == CITATION_KEYS
    assert (answer["status"], answer["citations"][0]["section"]) == ("answered", "2.1")


def _signposts(index: Path, *texts: str) -> list[Any]:
    lines = [json.dumps({"id": place, "text": text}).encode() for place, text in enumerate(texts)]
    return [answer["signpost"] for answer in _batch(index, *lines)]


def test_a_signpost_as_json_has_the_contract_s_keys(published: Path) -> None:
    ran = _run("ask", "--index", str(published), "--json", "The Leader told me to change the cleaners' rota tonight")
    answer = json.loads(ran.stdout)
    signpost = answer["signpost"]
    assert list(answer) == KEYS
    assert list(signpost)[: len(SIGNPOST_KEYS)] == SIGNPOST_KEYS, "keys may be added behind them"
    assert signpost["owner"] == "operational"
    assert 0 <= signpost["confidence"] <= 1
    assert signpost["because"]
    for key in ("matters", "would_change", "ask", "red_flags"):
        assert all(isinstance(said, str) and said for said in signpost[key])
    assert signpost["matters"]
    assert list(signpost["wordings"]) == ["hold", "decline", "pressure"]
    assert all(signpost["wordings"].values())


def test_a_signpost_is_there_for_every_text_about_who_decides_and_null_otherwise(published: Path) -> None:
    calm, stated, open_, other, referred = _signposts(
        published,
        "Who sets the level of council tax for next year?",
        "The planning committee hears an application for a barn conversion.",
        "Can I go ahead with it?",
        "How do I bake a sponge cake?",
        "Who decides the rota? The Leader is bullying me about it",
    )
    assert (other, referred) == (None, None)
    assert [signpost["owner"] for signpost in (calm, stated, open_)] == ["council", "regulatory", "unclear"]
    assert all(signpost["wordings"] is None for signpost in (calm, stated, open_))
    assert (open_["matters"], 1 <= len(open_["ask"]) <= 3) == ([], True)


def test_an_answer_as_text_says_who_probably_decides_and_that_it_is_no_ruling(published: Path) -> None:
    shown = _run("ask", "--index", str(published), "who sets the rota?").stdout.decode()
    assert "A signpost, not a ruling" in shown
    assert shown.index("A signpost, not a ruling") < shown.index("Officers set rotas")
    other = _run("ask", "--index", str(published), "what tone should I use in an e-mail to an officer?").stdout.decode()
    assert "signpost" not in other


def test_a_batch_answers_in_order_and_names_what_it_cannot_use(published: Path) -> None:
    answers = _batch(
        published,
        b'{"id": "a", "text": "who sets the rota?"}',
        b'{"id": 2, "text": ""}',
        b"not json",
        b"",
        b'{"id": "b", "text": 7}',
        b'{"id": "c", "text": "3.10", "context": ["2.1"]}',
        b'{"id": "d", "text": "rota", "context": "2.1"}',
        b'{"id": "e", "text": "who sets\\u0000 the \\ud800 rota?"}',
        b'{"id": "f", "text": "' + b"x" * 1_000_000 + b'"}',
        b"[" * 100_000,
        b'\xff\xfe{"id": 1}',
        b'{"id": 7, "tex": "rota"}',
        b'{"id": 1e999, "text": "rota"}',
    )
    assert [answer["id"] for answer in answers] == ["a", 2, None, "b", "c", "d", "e", "f", None, None, 7, None]
    assert [next(iter(answer)) for answer in answers] == ["id"] * len(answers)
    assert ["error" in answer for answer in answers] == [i not in {0, 4, 6} for i in range(12)]
    assert all(answer["error"].endswith(".") for answer in answers if "error" in answer)
    assert "Line 3" in answers[2]["error"]


@pytest.mark.parametrize("text", ["", "?", "\u202e", "x" * 1_001])
def test_an_unusable_question_is_one_sentence_and_exit_status_2(published: Path, text: str) -> None:
    ran = _run("ask", "--index", str(published), "--json", text)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert len(ran.stderr.decode().splitlines()) == 1


WRONG: list[tuple[str, ...]] = [
    (),
    ("nonsense",),
    ("ask", "--nonsense"),
    ("ask", "--batch", "/nowhere/questions"),
    ("ask", "--batch", ""),
    ("ask", "--json"),
    ("ask", "rota?", "--batch", "-"),
]


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_usage_is_exit_status_2_and_no_traceback(arguments: tuple[str, ...], published: Path) -> None:
    index = ("--index", str(published)) if arguments[:1] == ("ask",) else ()
    ran = _run(*arguments, *index)
    assert ran.returncode == 2
    assert b"Traceback" not in ran.stderr


def test_nothing_to_serve_is_one_sentence_and_exit_status_1(tmp_path: Path) -> None:
    for command in (("ask", "who?"), ("ask",), ("chat",), ("health",)):
        ran = _run(*command, "--index", str(tmp_path))
        assert ran.returncode == 1
        assert "protocol-index build" in ran.stderr.decode()
        assert len(ran.stderr.splitlines()) == 1
        assert b"Traceback" not in ran.stderr


def test_a_conversation_carries_on_after_a_slip(published: Path) -> None:
    ran = _run("ask", "--index", str(published), given=b"who sets the rota?\n\nwhat is 3.10?\n")
    shown = ran.stdout.decode()
    assert ran.returncode == 0
    assert "Officers set rotas" in shown
    assert "copied only to people who have to act on it" in shown
    assert shown.index("Officers set rotas") < shown.index("copied only")


def test_health_names_the_revision(published: Path) -> None:
    ran = _run("health", "--index", str(published))
    assert ran.returncode == 0
    assert "Barsetshire County Council" in ran.stdout.decode()


def test_a_reader_that_has_gone_is_no_traceback(published: Path) -> None:
    questions = b'{"id": 1, "text": "who sets the rota?"}\n' * 200
    command = f"{sys.executable} -m bot ask --index {published} --batch - | head -1"
    ran = subprocess.run(command, shell=True, input=questions, capture_output=True, check=False, timeout=60)  # noqa: S602
    assert b"Traceback" not in ran.stderr


def test_the_answering_process_loads_neither_torch_nor_what_only_the_builder_needs(published: Path) -> None:
    program = (
        "import sys; from bot.__main__ import main; "
        f"main(['ask', '--index', {str(published)!r}, 'who sets the rota?']); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)
    assert ran.stdout.decode().splitlines()[-1] == "[]"
