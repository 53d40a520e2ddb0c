"""A revision on disk: what was saved is what is loaded, and nothing damaged is served."""

from __future__ import annotations

import hashlib
import json
import random
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bot import index as disk
from bot.domain import UnservableError
from bot.encoder import Encoder
from bot.encoder_files import ENCODER_FILES
from index_builder.chunk import embedded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from bot.domain import Passage

COUNCIL = "barsetshire"


def _name(index: Path) -> str:
    name = disk.current(index / COUNCIL)
    assert name is not None
    return name


def _manifest(index: Path) -> Path:
    return index / COUNCIL / _name(index) / disk.MANIFEST


def test_what_is_loaded_is_whole(published: Path) -> None:
    loaded = disk.load(published, COUNCIL, _name(published))
    assert [section.number for section in loaded.revision.sections] == ["1.1", "1.2", "2.1", "2.2", "3.10", "3.11"]
    assert loaded.revision.council.contacts[0].role == "Monitoring Officer"
    assert loaded.vectors.shape == (len(loaded.revision.passages), 384)
    assert np.allclose(np.linalg.norm(loaded.vectors, axis=1), 1, atol=1e-4)
    assert loaded.matters.shape == (len(loaded.revision.framework.matters), 384)
    assert np.allclose(np.linalg.norm(loaded.matters, axis=1), 1, atol=1e-4)
    assert {str(referral.topic) for referral in loaded.revision.policy.referrals} >= {"safeguarding", "whistleblowing"}


def test_the_tokens_of_a_section_are_those_of_its_framed_entire_passage(published: Path) -> None:
    loaded = disk.load(published, COUNCIL, _name(published))
    passages = Encoder(loaded.encoder, "fp32")
    sections = loaded.revision.sections
    entire = {p.section: p for p in loaded.revision.passages if p.framed and p.end - p.start == len(_text(loaded, p))}
    assert len(loaded.token_starts) == len(sections) + 1
    for row, section in enumerate(sections):
        own = loaded.tokens[loaded.token_starts[row] : loaded.token_starts[row + 1]]
        assert own.dtype == np.float16
        tokens = passages.embed(embedded(entire[row], section)).tokens
        assert np.allclose(own, tokens / np.linalg.norm(tokens, axis=1, keepdims=True), atol=2e-3)


def _text(index: disk.Index, passage: Passage) -> str:
    return index.revision.sections[passage.section].text


