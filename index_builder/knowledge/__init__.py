"""Knowledge: the typed mirror of a council's folder, one field per file, with all its Problems found at once."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.domain import Council
from index_builder.knowledge import catalogue, mirror, toned
from index_builder.knowledge.catalogue import Entry, Limits
from index_builder.knowledge.fields import Fields
from index_builder.knowledge.folder import PROTOCOL, Folder
from index_builder.knowledge.kinds import listed
from index_builder.knowledge.mirror import Expected
from index_builder.knowledge.toned import ToneEntry
from index_builder.knowledge.values import Place, printable, shown
from index_builder.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.domain import Framework, Policy, Synonyms, ToneGuide
    from index_builder.knowledge.values import Value

__all__ = [
    "PROJECT_BASE",
    "Entry",
    "Expected",
    "Knowledge",
    "ToneEntry",
    "UnsoundKnowledge",
    "councils",
    "not_a_name",
    "read_base",
    "read_knowledge",
]

BASE = "base"
PROJECT_BASE = Path(__file__).resolve().parents[2] / "knowledge" / BASE
"""What a council starts from where the folder of knowledge has no base of its own."""

_BASE_FILES = ("vocabulary.yaml", "wording.yaml", "policy.yaml", "matters.yaml", "tone.yaml")
_COUNCIL_FILES = ("council.yaml", PROTOCOL, *_BASE_FILES, "questions.yaml")
_NAME = re.compile(r"(?=.{1,60}$)[a-z0-9]+(-[a-z0-9]+)*")
_NOWHERE = Place("", 0)

T = TypeVar("T")


@dataclass(frozen=True)
class Knowledge:
    """A council's folder once known to be sound, the base's files standing in for those it lacks.

    `protocol` holds the files to be parsed, sorted; `catalogue` holds the framework's matters, in
    their order, with what finds their clauses, `toned` the tone guide's rules, with the same and their examples;
    `digest` is the sha256 of the names and bytes of all files used.
    """

    council: Council
    protocol: tuple[Path, ...]
    vocabulary: tuple[Synonyms, ...]
    wording: Mapping[str, str]
    policy: Policy
    framework: Framework
    catalogue: tuple[Entry, ...]
    tone: ToneGuide
    toned: tuple[ToneEntry, ...]
    questions: tuple[Expected, ...]
    source_url: str | None
    source_adopted: str | None
    digest: str


class UnsoundKnowledge(Exception):
    """A folder that cannot be built from; `problems` are all its Problems, by path and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def councils(root: Path) -> list[str]:
    """The names of the folders below `root` that hold a council.yaml, sorted; none where there is no such root."""
    names = (file.parent.name for file in root.glob("*/council.yaml"))
    return sorted(name for name in names if name != BASE and not name.startswith("."))


def not_a_name(council: str) -> str:
    """Why a word cannot name a council's folder, with the mend; "" where it can."""
    if council == BASE:
        return f"{shown(BASE)} is what every council starts from: choose another name"
    if _NAME.fullmatch(council):
        return ""
    return f"{shown(council)} cannot name a council: use lower-case letters, digits and hyphens, such as county-council"


def read_knowledge(root: Path, council: str) -> Knowledge:
    """The Knowledge of one council below `root`. Raises UnsoundKnowledge with every Problem of every file."""
    problems: list[Problem] = []
    try:
        own = Folder(_council_folder(root, council), council, _COUNCIL_FILES, problems)
        base = Folder(root / BASE if (root / BASE).exists() else PROJECT_BASE, BASE, _BASE_FILES, problems)
        knowledge = _read(own, base, council, problems)
    except OSError as error:
        where = printable(str(error.filename or root))
        problems.append(Problem(where, 1, f"this cannot be opened ({error.strerror}): put a readable one in its place"))
    if problems:
        raise UnsoundKnowledge(problems)
    return knowledge


