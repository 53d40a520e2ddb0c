"""What no single file can show: that the files of a council's knowledge agree with one another."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from index_builder.knowledge import PROJECT_BASE
from index_builder.knowledge.strict_yaml import load_file
from index_builder.knowledge.values import Place
from index_builder.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index_builder.knowledge import Entry, Knowledge, ToneEntry
    from index_builder.parse import Parsed


def validate(root: Path, knowledge: Knowledge, parsed: Parsed) -> tuple[Problem, ...]:
    """Problems between the files: sentences that are missing, questions that name no section or one of several."""
    folder = root / knowledge.council.name
    return (
        *_wording(knowledge, root),
        *_names(parsed, folder),
        *_named_sections(knowledge, parsed, str(folder / "questions.yaml")),
    )


def _wording(knowledge: Knowledge, root: Path) -> Iterator[Problem]:
    """A base of one's own may lack a sentence that the bot says; the project's own base has them all."""
    table, _ = load_file(PROJECT_BASE / "wording.yaml", "wording.yaml")
    needed = table if isinstance(table, dict) else {}
    for key in sorted(needed.keys() - knowledge.wording.keys()):
        yield Problem(str(root / "base" / "wording.yaml"), 1, f"{key} is missing: add a sentence for it.")


def _names(parsed: Parsed, folder: Path) -> Iterator[Problem]:
    names = Counter(document.name for document in parsed.documents)
    for name in (name for name, count in names.items() if count > 1):
        path = str(folder / "protocol" / name)
        yield Problem(path, 1, f"Two documents are named {name}, in different formats; keep one of the files.")


def _named_sections(knowledge: Knowledge, parsed: Parsed, questions: str) -> Iterator[Problem]:
    homes: dict[str, set[str]] = defaultdict(set)
    for section in parsed.sections:
        homes[section.number].add(section.document)
    for expected in knowledge.questions:
        for number in expected.sections:
            yield from _home_of(number, expected.document, homes, Place(questions, expected.line))
    entries: tuple[Entry | ToneEntry, ...] = (*knowledge.catalogue, *knowledge.toned)
    for entry in entries:
        if entry.section is not None:
            yield from _home_of(entry.section, entry.document, homes, Place(entry.path, entry.line))


def _home_of(number: str, document: str | None, homes: dict[str, set[str]], place: Place) -> Iterator[Problem]:
    documents = homes.get(number, set())
    if not documents:
        yield place.problem(f"No document has a section {number}; name one that it has.")
    elif document is None and len(documents) > 1:
        named = ", ".join(sorted(documents))
        yield place.problem(f"Several documents have a section {number}; add document: {named}.")
    elif document is not None and document not in documents:
        yield place.problem(f"Document {document} has no section {number}; name another.")