def test_a_revision_of_the_format_before_is_refused_with_the_mend(own_index: Path) -> None:
    path = _manifest(own_index)
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": disk.FORMAT - 1}))
    with pytest.raises(UnservableError, match=rf"format {disk.FORMAT - 1}, this bot reads {disk.FORMAT}; build it"):
        disk.load(own_index, COUNCIL, path.parent.name)


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s + 1, lambda s: s[::-1], lambda s: s * 2])
def test_token_starts_that_do_not_fit_are_refused_though_their_digest_is_right(
    own_index: Path, change: Callable[[NDArray[np.int32]], NDArray[np.int32]]
) -> None:
    manifest_path = _manifest(own_index)
    path = manifest_path.with_name("token_starts.i32")
    content = change(np.frombuffer(path.read_bytes(), dtype="<i4")).astype("<i4").tobytes()
    path.write_bytes(content)
    manifest = json.loads(manifest_path.read_text())
    manifest["files"][path.name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest_path.write_text(json.dumps(manifest))
    with pytest.raises(UnservableError, match="rows that it does not hold"):
        disk.load(own_index, COUNCIL, manifest_path.parent.name)


def _replaced(index: Path, name: str, content: bytes) -> str:
    """Put other content in a file of the revision in force, its digest in the manifest too; the revision's name."""
    manifest_path = _manifest(index)
    manifest_path.with_name(name).write_bytes(content)
    manifest = json.loads(manifest_path.read_text())
    manifest["files"][name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest_path.write_text(json.dumps(manifest))
    return manifest_path.parent.name


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m[:-1],
        lambda m: np.concatenate([m, m[:1]]),
        lambda m: m[:0],
        lambda m: m * 2,
        lambda m: m * 0,
        lambda m: np.where(np.arange(m.size).reshape(m.shape) == 5, np.nan, m),
        lambda m: np.where(np.arange(m.size).reshape(m.shape) == m.size - 1, np.inf, m),
    ],
    ids=["one fewer", "one more", "none", "too long", "no length", "no number", "endless"],
)
def test_matters_vectors_that_do_not_fit_are_refused_though_their_digest_is_right(
    own_index: Path, change: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> None:
    content = _manifest(own_index).with_name("matters.f32").read_bytes()
    changed = change(np.frombuffer(content, dtype="<f4").reshape(-1, 384)).astype("<f4").tobytes()
    with pytest.raises(UnservableError, match="rows that it does not hold"):
        disk.load(own_index, COUNCIL, _replaced(own_index, "matters.f32", changed))


def test_matters_vectors_cut_within_a_row_are_refused_though_their_digest_is_right(own_index: Path) -> None:
    content = _manifest(own_index).with_name("matters.f32").read_bytes()
    with pytest.raises(UnservableError, match="sound revision"):
        disk.load(own_index, COUNCIL, _replaced(own_index, "matters.f32", content[:-4]))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: f["matters"][0].update(section=6), "rows that it does not hold"),
        (lambda f: f["matters"][0].update(section=-1), "rows that it does not hold"),
        (lambda f: f["matters"].pop(), "rows that it does not hold"),
        (lambda f: f["matters"].append(f["matters"][0]), "rows that it does not hold"),
        (lambda f: f["names"].pop("unclear"), "rows that it does not hold"),
        (lambda f: f["settles"].clear(), "rows that it does not hold"),
        (lambda f: f["matters"][0].update(owner="committee"), "sound revision"),
        (lambda f: f["matters"][0].pop("fact"), "sound revision"),
        (lambda f: f.pop("red_flags"), "sound revision"),
        (lambda f: f.clear(), "sound revision"),
    ],
)
def test_a_framework_that_does_not_fit_is_refused_though_its_digest_is_right(
    own_index: Path, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    knowledge = json.loads(_manifest(own_index).with_name("knowledge.json").read_text("utf-8"))
    change(knowledge["framework"])
    with pytest.raises(UnservableError, match=sentence):
        disk.load(own_index, COUNCIL, _replaced(own_index, "knowledge.json", json.dumps(knowledge).encode()))


def test_a_file_replaced_by_its_like_is_still_served(own_index: Path) -> None:
    knowledge = json.loads(_manifest(own_index).with_name("knowledge.json").read_text("utf-8"))
    knowledge["framework"]["matters"][0]["section"] = 5
    name = _replaced(own_index, "knowledge.json", json.dumps(knowledge).encode())
    assert disk.load(own_index, COUNCIL, name).revision.framework.matters[0].section == 5


def test_the_nearest_passages_are_those_of_a_plain_product(published: Path) -> None:
    loaded = disk.load(published, COUNCIL, _name(published))
    vector = loaded.vectors[3]
    by_product = np.argsort(-(loaded.vectors @ vector), kind="stable")
    assert loaded.nearest(vector, 5).tolist() == by_product[:5].tolist()
    assert len(loaded.nearest(vector, 10_000)) == len(loaded.vectors)


def test_the_manifest_says_what_it_is_made_of(published: Path) -> None:
    manifest = json.loads(_manifest(published).read_text())
    assert manifest["format"] == disk.FORMAT
    assert set(manifest["files"]) == set(disk.FILES)
    assert manifest["dimension"] == 384
    assert len(manifest["knowledge"]) == 64
    assert manifest["token_dimension"] == 96
    assert set(manifest["encoder"]["files"]) == set(ENCODER_FILES)
    assert set(manifest["thresholds"]) == {"answer_from", "clarify_gap", "cite_from", "sure_from"}
    assert manifest["rehearsal"]["passed"] <= manifest["rehearsal"]["questions"]


@pytest.mark.parametrize("file", [*disk.FILES, disk.MANIFEST])
def test_a_missing_file_is_refused_by_name(own_index: Path, file: str) -> None:
    (own_index / COUNCIL / _name(own_index) / file).unlink()
    with pytest.raises(UnservableError, match=r"\.$"):
        disk.load(own_index, COUNCIL, _name(own_index))


@pytest.mark.parametrize("file", disk.FILES)
def test_any_flipped_bit_and_any_truncation_is_refused(own_index: Path, file: str) -> None:
    path, chance = own_index / COUNCIL / _name(own_index) / file, random.Random(file)  # noqa: S311 - a seed, not a secret
    content = path.read_bytes()
    for _ in range(25):
        damaged = bytearray(content)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(chance.choice([bytes(damaged), content[: chance.randrange(len(content))], content + b"\0"]))
        with pytest.raises(UnservableError):
            disk.load(own_index, COUNCIL, _name(own_index))
    path.write_bytes(content)
    disk.load(own_index, COUNCIL, _name(own_index))


@pytest.mark.parametrize("file", ENCODER_FILES)
def test_a_damaged_encoder_is_refused(own_index: Path, file: str) -> None:
    path = next((own_index / disk.ENCODERS).glob("*/encoder.json")).with_name(file)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)
    with pytest.raises(UnservableError, match=file):
        disk.load(own_index, COUNCIL, _name(own_index))


