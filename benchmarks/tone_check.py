"""What a tone check costs: milliseconds for e-mails of about 300 words, one thread, warm.

usage: tone_check.py [--index DIR] [--council NAME] [--words N] [--count N] [--json FILE]

The e-mails are made of the labelled ones of the held-apart set, one after another until there are words enough.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the bot itself does, before numpy is imported

import numpy as np

from bot.bootstrap import council_of, live, make_check_tone
from index_builder.drafts import read_drafts

DRAFTS = Path(__file__).parents[1] / "training" / "tone" / "held-apart.jsonl"
WARM_UP = 20


def mails(texts: list[str], words: int, count: int) -> list[str]:
    """`count` e-mails of `words` words, five in a hundred more or less."""
    chance = random.Random(0)  # noqa: S311 - it varies, it guards nothing
    short = [text for text in texts if len(text.split()) < words // 2]
    made: list[str] = []
    while len(made) < count:
        mail: list[str] = []
        while sum(len(part.split()) for part in mail) < 0.95 * words:
            mail.append(chance.choice(short))
        if sum(len(part.split()) for part in mail) <= 1.05 * words:
            made.append("\n\n".join(mail)[:10_000])
    return made


def main() -> None:
    """Check every e-mail and print the figures."""
    parser = argparse.ArgumentParser(description="What a tone check costs.")
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--council")
    parser.add_argument("--words", type=int, default=300)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    check = make_check_tone(live(options.index, council_of(options.index, options.council), print))
    given = mails([draft.text for draft in read_drafts(DRAFTS)], options.words, options.count)
    for mail in given[:WARM_UP]:
        check(mail)
    took = [check(mail).elapsed_ms for mail in given]
    told = {
        "mails": len(given),
        "words_median": float(np.median([len(mail.split()) for mail in given])),
        "p50_ms": round(float(np.median(took)), 2),
        "p99_ms": round(float(np.quantile(took, 0.99)), 2),
    }
    print(", ".join(f"{name} {figure}" for name, figure in told.items()))
    if options.json:
        options.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
