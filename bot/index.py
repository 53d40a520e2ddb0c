"""A Revision on disk: save, load, verify, point, current; the only file that knows its file names.

`<index>/<council>/<revision>/` holds the files of `FILES` and `manifest.json`, which names their sizes and sha256 and
the encoder in `<index>/encoders/<digest>/`. `<index>/<council>/current` holds lines `date revision`: the last whose
date has come is in force.

Large arrays are memory-mapped, which relies on published files never being changed in place: one that is replaced or
removed is served all the same, as long as an Index holds it.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bot import durable
from bot.domain import (
    Category,
    Council,
    Document,
    Framework,
    Owner,
    Passage,
    Policy,
    Revision,
    Section,
    Synonyms,
    ToneGuide,
    UnservableError,
)
from bot.encoder_files import file_sha256
from bot.lexical import Lexical
from bot.nearest import Flat, are_sign_bits, search_of, sign_bits
from bot.records import made, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from bot.nearest import Search

FORMAT = 5
MANIFEST = "manifest.json"
CURRENT = "current"
ENCODERS = "encoders"
FILES = (
    "knowledge.json",
    "sections.jsonl",
    "passages.jsonl",
    "vectors.f32",
    "signs.u8",
    "tokens.f16",
    "token_starts.i32",
    "terms.json",
    "starts.i32",
    "rows.i32",
    "weights.f32",
    "matters.f32",
    "matter_vectors.f32",
)
_MAPPED = frozenset({"vectors.f32", "signs.u8", "tokens.f16"})
_MAPPED_FROM = 1 << 26  # bytes: what is smaller is read, so that nothing done to these files disturbs a council's bot
_PIECE = 4096  # rows looked at once


class Parts(NamedTuple):
    """What is reckoned from a Revision's text, as an Index holds it."""

    vectors: NDArray[np.float32]
    tokens: NDArray[np.float16]
    token_starts: NDArray[np.int32]
    lexical: Lexical
    matters: NDArray[np.float32]
    matter_vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Index:
    """A verified Revision with what searches it; never changed once made.

    `vectors` are float32, L2-normalised, one row a passage; `owner` maps a passage row to its section row. `tokens` are
    float16 rows of length 1; those of section s are `tokens[token_starts[s]:token_starts[s + 1]]`. `matters` are
    the readings of the framework's matters, `matter_vectors` their vectors: float32, L2-normalised, one row a matter.
    """

    revision: Revision
    vectors: NDArray[np.float32]
    tokens: NDArray[np.float16]
    token_starts: NDArray[np.int32]
    lexical: Lexical
    matters: NDArray[np.float32]
    matter_vectors: NDArray[np.float32]
    owner: NDArray[np.int32]
    encoder: Path
    search: Search

    def nearest(self, question: NDArray[np.float32], most: int) -> NDArray[np.int64]:
        """The rows of the passages nearest to a question's vector, best first, at most `most` of them."""
        return self.search.nearest(question, most)


def searchable(revision: Revision, parts: Parts, encoder: Path, search: Search | None = None) -> Index:
    """An Index over a Revision and its parts, still in memory only: the builder rehearses on it before publishing.

    Without a `search`, every passage is compared.
    """
    owner = np.fromiter((passage.section for passage in revision.passages), dtype=np.int32)
    return Index(revision, *parts, owner=owner, encoder=encoder, search=search or Flat(parts.vectors))