def read_base(base: Path = PROJECT_BASE) -> Knowledge:
    """What every council starts from, as the Knowledge of none. Raises UnsoundKnowledge, and OSError."""
    problems: list[Problem] = []
    folder = Folder(base, BASE, _BASE_FILES, problems)
    vocabulary = _mirrored(mirror.vocabulary, folder.value("vocabulary.yaml", required=True), problems)
    wording = _mirrored(mirror.wording, folder.value("wording.yaml", required=True), problems)
    policy = _mirrored(mirror.policy, folder.value("policy.yaml", required=True), problems)
    matters = folder.value("matters.yaml", required=True)
    framework, entries = _framework(matters, matters, Limits(None, None), problems)
    tone, tone_entries = _mirrored(toned.tone, folder.value("tone.yaml", required=True), problems)
    if problems:
        raise UnsoundKnowledge(problems)
    return Knowledge(
        council=Council(BASE, BASE),
        protocol=(),
        vocabulary=vocabulary,
        wording=wording,
        policy=policy,
        framework=framework,
        catalogue=entries,
        tone=tone,
        toned=tone_entries,
        questions=(),
        source_url=None,
        source_adopted=None,
        digest=_digest(folder.used),
    )


def _council_folder(root: Path, council: str) -> Path:
    folder = root / council
    sentence = not_a_name(council)
    if not root.is_dir():
        sentence = "there is no folder of knowledge here: name the right one"
    elif not sentence and not folder.is_dir():
        others = f", or name {listed(councils(root))}" if councils(root) else ""
        sentence = f"there is no council {shown(council)} here: make its folder{others}"
    elif not sentence and not folder.resolve().is_relative_to(root.resolve()):
        sentence = f"{shown(council)} is a link to a folder outside: put the folder itself here"
    if sentence:
        raise UnsoundKnowledge([Problem(printable(str(root)), 1, sentence)])
    return folder


def _read(own: Folder, base: Folder, council: str, problems: list[Problem]) -> Knowledge:
    council_of = partial(mirror.council, name=council)
    authority, source, limits = _mirrored(council_of, own.value("council.yaml", required=True), problems)
    said, own_said = base.value("wording.yaml", required=True), own.value("wording.yaml")
    wording = _mirrored(mirror.wording, said, problems)
    own_wording_of = partial(mirror.own_wording, base=wording)
    rules = mirror.laid_over(base.value("policy.yaml", required=True), own.value("policy.yaml"))
    standard = base.value("matters.yaml", required=True)
    matters = catalogue.catalogue_over(standard, own.value("matters.yaml"))
    framework, entries = _framework(standard, matters, limits, problems)
    tone_file = toned.tone_over(base.value("tone.yaml", required=True), own.value("tone.yaml"))
    tone, tone_entries = _mirrored(toned.tone, tone_file, problems)
    words = _mirrored(mirror.vocabulary, base.value("vocabulary.yaml", required=True), problems)
    return Knowledge(
        council=authority,
        protocol=own.documents(),
        vocabulary=words + _mirrored(mirror.vocabulary, own.value("vocabulary.yaml"), problems),
        wording=wording | _mirrored(own_wording_of, None if said is None else own_said, problems),
        policy=_mirrored(mirror.policy, rules, problems),
        framework=framework,
        catalogue=entries,
        tone=tone,
        toned=tone_entries,
        questions=_mirrored(mirror.questions, own.value("questions.yaml"), problems),
        source_url=source.url,
        source_adopted=source.adopted,
        digest=_digest(own.used | base.used),
    )


def _framework(
    standard: Value | None, matters: Value | None, limits: Limits, problems: list[Problem]
) -> tuple[Framework, tuple[Entry, ...]]:
    of = partial(catalogue.framework, own=limits, standard=catalogue.standard_owners(standard))
    return _mirrored(of, matters, problems)


def _mirrored(mirror_of: Callable[[Fields], T], value: Value | None, problems: list[Problem]) -> T:
    fields = Fields.unread(_NOWHERE) if value is None else Fields(value, problems)
    mirrored = mirror_of(fields)
    fields.refuse_unknown()
    return mirrored


def _digest(used: Mapping[str, str]) -> str:
    lines = (os.fsencode(f"{name}\0{sha256}\n") for name, sha256 in sorted(used.items()))
    return hashlib.sha256(b"".join(lines)).hexdigest()