def _with(**changes: object) -> Callable[[dict[str, object]], object]:
    return lambda manifest: manifest.update(changes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_with(format=99), "format 99"),
        (_with(name="2020-01-01-00000000"), "not its own"),
        (_with(council="elsewhere"), "not its own"),
        (_with(rows=3), "sound revision"),
        (_with(dimension=383), "sound revision"),
        (_with(token_dimension=95), "sound revision"),
        (_with(token_dimension=48), "rows that it does not hold"),
        (_with(token_dimension=None), "sound revision"),
        (_with(files={}), "sound revision"),
        (_with(encoder=None), "sound revision"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    own_index: Path, change: Callable[[dict[str, object]], object], sentence: str
) -> None:
    path = _manifest(own_index)
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(UnservableError, match=sentence):
        disk.load(own_index, COUNCIL, path.parent.name)


@pytest.mark.parametrize("content", ["", "[]", "{", "null", '"x"', "[" * 100_000, "{}"])
def test_a_manifest_that_is_no_manifest_is_refused(own_index: Path, content: str) -> None:
    path = _manifest(own_index)
    path.write_text(content)
    with pytest.raises(UnservableError):
        disk.load(own_index, COUNCIL, path.parent.name)


def test_a_revision_takes_over_on_its_day(own_index: Path) -> None:
    council = own_index / COUNCIL
    before = _name(own_index)
    disk.point(council, "2030-01-01-aaaaaaaa", date(2030, 1, 1))
    assert disk.current(council, date(2029, 12, 31)) == before
    assert disk.current(council, date(2030, 1, 1)) == "2030-01-01-aaaaaaaa"
    disk.point(council, "2029-06-01-bbbbbbbb", date(2029, 6, 1))
    assert disk.current(council, date(2029, 12, 31)) == "2029-06-01-bbbbbbbb"
    assert disk.current(council, date(2030, 1, 1)) == "2030-01-01-aaaaaaaa", "what is due later stays due"


def test_a_damaged_pointer_is_written_anew_by_whoever_publishes(own_index: Path) -> None:
    council, name = own_index / COUNCIL, _name(own_index)
    (council / disk.CURRENT).write_text("junk\n")
    disk.point(council, name, date(2026, 1, 1))
    assert disk.current(council) == name


@pytest.mark.parametrize("content", ["tomorrow x\n", "2026-01-01\n", "2026-13-01 x\n", "\xff"])
def test_a_damaged_pointer_is_one_sentence(own_index: Path, content: str) -> None:
    (own_index / COUNCIL / disk.CURRENT).write_text(content, "latin-1")
    with pytest.raises(UnservableError, match="current"):
        disk.current(own_index / COUNCIL)


def test_an_empty_folder_has_nothing_in_force(tmp_path: Path) -> None:
    assert disk.current(tmp_path) is None
    assert disk.councils(tmp_path) == []
    assert disk.revisions(tmp_path) == []