def save(folder: Path, index: Index, manifest: Mapping[str, Any]) -> None:
    """Write a Revision into an empty folder, each file forced to disk, the manifest last.

    `manifest` holds what only the builder knows (knowledge digest, encoder, library versions, what was measured of the
    search); the rest is added here.
    Raises OSError when anything could not be forced to disk; the folder must then be abandoned.
    """
    contents = _contents(index)
    listing = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)} for name, content in contents
    }
    for name, content in contents:
        durable.write(folder / name, content)
    revision = index.revision
    whole = {
        "format": FORMAT,
        "name": revision.name,
        "council": revision.council.name,
        "created": revision.created,
        "rows": index.vectors.shape[0],
        "dimension": index.vectors.shape[1],
        "token_dimension": index.tokens.shape[1],
        **manifest,
        "search": {**index.search.settings, **manifest.get("search", {})},
        "files": listing,
    }
    durable.write(folder / MANIFEST, (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode())
    durable.sync(folder)


def _contents(index: Index) -> list[tuple[str, bytes]]:
    revision, lexical = index.revision, index.lexical
    knowledge = {
        "council": revision.council,
        "documents": revision.documents,
        "vocabulary": revision.vocabulary,
        "wording": dict(revision.wording),
        "policy": revision.policy,
        "framework": revision.framework,
        "tone": revision.tone,
    }
    terms = {
        "terms": list(lexical.columns),
        "rarity": [round(float(r), 6) for r in lexical.rarity],
        "unseen": lexical.unseen,
    }
    parts = (
        _object(knowledge),
        _lines(revision.sections),
        _lines(revision.passages),
        index.vectors.astype("<f4").tobytes(),
        sign_bits(index.vectors).tobytes(),
        index.tokens.astype("<f2").tobytes(),
        index.token_starts.astype("<i4").tobytes(),
        to_json(terms).encode(),
        lexical.starts.astype("<i4").tobytes(),
        lexical.rows.astype("<i4").tobytes(),
        lexical.weights.astype("<f4").tobytes(),
        index.matters.astype("<f4").tobytes(),
        index.matter_vectors.astype("<f4").tobytes(),
    )
    return list(zip(FILES, parts, strict=True))


def _object(parts: Mapping[str, Any]) -> bytes:
    members = (
        f'"{name}": [{", ".join(map(to_json, part))}]' if isinstance(part, tuple) else f'"{name}": {to_json(part)}'
        for name, part in parts.items()
    )
    return ("{" + ",\n".join(members) + "}\n").encode()


def _lines(nouns: Iterable[Any]) -> bytes:
    return "".join(f"{to_json(noun)}\n" for noun in nouns).encode()


def point(council: Path, name: str, from_date: date) -> None:
    """Make a revision current from a date on, until one that is due later; a damaged `current` is written anew."""
    try:
        known = schedule(council)
    except UnservableError as fault:
        if isinstance(fault.__cause__, OSError):
            raise fault.__cause__ from None  # what cannot be read for once may be sound: nothing due is forgotten
        known = []
    before, after = [line for line in known if line[0] < from_date], [line for line in known if line[0] > from_date]
    lines = "".join(f"{day.isoformat()} {revision}\n" for day, revision in [*before[-1:], (from_date, name), *after])
    draft = council / f".{CURRENT}"
    draft.unlink(missing_ok=True)
    durable.write(draft, lines.encode())
    draft.replace(council / CURRENT)
    durable.sync(council)


def current(council: Path, today: date | None = None) -> str | None:
    """The name of the revision in force on a day (default: today, local time), or None where nothing is published.

    Raises UnservableError where `current` cannot be understood.
    """
    day = today or datetime.now(UTC).astimezone().date()
    names = [name for begins, name in schedule(council) if begins <= day]
    return names[-1] if names else None


def schedule(council: Path) -> list[tuple[date, str]]:
    """The lines of `current`, by date: which revision takes over on which day. Raises UnservableError if damaged."""
    try:
        lines = (council / CURRENT).read_text("ascii").splitlines()
        parts = [line.split() for line in lines]
        return sorted(((date.fromisoformat(part[0]), part[1]) for part in parts), key=itemgetter(0))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, IndexError) as fault:
        raise UnservableError(f"{council / CURRENT} is damaged; publish or roll back to write it anew.") from fault


def councils(index: Path) -> list[str]:
    """The names of the councils that an index folder has something published for."""
    return sorted(entry.parent.name for entry in index.glob(f"*/{CURRENT}"))


def revisions(council: Path) -> list[str]:
    """The names of a council's published revisions, oldest first."""
    return sorted(entry.parent.name for entry in council.glob(f"[!.]*/{MANIFEST}"))


