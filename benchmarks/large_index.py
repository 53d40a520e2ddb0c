"""What searching a large index costs: every row compared, and sign bits first; interleaved, one run.

usage: large_index.py [--index DIR] [--council NAME] [--knowledge DIR] [--councils DIR] [--rows N …] [--json FILE]

The rows are real as far as there are any: the published passages and those of invented councils (embedded once and kept
in the user's cache). The rest are mixes of three of them each, with the mean and covariance of the real ones. The
questions are the council's own: half choose how many rows are compared in full, the other half are asked.
The machine may be shared, so look at ratios, at the least time, and at processor time beside the clock's.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the bot itself does, before numpy is imported

import numpy as np

from bot.bootstrap import council_of, live
from bot.encoder import Encoder
from bot.encoder_files import file_sha256
from bot.nearest import Flat, Signs, are_sign_bits, sign_bits
from index_builder.chunk import chunk, embedded
from index_builder.knowledge import read_knowledge
from index_builder.labelled import read_labelled
from index_builder.model import default_cache
from index_builder.progress import bar, say
from index_builder.search import by_signs, recall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

PIECE = 20_000
MIXED = 3
TOP, MANY = 10, 120  # the second is what the bot asks for
APART = 100
FLAT_EVERY = 3  # every third question is asked of all rows too


def main() -> None:
    """Measure each size, print the tables, keep them as JSON."""
    parser = argparse.ArgumentParser(description="What searching a large index costs.")
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--council")
    parser.add_argument("--knowledge", type=Path, default=Path("knowledge"))
    parser.add_argument("--councils", type=Path, default=Path("training/councils"))
    parser.add_argument("--real", type=int, default=8000, help="most passages of invented councils to embed")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    council = council_of(options.index, options.council)
    index = live(options.index, council, print)().index
    real = np.concatenate((index.vectors, other_passages(options.councils, index.encoder, options.real)))
    int8 = Encoder(index.encoder)
    asked = np.stack([int8.embed(case.ask).vector for case in read_knowledge(options.knowledge, council).questions])
    say(f"{len(real)} real rows, {len(asked)} real questions, load {os.getloadavg()[0]:.1f}")
    facts: dict[str, Any] = {"real_rows": len(real), "questions": len(asked), "cpus": os.cpu_count(), "sizes": {}}
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            facts["sizes"][rows] = measured = measure(Path(folder), rows, real, asked)
        report(rows, measured)
    if options.json:
        options.json.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def other_passages(councils: Path, encoder: Path, most: int) -> Vectors:
    """The vectors of invented councils' passages, (passages, dimension), at most `most`: which ones, chance decides."""
    texts = {
        embedded(passage, sections[passage.section])
        for _, sections in (council.published() for council in read_labelled(councils))
        for passage in chunk(sections)
    }
    chance = sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest())[:most]
    key = hashlib.sha256("\0".join((file_sha256(encoder / "fp32.onnx"), *chance)).encode()).hexdigest()[:16]
    file = default_cache() / "benchmark" / f"{key}.f32"
    if not file.exists():
        with bar("Embedding other passages", len(chance)) as advance:
            vectors = np.stack([made.vector for made in Encoder(encoder, "fp32").embed_all(chance, advance)])
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        vectors.astype("<f4").tofile(draft)
        draft.replace(file)
    return np.fromfile(file, "<f4").reshape(len(chance), -1)


def write(folder: Path, rows: int, real: Vectors) -> None:
    """Write so many rows, and their sign bits, as a revision holds them: the real ones first, then mixes of them."""
    chance, mean = np.random.default_rng(0), real.mean(axis=0)
    with (
        bar(f"Writing {rows:,} rows", rows) as advance,
        (folder / "vectors.f32").open("wb") as vectors,
        (folder / "signs.u8").open("wb") as bits,
    ):
        for start in range(0, rows, PIECE):
            of = chance.integers(0, len(real), (MIXED, min(PIECE, rows - start)))
            piece = mean + sum(real[each] - mean for each in of) / np.sqrt(MIXED)
            piece /= np.linalg.norm(piece, axis=1, keepdims=True)
            piece[: max(0, len(real) - start)] = real[start : start + len(piece)]
            vectors.write(piece.astype("<f4").tobytes())
            bits.write(sign_bits(piece).tobytes())
            advance(len(piece))


def opened(folder: Path, rows: int) -> tuple[Vectors, NDArray[np.uint8]]:
    """The vectors and their sign bits, memory-mapped as the bot does."""
    vectors = np.memmap(folder / "vectors.f32", "<f4", "r").reshape(rows, -1)
    return vectors, np.memmap(folder / "signs.u8", "u1", "r").reshape(rows, -1)


