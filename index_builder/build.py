"""The pipeline, readable aloud: parse → validate → assemble → choose a search → rehearse → publish."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot import index as disk
from bot.answer import serve
from bot.domain import UnservableError
from bot.encoder import Encoder, opened
from bot.encoder_files import ENCODER_FILES, encoder_digest, file_sha256
from index_builder.assemble import assemble
from index_builder.evaluate import Result, evaluate, from_questions
from index_builder.knowledge import UnsoundKnowledge, read_knowledge
from index_builder.model import DEFAULT_MODEL, bring_in, default_cache
from index_builder.parse import Parsed, parse
from index_builder.progress import bar, say
from index_builder.publish import install_encoder, local_today, one_builder, publish
from index_builder.rehearse import broken_promises, fallen, moved, unlike
from index_builder.remember import kept_in, remembering
from index_builder.search import chosen
from index_builder.validate import validate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from index_builder.knowledge import Knowledge

# The code that shapes what is published.
_RECIPE = ("readers/*.py", "parse.py", "assemble.py", "chunk.py", "weigh.py", "search.py", "build.py")
_LIBRARIES = ("numpy", "onnxruntime", "tokenizers", "faiss-cpu", "bm25s", "PyStemmer")


@dataclass(frozen=True)
class Built:
    """What a build came to: the revision, the day it takes over, whether it is new, and how its rehearsal went."""

    revision: str
    begins: date
    published: bool
    sections: int
    passages: int
    embedded: int
    results: tuple[Result, ...]
    moved: tuple[tuple[Result, Result], ...]


def check(root: Path, council: str) -> tuple[Knowledge, Parsed]:
    """The Knowledge of a council and its parsed sections. Raises UnsoundKnowledge with every Problem at once."""
    knowledge = read_knowledge(root, council)
    parsed, problems = parse(knowledge)
    problems = problems or validate(root, knowledge, parsed)
    if problems:
        raise UnsoundKnowledge(problems)
    return knowledge, parsed


def build(root: Path, index: Path, council: str, *, model: str = DEFAULT_MODEL, from_date: date | None = None) -> Built:
    """Turn a council's knowledge below `root` into a published revision below `index`.

    Raises UnsoundKnowledge (nothing is published), publish.BusyError, model.ModelProblem, OSError.
    """
    knowledge, parsed = check(root, council)
    cached = bring_in(model, default_cache(), say)
    digest = encoder_digest(cached)
    name = _name(knowledge, digest)
    with one_builder(index / council):
        before = _in_force(index, council)
        waiting = _published(index / council, name[-8:], from_date, before)
        if waiting is not None:
            return Built(*waiting, False, len(parsed.sections), 0, 0, (), ())
        encoder = install_encoder(index, cached, digest)
        made, anew = assemble(name, knowledge, parsed, Encoder(encoder, "fp32"))
        say(f"{len(parsed.sections)} sections, {len(made.vectors)} passages, {anew} embedded anew.")
        search, measured = chosen(made.vectors, lambda: _questions(knowledge, Encoder(encoder)))
        made = replace(made, search=search)
        results, changed = _rehearsed(root, knowledge, made, before)
        begins = from_date or local_today()
        publish(index, made, {**_manifest(knowledge, model, encoder, results), "search": measured}, begins)
        return Built(name, begins, True, len(parsed.sections), len(made.vectors), anew, results, changed)


def _questions(knowledge: Knowledge, encoder: Encoder) -> NDArray[np.float32]:
    """The vectors of the council's own questions, (questions, dimension)."""
    vectors = [encoder.embed(case.ask).vector for case in knowledge.questions]
    return np.array(vectors, dtype=np.float32).reshape(-1, encoder.dimension)


def _rehearsed(
    root: Path, knowledge: Knowledge, made: disk.Index, before: disk.Index | None
) -> tuple[tuple[Result, ...], tuple[tuple[Result, Result], ...]]:
    cases, path = from_questions(knowledge.questions), str(root / knowledge.council.name / "questions.yaml")
    kept = kept_in(default_cache() / "vectors", made.revision.encoder)
    with (
        bar("Rehearsing questions", 2 * len(cases)) as advance,
        remembering(Encoder(made.encoder), kept) as int8,
        remembering(Encoder(made.encoder, "fp32"), kept) as fp32,
    ):
        earlier = results = evaluate(cases, serve(made, int8), advance)
        exact = evaluate(cases, serve(made, fp32), advance)
        if before:
            alike = before.encoder == made.encoder
            with suppress(UnservableError):  # an encoder that this code does not read has no answers to compare
                earlier = evaluate(cases, serve(before, int8 if alike else opened(before.encoder)))
    problems = [
        *broken_promises(results, path),
        *unlike(results, exact, path),
        *fallen(earlier, results, knowledge.policy.fall_allowed, path),
    ]
    if problems:
        raise UnsoundKnowledge(problems)
    return results, moved(earlier, results)


def _manifest(knowledge: Knowledge, model: str, encoder: Path, results: tuple[Result, ...]) -> dict[str, Any]:
    files = {
        name: {"sha256": file_sha256(encoder / name), "size": (encoder / name).stat().st_size} for name in ENCODER_FILES
    }
    policy = knowledge.policy
    return {
        "knowledge": knowledge.digest,
        "encoder": {"model": model, "digest": encoder.name, "files": files},
        "thresholds": {
            "answer_from": policy.answer_from,
            "clarify_gap": policy.clarify_gap,
            "cite_from": policy.cite_from,
            "sure_from": policy.sure_from,
        },
        "rehearsal": {"questions": len(results), "passed": sum(result.passed for result in results)},
        "libraries": {library: version(library) for library in _LIBRARIES},
    }


def _published(
    council: Path, digest: str, from_date: date | None, before: disk.Index | None
) -> tuple[str, date] | None:
    """The revision of a digest that is in force (and sound) or due, with its day: then there is nothing to build."""
    try:
        lines = disk.schedule(council)
    except UnservableError:
        return None
    present, today = before.revision.name if before else None, local_today()
    known = [(name, day) for day, name in lines if name.endswith(digest) and from_date in (None, day)]
    return next(((name, day) for name, day in known if name == present or day > today), None)


def _in_force(index: Path, council: str) -> disk.Index | None:
    """What is in force, or None where nothing sound is: a damaged revision never stands in the way of its mend."""
    try:
        name = disk.current(index / council)
        return disk.load(index, council, name) if name else None
    except UnservableError:
        return None


def _name(knowledge: Knowledge, encoder: str) -> str:
    """The day of publication (UTC) and 8 hex of what decides the content: knowledge, model, format, recipe."""
    recipe, here = hashlib.sha256(), Path(__file__).parent
    for source in sorted(path for pattern in _RECIPE for path in here.glob(pattern)):
        recipe.update(source.read_bytes())
    digest = hashlib.sha256(f"{knowledge.digest} {encoder} {disk.FORMAT} {recipe.hexdigest()}".encode()).hexdigest()
    return f"{datetime.now(UTC).date().isoformat()}-{digest[:8]}"