def load(index: Path, council: str, name: str, encoder_files: Iterable[str] | None = None) -> Index:
    """Read and verify a published revision: sizes, sha256, ids in range, finite unit vectors, and its encoder's files.

    `encoder_files` limits which of the encoder's files are verified (default: all the manifest names).
    Raises UnservableError, one sentence, for whatever does not hold.
    """
    folder = index / council / name
    try:
        manifest = read_manifest(folder)
        contents = {file: _verified(folder / file, manifest["files"][file]) for file in FILES}
        encoder = verify_encoder(index, manifest, encoder_files)
        return _understood(manifest, contents, encoder)
    except OSError as fault:
        reason = f"{fault.strerror}: {fault.filename}" if fault.filename else fault.strerror
        raise UnservableError(f"{folder} cannot be read ({reason}); roll back or publish again.") from fault
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError, MemoryError) as fault:
        raise UnservableError(f"{folder} does not hold a sound revision; roll back or publish again.") from fault


def read_manifest(folder: Path) -> dict[str, Any]:
    """A revision's manifest. Raises UnservableError for a name or format that is not this one's."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError as fault:
        raise UnservableError(f"{folder} holds no published revision; roll back or publish again.") from fault
    if manifest["format"] != FORMAT:
        raise UnservableError(f"{folder} has format {manifest['format']!r}, this bot reads {FORMAT}; build it again.")
    if manifest["name"] != folder.name or manifest["council"] != folder.parent.name:
        raise UnservableError(f"{folder} holds another revision's manifest, not its own; roll back or publish again.")
    return manifest


def verify_encoder(index: Path, manifest: Mapping[str, Any], names: Iterable[str] | None = None) -> Path:
    """The folder of the encoder that a manifest names, its files verified by size and sha256."""
    listing: Mapping[str, Any] = manifest["encoder"]["files"]
    folder = index / ENCODERS / str(manifest["encoder"]["digest"])
    for name in listing if names is None else names:
        path = folder / name
        if path.stat().st_size != listing[name]["size"] or file_sha256(path) != listing[name]["sha256"]:
            raise _not_as_published(path)
    return folder


def encoder_of(index: Path, council: str, name: str, files: Iterable[str]) -> Path:
    """The folder of a published revision's encoder, those of its files verified. Raises UnservableError."""
    folder = index / council / name
    try:
        return verify_encoder(index, read_manifest(folder), files)
    except OSError as fault:
        raise UnservableError(f"The encoder of {folder} cannot be read ({fault.strerror}); build it again.") from fault
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, MemoryError) as fault:
        raise UnservableError(f"{folder} does not name the files of an encoder; build it again.") from fault


def _verified(path: Path, listed: Mapping[str, Any]) -> bytes | mmap.mmap:
    """The content of a file, memory-mapped where that saves memory; what is mapped is the very file that was hashed."""
    with path.open("rb") as file:
        size, content = os.fstat(file.fileno()).st_size, None
        if size != listed["size"]:
            raise _not_as_published(path)
        if path.name in _MAPPED and size >= _MAPPED_FROM:
            digest = hashlib.file_digest(file, "sha256")
        else:
            content = file.read()
            size, digest = len(content), hashlib.sha256(content)
        if size != listed["size"] or digest.hexdigest() != listed["sha256"]:
            raise _not_as_published(path)
        return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if content is None else content


def _not_as_published(path: Path) -> UnservableError:
    return UnservableError(f"{path} is not the file that was published; roll back or publish again.")