def measure(folder: Path, rows: int, real: Vectors, asked: Vectors) -> dict[str, Any]:
    """Times in milliseconds, recall, and memory in MB, of one size."""
    write(folder, rows, real)
    verified = took(lambda: [file_sha256(folder / name) for name in ("vectors.f32", "signs.u8")])
    vectors, bits = opened(folder, rows)
    looked = took(lambda: are_sign_bits(bits, vectors))
    choosing, asking = asked[::2], asked[1::2]
    rescored = by_signs(vectors, choosing[:: max(1, len(choosing) // 100)])[0].rescored
    opening = [took(lambda: Signs(*opened(folder, rows), rescored)) for _ in range(20)]
    before = memory()
    signs = Signs(*opened(folder, rows), rescored)
    for vector in asking:
        signs.nearest(vector, TOP)
    added = {kind: round(size - before[kind], 1) for kind, size in memory().items()}
    ways = {
        "signs, 1 thread": Signs(signs.vectors, signs.bits, rescored, shards=1),
        "signs, as shipped": signs,
    }
    flat = Flat(vectors)
    return {
        "rescored": rescored,
        "ms": times(flat, ways, asking),
        **found(flat, signs, asking[::FLAT_EVERY]),
        "open_ms": spread(opening),
        "verify_sha256_ms": round(verified),
        "verify_signs_ms": round(looked),
        "memory_added_mb": added,
        "vectors_mb": round(vectors.nbytes / 1e6),
        "signs_mb": round(bits.nbytes / 1e6),
        "load": os.getloadavg()[0],
    }


def times(flat: Flat, ways: Mapping[str, Signs], asking: Vectors) -> dict[str, dict[str, float]]:
    """The spread of each way's times, the ways taking turns, with other questions each."""
    spent: dict[str, list[tuple[float, float]]] = {"flat": [], **{name: [] for name in ways}}
    with bar("Asking", len(asking)) as advance:
        for turn, vector in enumerate(asking):
            if turn % FLAT_EVERY == 0:
                spent["flat"].append(both(partial(flat.nearest, vector, TOP)))
            for place, (name, signs) in enumerate(ways.items()):
                other = asking[turn - APART * (place + 1)]  # the rows of one just asked would be at hand
                spent[name].append(both(partial(signs.nearest, other, TOP)))
            advance(1)
    return {
        name: {**spread([wall for wall, _ in own]), "cpu_p50": round(float(np.median([cpu for _, cpu in own])), 2)}
        for name, own in spent.items()
    }


def found(flat: Flat, signs: Signs, asking: Vectors) -> dict[str, float]:
    """The share of the nearest rows that signs find, of ten and of as many as the bot asks for."""
    nearest = [flat.nearest(vector, MANY) for vector in asking]
    return {f"recall_at_{most}": recall(signs, asking, [rows[:most] for rows in nearest]) for most in (TOP, MANY)}


def took(work: Callable[[], object]) -> float:
    """The milliseconds that some work takes."""
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)


def both(work: Callable[[], object]) -> tuple[float, float]:
    """The milliseconds that some work takes by the clock, and of all this process's processors."""
    begun = time.process_time()
    wall = took(work)
    return wall, 1000 * (time.process_time() - begun)


def spread(spent: list[float]) -> dict[str, float]:
    """Median, 99th percentile and least of some times, and how many there are."""
    p50, p99, least = np.median(spent), np.quantile(spent, 0.99), min(spent)
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2), "least": round(least, 2), "n": len(spent)}


def memory() -> dict[str, float]:
    """MB of memory resident: the process's own, and mapped from files (which the system takes back when it needs)."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines())
    return {kind: int(lines[name].split()[0]) / 1000 for kind, name in {"own": "RssAnon", "mapped": "RssFile"}.items()}


def report(rows: int, measured: dict[str, Any]) -> None:
    """Print one size."""
    print(f"\n{rows:,} rows, {measured['rescored']} compared in full, load {measured['load']:.1f}")
    for name, own in measured["ms"].items():
        ratio = measured["ms"]["flat"]["cpu_p50"] / own["cpu_p50"]
        print(
            f"  {name:18} p50 {own['p50']:7.2f}   p99 {own['p99']:7.2f}   least {own['least']:6.2f} ms   n {own['n']}"
            f"   processor p50 {own['cpu_p50']:6.2f} ms, {ratio:.1f} times less than flat"
        )
    print(f"  recall@{TOP} {measured[f'recall_at_{TOP}']:.3f}, recall@{MANY} {measured[f'recall_at_{MANY}']:.3f}")
    opening, added = measured["open_ms"], measured["memory_added_mb"]
    print(
        f"  open p50 {opening['p50']} ms; sha256 {measured['verify_sha256_ms']} ms, signs compared with vectors ",
        end="",
    )
    print(f"{measured['verify_signs_ms']} ms")
    print(
        f"  memory added: {added['own']} MB of its own, {added['mapped']} MB mapped"
        f" (files: {measured['vectors_mb']} MB of vectors, {measured['signs_mb']} MB of signs)"
    )


if __name__ == "__main__":
    main()
