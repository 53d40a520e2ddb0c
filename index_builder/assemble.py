"""Knowledge and sections → an Index in memory: chunked, embedded, weighed, with the clauses of what is referred."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from bot import index as disk
from bot.answer import serve
from bot.domain import Council, Policy, Revision
from bot.encoder_files import encoder_digest
from index_builder.chunk import chunk, embedded, tokens_of
from index_builder.embed import embed
from index_builder.knowledge import read_base
from index_builder.model import default_cache
from index_builder.parse import Parsed
from index_builder.progress import bar
from index_builder.weigh import weigh

if TYPE_CHECKING:
    from pathlib import Path

    from bot.encoder import Encoder
    from index_builder.knowledge import Knowledge
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
        encoder=digest,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    vectors = np.stack([embedding.vector for embedding in embeddings])
    tokens = tokens_of(passages, embeddings, len(parsed.sections), encoder.max_tokens)
    index = disk.searchable(revision, vectors, tokens, weigh(parsed.sections), encoder.folder)
    policy = _with_clauses(knowledge.policy, index, encoder)
    return replace(index, revision=replace(revision, policy=policy)), anew


def assemble_labelled(council: LabelledCouncil, encoder: Encoder) -> disk.Index:
    """The Index of a labelled council, with everything beside its document as the base has it."""
    document, sections = council.published()
    knowledge = replace(_base(), council=Council(council.name, council.council))
    return assemble(council.name, knowledge, Parsed((document,), sections), encoder)[0]


_base = cache(read_base)  # reading it costs as much as embedding a section


@cache
def _digest(encoder: Path) -> str:
    return encoder_digest(encoder)


def _with_clauses(policy: Policy, index: disk.Index, encoder: Encoder) -> Policy:
    """The policy with the clause found, in this council's own text, for each topic that is always referred."""
    retriever = serve(index, encoder.embed, encoder.head).retriever
    rows = {section: row for row, section in enumerate(index.revision.sections)}

    def clause(description: str) -> int | None:
        matches, covered = retriever.found(description)
        return rows[matches[0].section] if covered >= policy.answer_from else None

    return replace(policy, referrals=tuple(replace(r, section=clause(r.look_for)) for r in policy.referrals))
