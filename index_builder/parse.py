"""Knowledge → its Documents and their Sections, with every Problem of every file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index_builder.readers import read

if TYPE_CHECKING:
    from bot.domain import Document, Section
    from index_builder.knowledge import Knowledge
    from index_builder.problem import Problem


@dataclass(frozen=True)
class Parsed:
    """What the files of `protocol/` hold, in their order."""

    documents: tuple[Document, ...]
    sections: tuple[Section, ...]


def parse(knowledge: Knowledge) -> tuple[Parsed, tuple[Problem, ...]]:
    """Read each file of the protocol; a document that names no source or date takes the council's."""
    readings = [read(path, path.stem) for path in knowledge.protocol]
    documents = tuple(_with_source(reading.document, knowledge) for reading in readings)
    sections = tuple(section for reading in readings for section in reading.sections)
    problems = tuple(problem for reading in readings for problem in reading.problems)
    return Parsed(documents, sections), problems


def _with_source(document: Document, knowledge: Knowledge) -> Document:
    url, adopted = document.url or knowledge.source_url, document.adopted or knowledge.source_adopted
    return replace(document, url=url, adopted=adopted)
