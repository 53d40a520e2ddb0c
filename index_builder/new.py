"""Makes a council's folder from its protocol: `council.yaml`, and the files themselves in `protocol/`."""

from __future__ import annotations

import json
import secrets
import shutil
from typing import TYPE_CHECKING

from index_builder.knowledge import UnsoundKnowledge, not_a_name
from index_builder.knowledge.folder import DOCUMENTS, PROTOCOL
from index_builder.knowledge.kinds import listed, not_text
from index_builder.knowledge.values import Place, Scalar, hidden, printable, shown
from index_builder.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_COUNCIL = """\
# Who the council is, and whom people can turn to. Everything else is taken from the base until you write your own.
title: {title}

# Take the # away from the lines below, and put in your own roles and addresses.
# The channel is e-mail, phone, web or in person; a number or address in quotes is kept exactly as you write it.
# contacts:
#   - {{role: Monitoring Officer, channel: e-mail, address: "monitoring.officer@council.example"}}
#   - {{role: Democratic Services, channel: phone, address: "01632 960000"}}

# Up to which sum, in pounds, officers may settle a matter here, and from which a decision is a key decision.
# limits: {{officers: 100000, key_decision: 500000}}

# Where the protocol is published, and the day it was adopted.
# source: {{url: "https://www.council.example/protocol", adopted: "2026-05-19"}}
"""


def new_council(root: Path, name: str, files: Sequence[Path], title: str | None) -> Path:
    """The new folder `root`/`name`, whole or not at all; without a title, the name with capitals is the title.

    Raises UnsoundKnowledge for a name or title that will not do, a folder that is there, or files that cannot be read.
    """
    folder = root / name
    problems = [*_problems_of_name(root, name), *_problems_of_title(folder, title), *_problems_of_files(folder, files)]
    if problems:
        raise UnsoundKnowledge(problems)
    try:
        _make(folder, files, name.replace("-", " ").title() if title is None else " ".join(title.split()))
    except OSError as error:
        sentence = f"the folder cannot be made ({error.strerror}): make room, or allow it to be written"
        raise UnsoundKnowledge([_problem(folder, sentence)]) from error
    return folder


def _problems_of_name(root: Path, name: str) -> Iterator[Problem]:
    if sentence := not_a_name(name):
        yield _problem(root, sentence)
    elif (root / name).exists() or (root / name).is_symlink():
        yield _problem(root / name, "the folder is there already: choose another name, or change the files in it")


def _problems_of_title(folder: Path, title: str | None) -> Iterator[Problem]:
    if title is None:
        return
    sentence = not_text(Scalar(title, Place("", 0), plain=False))
    if codes := hidden(title):
        sentence = f"has hidden characters: delete {', '.join(codes)}"
    if sentence:
        yield _problem(folder, f"the title {sentence}")


def _problems_of_files(folder: Path, files: Sequence[Path]) -> Iterator[Problem]:
    if not files:
        yield _problem(folder, "no text is given: name at least one file of the council's protocol")
    names: set[str] = set()
    for file in files:
        if not file.is_file():
            yield _problem(file, "there is no such file: check its name")
        elif file.suffix.lower() not in DOCUMENTS or file.name.startswith("."):
            yield _problem(file, f"only texts are read here: save it as {listed(DOCUMENTS)}")
        elif file.name.casefold() in names:
            yield _problem(file, f"another file is called {shown(file.name)} too: rename one of the two")
        names.add(file.name.casefold())


def _make(folder: Path, files: Sequence[Path], title: str) -> None:
    staging = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    (staging / PROTOCOL).mkdir(parents=True)
    try:
        for file in files:
            shutil.copyfile(file, staging / PROTOCOL / file.name)
        text = _COUNCIL.format(title=json.dumps(title, ensure_ascii=False))
        (staging / "council.yaml").write_text(text, encoding="utf-8")
        staging.rename(folder)
    except BaseException:
        shutil.rmtree(staging)
        raise


def _problem(path: Path, sentence: str) -> Problem:
    return Problem(printable(str(path)), 1, sentence)
