"""What a second look costs: milliseconds of a warm question without it, as published, and always with it; interleaved.

usage: second_look.py [--knowledge DIR] [--index DIR] [--council NAME] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the bot itself does, before numpy is imported

import numpy as np

from bot.answer import answer, serve
from bot.bootstrap import council_of, live
from bot.domain import Question
from bot.encoder import Encoder
from index_builder.knowledge import read_knowledge

ALWAYS, NEVER = 2.0, 0.0  # `sure_from`: a belief that none reaches, and one that any does


def main() -> None:
    """Ask the council's own questions three ways and print the table."""
    parser = argparse.ArgumentParser(description="What a second look costs.")
    parser.add_argument("--knowledge", type=Path, default=Path("knowledge"))
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--council")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    council = council_of(options.index, options.council)
    index = live(options.index, council, print)().index
    encoder, policy = Encoder(index.encoder), index.revision.policy
    levels = {"first look only": NEVER, "as published": policy.sure_from, "always a second look": ALWAYS}
    ways = {
        name: serve(
            replace(index, revision=replace(index.revision, policy=replace(policy, sure_from=level))),
            encoder,
        )
        for name, level in levels.items()
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    looked = []
    for case in read_knowledge(options.knowledge, council).questions:
        for name, served in ways.items():
            given = answer(Question(case.ask), served)
            times[name].append(given.elapsed_ms)
            if name == "as published" and given.matches:
                looked.append(given.matches[0].late != 0)
    told = {
        name: {"p50_ms": round(float(np.median(own)), 2), "p99_ms": round(float(np.quantile(own, 0.99)), 2)}
        for name, own in times.items()
    }
    for name, figures in told.items():
        print(f"{name:22} p50 {figures['p50_ms']:6.2f} ms   p99 {figures['p99_ms']:6.2f} ms   n {len(times[name])}")
    print(f"a second look was taken for {np.mean(looked):.2f} of {len(looked)} searched questions")
    if options.json:
        options.json.write_text(json.dumps({**told, "taken": float(np.mean(looked))}) + "\n", "utf-8")


if __name__ == "__main__":
    main()
