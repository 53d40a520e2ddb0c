"""The documentation fails when it lies."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bot import domain

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "knowledge" / "README.md"]
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)


def _nouns() -> dict[str, str]:
    classes = (member for _, member in inspect.getmembers(domain, inspect.isclass))
    mine = [noun for noun in classes if noun.__module__ == domain.__name__ and not issubclass(noun, Exception)]
    return {noun.__name__: " ".join((inspect.getdoc(noun) or "").split("\n\n")[0].split()) for noun in mine}


def test_the_glossary_is_the_domain() -> None:
    table = re.findall(r"^\| \*\*(\w+)\*\* \| (.+) \|$", README, re.MULTILINE)
    assert dict(table) == _nouns()


def test_the_transcript_is_what_the_bot_says(model_index: Path) -> None:
    shown = re.search(r"\$ protocol-bot ask (\"[^\n]+\")\n(.+?)\n```", README, re.DOTALL)
    assert shown is not None
    command = [sys.executable, "-m", "bot", "ask", "--index", str(model_index), *shlex.split(shown[1])]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert " ".join(shown[2].split()) == " ".join(said.split())


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r"(?:`|\$ |^|&& )make ([a-z]+)", TEXT, re.MULTILINE)) - {"room"})
)
def test_every_make_target_that_is_named_exists(command: str) -> None:
    assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("command", sorted(set(re.findall(r"protocol-(bot|index) ([a-z]+)", TEXT))))
def test_every_command_that_is_named_exists(command: tuple[str, str]) -> None:
    module = {"bot": "bot", "index": "index_builder"}[command[0]]
    ran = subprocess.run([sys.executable, "-m", module, command[1], "--help"], capture_output=True, check=False)
    assert ran.returncode == 0


def test_every_file_that_is_linked_exists() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links {target}"


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(page.name[:4]) for page in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
