"""Knowledge and sections → an Index in memory: chunked, embedded, weighed, with the clauses of what is referred."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from bot import index as disk
from bot.domain import Council, Revision
from bot.encoder_files import encoder_digest
from bot.facts import as_read
from bot.retrieve import Retriever
from index_builder.chunk import chunk, embedded, tokens_of
from index_builder.embed import embed, readings
from index_builder.knowledge import read_base
from index_builder.model import default_cache
from index_builder.parse import Parsed
from index_builder.progress import bar
from index_builder.weigh import weigh

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain import Framework
    from bot.encoder import Encoder
    from index_builder.knowledge import Entry, Knowledge, ToneEntry
    from index_builder.labelled import LabelledCouncil


def assemble(name: str, knowledge: Knowledge, parsed: Parsed, encoder: Encoder) -> tuple[disk.Index, int]:
    """The Index of a revision to be, and how many of its passages had to be embedded anew; `encoder` is fp32."""
    passages = chunk(parsed.sections)
    texts = [embedded(passage, parsed.sections[passage.section]) for passage in passages]
    digest = _digest(encoder.folder)
    vectors_cache = default_cache() / "vectors" / f"{digest}.db"
    with bar("Embedding passages", len(texts)) as advance:
        embeddings, anew = embed(texts, encoder, vectors_cache, advance)
    revision = Revision(
        name=name,
        council=knowledge.council,
        documents=parsed.documents,
        sections=parsed.sections,
        passages=passages,
        vocabulary=knowledge.vocabulary,
        wording=knowledge.wording,
        policy=knowledge.policy,
        framework=knowledge.framework,
        tone=knowledge.tone,
        encoder=digest,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    texts_of = [_as_read(entry, knowledge.framework) for entry in knowledge.catalogue]
    with bar("Reading matters", sum(map(len, texts_of))) as advance:
        matters = readings(texts_of, encoder, vectors_cache, advance)
    vectors = np.stack([embedding.vector for embedding in embeddings])
    tokens = tokens_of(passages, embeddings, len(parsed.sections), encoder.max_tokens)
    index = disk.searchable(
        revision, disk.Parts(vectors, *tokens, weigh(parsed.sections), matters[:, 0], matters[:, 1]), encoder.folder
    )
    return replace(index, revision=_with_clauses(index, knowledge, encoder, vectors_cache)), anew


def _as_read(entry: Entry, framework: Framework) -> tuple[str, ...]:
    """A matter's title and phrasings as questions are read: with how a sum stands to the council's limits."""
    texts = (entry.matter.title, *entry.phrasings)
    return tuple(as_read(text, framework.officers, framework.key_decision) for text in texts)


def assemble_labelled(council: LabelledCouncil, encoder: Encoder) -> disk.Index:
    """The Index of a labelled council, with everything beside its document as the base has it."""
    document, sections = council.published()
    knowledge = replace(_base(), council=Council(council.name, council.council))
    return assemble(council.name, knowledge, Parsed((document,), sections), encoder)[0]


_base = cache(read_base)  # reading it costs as much as embedding a section


@cache
def _digest(encoder: Path) -> str:
    return encoder_digest(encoder)


def _with_clauses(index: disk.Index, knowledge: Knowledge, encoder: Encoder, vectors_cache: Path) -> Revision:
    """The revision with the clauses found, in this council's own text, for referrals, matters and tone."""
    revision, policy, framework = index.revision, knowledge.policy, knowledge.framework
    entries: tuple[Entry | ToneEntry, ...] = (*knowledge.catalogue, *knowledge.toned)
    described = [r.look_for for r in policy.referrals] + [e.look_for for e in entries if not e.section]
    with bar("Finding clauses", len(described)) as advance:
        embeddings, _ = embed(described, encoder, vectors_cache, advance)
    retriever = Retriever(index, dict(zip(described, embeddings, strict=True)).__getitem__, encoder.head)
    rows = {(section.document, section.number): row for row, section in enumerate(revision.sections)}

    def clause(description: str) -> int | None:
        matches, covered = retriever.found(description)
        best = matches[0].section
        return rows[best.document, best.number] if covered >= policy.answer_from else None

    def named(entry: Entry | ToneEntry) -> int | None:
        if entry.section is None:
            return clause(entry.look_for)
        homes = [document.name for document in revision.documents if entry.document in {None, document.name}]
        return next((rows[home, entry.section] for home in homes if (home, entry.section) in rows), None)

    return replace(
        revision,
        policy=replace(policy, referrals=tuple(replace(r, section=clause(r.look_for)) for r in policy.referrals)),
        framework=replace(
            framework, matters=tuple(replace(entry.matter, section=named(entry)) for entry in knowledge.catalogue)
        ),
        tone=replace(
            knowledge.tone, rules=tuple(replace(entry.rule, section=named(entry)) for entry in knowledge.toned)
        ),
    )
