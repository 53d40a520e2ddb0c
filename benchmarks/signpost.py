"""What a signpost costs: milliseconds of a warm answer with and without it, and of it alone; interleaved.

usage: signpost.py [--index DIR] [--council NAME] [--scenarios FILE] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.encoder import Seen

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the bot itself does, before numpy is imported

import numpy as np

from bot.answer import Served, answer
from bot.bootstrap import council_of, live
from bot.domain import Question
from bot.signpost import Signposts
from index_builder.scenarios import read_scenarios

SCENARIOS = Path(__file__).parents[1] / "training" / "decisions" / "held-apart.jsonl"
WARM_UP = 20


class Silent(Signposts):
    """Signposts that are never put up, and cost nothing."""

    def __init__(self, served: Served) -> None:
        super().__init__(served.index, served.reader)

    def signpost(self, text: str, seen: Seen) -> None:
        """No signpost."""
        del text, seen


@dataclass(frozen=True)
class Way:
    """One way to answer, and the milliseconds that each scenario took."""

    served: Served
    times: list[float]


def main() -> None:
    """Ask every scenario both ways, and for its signpost alone, and print the table."""
    parser = argparse.ArgumentParser(description="What a signpost costs.")
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--council")
    parser.add_argument("--scenarios", type=Path, default=SCENARIOS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    served = live(options.index, council_of(options.index, options.council), print)()
    ways = {"with signposts": Way(served, []), "without": Way(replace(served, signposts=Silent(served)), [])}
    alone: list[float] = []
    texts = [scenario.text for scenario in read_scenarios(options.scenarios)]
    for place, text in enumerate([*texts[:WARM_UP], *texts]):
        counted = place >= WARM_UP
        for way in ways.values():
            took = answer(Question(text), way.served).elapsed_ms
            way.times.extend([took] * counted)
        seen = served.reader.see(text)
        start = time.perf_counter()
        served.signposts.signpost(text, seen)
        alone.extend([(time.perf_counter() - start) * 1000] * counted)
    rows = {**{name: way.times for name, way in ways.items()}, "the signpost alone": alone}
    told = {
        name: {"p50_ms": round(float(np.median(own)), 2), "p99_ms": round(float(np.quantile(own, 0.99)), 2)}
        for name, own in rows.items()
    }
    for name, figures in told.items():
        print(f"{name:22} p50 {figures['p50_ms']:6.2f} ms   p99 {figures['p99_ms']:6.2f} ms   n {len(texts)}")
    if options.json:
        options.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
