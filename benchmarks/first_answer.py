"""Process start to first answer, beside a plain sentence-transformers + FAISS script: interleaved, one run.

usage: first_answer.py [--index DIR] [--council NAME] [--rounds N] [--json FILE]

The machine may be shared, so look at the ratio of the medians rather than at the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot import index as disk
from bot.bootstrap import council_of, live, make_ask
from bot.domain import Question

QUESTION = "is this operational or a Cabinet Member matter?"
HERE = Path(__file__).parent


def timed(command: list[str]) -> tuple[float, float]:
    """Wall seconds and CPU seconds of one whole process, its output read to the end."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def warm(index: Path, council: str, times: int = 300) -> list[float]:
    """Milliseconds of each of many questions in one warm process, as the answers themselves report them."""
    ask = make_ask(live(index, council, print))
    questions = [Question(f"{QUESTION} {number}") for number in range(times)]
    return [ask(question).elapsed_ms for question in questions][times // 10 :]


def main() -> None:
    """Run the rounds, print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--council")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    council = council_of(options.index, options.council)
    name = disk.current(options.index / council)
    with tempfile.TemporaryDirectory() as folder:
        sections = Path(shutil.copy(options.index / council / str(name) / "sections.jsonl", folder))
        commands = {
            "plain script": [sys.executable, str(HERE / "plain_script.py"), str(sections), QUESTION],
            "protocol-bot ask": [
                str(Path(sys.executable).with_name("protocol-bot")), "ask", QUESTION,
                "--index", str(options.index), "--council", council,
            ],
        }  # fmt: skip
        runs: dict[str, list[tuple[float, float]]] = {label: [] for label in commands}
        for command in commands.values():
            timed(command)  # the page cache and the plain script's saved vectors
        for _ in range(options.rounds):
            for label, command in commands.items():
                runs[label].append(timed(command))
    report(runs, warm(options.index, council), options.json)


def report(runs: dict[str, list[tuple[float, float]]], answers: list[float], file: Path | None) -> None:
    """Print, and keep as JSON, what was measured."""
    medians = {
        label: {"wall_s": statistics.median(w for w, _ in times), "cpu_s": statistics.median(c for _, c in times)}
        for label, times in runs.items()
    }
    plain, ours = medians["plain script"], medians["protocol-bot ask"]
    times = {"p50": statistics.median(answers), "p99": statistics.quantiles(answers, n=100)[98], "n": len(answers)}
    facts = {
        "rounds": len(runs["plain script"]),
        "load": os.getloadavg()[0],
        "start_to_first_answer": medians,
        "ratio_wall": plain["wall_s"] / ours["wall_s"],
        "ratio_cpu": plain["cpu_s"] / ours["cpu_s"],
        "warm_ms": times,
    }
    for label, median in medians.items():
        print(f"{label:18s} start to first answer: {median['wall_s']:.3f} s wall, {median['cpu_s']:.3f} s CPU (median)")
    print(f"ratio of medians: {facts['ratio_wall']:.1f} wall, {facts['ratio_cpu']:.1f} CPU, {facts['rounds']} rounds")
    print(f"warm question: p50 {times['p50']:.2f} ms, p99 {times['p99']:.2f} ms, n {times['n']}")
    if file:
        file.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