def _understood(manifest: Mapping[str, Any], contents: Mapping[str, Any], encoder: Path) -> Index:
    knowledge = json.loads(contents["knowledge.json"])
    revision = Revision(
        name=manifest["name"],
        council=made(Council, knowledge["council"]),
        documents=_all(Document, knowledge["documents"]),
        sections=_all(Section, map(json.loads, contents["sections.jsonl"].splitlines())),
        passages=_all(Passage, map(json.loads, contents["passages.jsonl"].splitlines())),
        vocabulary=_all(Synonyms, knowledge["vocabulary"]),
        wording=knowledge["wording"],
        policy=made(Policy, knowledge["policy"]),
        framework=made(Framework, knowledge["framework"]),
        tone=made(ToneGuide, knowledge["tone"]),
        encoder=manifest["encoder"]["digest"],
        created=manifest["created"],
    )
    vectors = np.frombuffer(contents["vectors.f32"], dtype="<f4").reshape(manifest["rows"], manifest["dimension"])
    bits = np.frombuffer(contents["signs.u8"], dtype="u1").reshape(manifest["rows"], -1)
    tokens = np.frombuffer(contents["tokens.f16"], dtype="<f2").reshape(-1, manifest["token_dimension"])
    terms = json.loads(contents["terms.json"])
    lexical = Lexical(
        columns={term: column for column, term in enumerate(terms["terms"])},
        rarity=np.array(terms["rarity"], dtype=np.float32),
        starts=np.frombuffer(contents["starts.i32"], dtype="<i4"),
        rows=np.frombuffer(contents["rows.i32"], dtype="<i4"),
        weights=np.frombuffer(contents["weights.f32"], dtype="<f4"),
        sections=len(revision.sections),
        unseen=float(terms["unseen"]),
    )
    starts = np.frombuffer(contents["token_starts.i32"], dtype="<i4")
    matters, matter_vectors = (
        np.frombuffer(contents[name], dtype="<f4").reshape(-1, manifest["dimension"])
        for name in ("matters.f32", "matter_vectors.f32")
    )
    parts = Parts(vectors, tokens, starts, lexical, matters, matter_vectors)
    index = searchable(revision, parts, encoder, search_of(manifest["search"], vectors, bits))
    _check_ranges(index, bits)
    return index


def _all(kind: type[Any], records: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(made(kind, record) for record in records)


def _are_of_length_one(rows: NDArray[np.floating[Any]], within: float) -> bool:
    """Whether each row has length 1, so no NaN in it; looked at in pieces, for the sake of memory."""
    pieces = (rows[at : at + _PIECE].astype(np.float32) for at in range(0, len(rows), _PIECE))
    return all(np.allclose(np.linalg.norm(piece, axis=1), 1, atol=within) for piece in pieces)


def _check_ranges(index: Index, bits: NDArray[np.uint8]) -> None:
    revision, lexical = index.revision, index.lexical
    sections, documents = revision.sections, {document.name for document in revision.documents}
    clauses = [referral.section for referral in revision.policy.referrals]
    clauses += [matter.section for matter in revision.framework.matters]
    clauses += [rule.section for rule in revision.tone.rules]
    found = [row for row in clauses if row is not None]
    sound: tuple[Callable[[], bool], ...] = (
        lambda: len(sections) > 0 and len(revision.passages) == len(index.vectors) > 0,
        lambda: all(section.document in documents for section in sections),
        lambda: all(0 <= row < len(sections) for row in [*found, *index.owner.tolist()]),
        lambda: bool(np.all(np.diff(index.owner) >= 0)),
        lambda: all(0 <= p.start < p.end <= len(sections[p.section].text) for p in revision.passages),
        lambda: _are_of_length_one(index.vectors, 1e-3),
        lambda: are_sign_bits(bits, index.vectors),
        lambda: len(index.token_starts) == len(sections) + 1 and index.token_starts[0] == 0,
        lambda: index.token_starts[-1] == len(index.tokens) and bool(np.all(np.diff(index.token_starts) >= 0)),
        lambda: bool(np.all(np.diff(index.token_starts)[index.owner] > 0)),
        lambda: _are_of_length_one(index.tokens, 1e-2),
        lambda: len(index.matters) == len(index.matter_vectors) == len(revision.framework.matters),
        lambda: _are_of_length_one(index.matters, 1e-3),
        lambda: _are_of_length_one(index.matter_vectors, 1e-3),
        lambda: set(map(str, Owner)) <= revision.framework.names.keys() and bool(revision.framework.settles),
        lambda: sorted(rule.category for rule in revision.tone.rules) == sorted(Category),
        lambda: {rule.step for rule in revision.tone.rules} <= revision.tone.ladder.keys(),
        lambda: len(lexical.starts) == len(lexical.columns) + 1 == len(lexical.rarity) + 1,
        lambda: len(lexical.rows) == len(lexical.weights) == int(lexical.starts[-1]),
        lambda: bool(np.all((lexical.rows >= 0) & (lexical.rows < len(sections)))),
    )
    if not all(holds() for holds in sound):
        raise UnservableError(f"Revision {revision.name} names rows that it does not hold; publish again.")
