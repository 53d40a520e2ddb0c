"""This bot beside the plain script that a user would write: interleaved in one run, quiet and with a core kept busy.

usage: side_by_side.py [--knowledge DIR] [--index DIR] [--council NAME] [--rounds N] [--builds N] [--quick]
                       [--json FILE] [--picture FILE]

Every round has fresh processes and questions, and the side that begins changes; look at the ratios more than at the
seconds. A round takes three minutes and a build five, on two cores; `--quick` is a smoke run whose figures say nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from asking import distinct
from bench_table import show
from foreign import Meter
from measures import LOADS, PLAIN
from rounds import QUICK, STEPS, Bench, Plan, choose_way, first_time, ordered, round_of, under
from workshop import Workshop, workshop, write_sections

from bot.bootstrap import council_of
from index_builder.build import check
from index_builder.labelled import read_labelled
from index_builder.progress import bar, say

if TYPE_CHECKING:
    from collections.abc import Iterable

_OTHERS = Path(__file__).parents[1] / "training" / "councils"
_LIBRARIES = ("numpy", "onnxruntime", "faiss-cpu", "sentence-transformers", "torch")


def main() -> None:
    """Measure, print the table, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--knowledge", type=Path, default=Path("knowledge"))
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--council")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--builds", type=int)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    given = {name: value for name in ("rounds", "builds") if (value := getattr(options, name)) is not None}
    plan = replace(QUICK if options.quick else Plan(), **given)
    try:
        measured = measure(plan, options.knowledge, options.index, council_of(options.index, options.council))
    except subprocess.CalledProcessError as fault:
        parser.exit(1, f"{' '.join(fault.cmd)} failed:\n{fault.stderr.decode()}")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(measured, indent=1) + "\n", "utf-8")
    show(measured)
    if options.picture:
        from bench_picture import picture  # noqa: PLC0415 - matplotlib only where it is needed

        options.picture.parent.mkdir(parents=True, exist_ok=True)
        picture(measured, options.picture)


def measure(plan: Plan, knowledge: Path, index: Path, council: str) -> dict[str, Any]:
    """Run a plan: the figures of each round, and what they were measured with."""
    read, parsed = check(knowledge, council)
    own = distinct(question.ask for question in read.questions)
    typed = (q.text for c in read_labelled(_OTHERS) for paragraph in c.paragraphs for q in paragraph.questions)
    steps = len(LOADS) * (1 + plan.rounds * STEPS + plan.builds)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, bar("Measuring", steps) as advance:
        sections = Path(folder) / "sections.jsonl"
        write_sections(parsed.sections, sections)
        bench = Bench(plan, index, council, own, distinct(typed, own), sections, advance)
        first_time(bench)
        for load in LOADS:
            with under(load):
                choose_way(bench, load)
                advance(1)
        for number in range(plan.rounds):
            for load in LOADS:
                round_of(bench, load, number)
        if plan.builds:
            _builds(bench, Path(folder) / "workshop", knowledge)
        return {"about": _about(bench, len(parsed.sections)), "foreign_cores": bench.foreign, "figures": bench.figures}


def _builds(bench: Bench, folder: Path, knowledge: Path) -> None:
    folder.mkdir()
    try:
        made = workshop(folder, knowledge, bench.council)
        for number in range(bench.plan.builds):
            for load in LOADS:
                with under(load):
                    _build_round(bench, made, load, number)
                bench.advance(1)
    except (subprocess.CalledProcessError, LookupError) as fault:
        say(f"Builds are not measured: {fault} {(getattr(fault, 'stderr', b'') or b'').decode()[-1000:]}")


def _build_round(bench: Bench, made: Workshop, load: str, number: int) -> None:
    meter = Meter()
    for side in ordered(number):
        whole, edit = made.plain() if side == PLAIN else made.ours()
        bench.keep(load, "build_whole", side, whole)
        bench.keep(load, "build_edit", side, edit)
    bench.foreign[load].append(round(meter.cores(), 2))


def _about(bench: Bench, sections: int) -> dict[str, str]:
    words = fmean(len(text.split()) for text in (*bench.own, *bench.others))
    models = (row.partition(":")[2].strip() for row in _lines("/proc/cpuinfo") if row.startswith("model name"))
    return {
        "measured": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": f"{os.cpu_count()} cores, {next(models, platform.machine())}, Python {platform.python_version()}",
        "libraries": ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
        "council": f"{bench.council}, {sections} sections",
        "plan": ", ".join(f"{name} {value}" for name, value in vars(bench.plan).items()),
        "questions": (
            f"{len(bench.own)} of the council's own and {len(bench.others)} of other councils "
            f"(look-up, paraphrase, scenario, negation), {words:.1f} words on average; half of the council's own are "
            "asked once each, among the others', and half are the pool, drawn by Zipf's law (rank r with weight 1/r)"
        ),
        "the plain script": (
            "default threads; its vectors saved beforehand; for many askers the better for it of a lock and a pool of "
            f"as many threads as cores: {', '.join(f'{way} ({load})' for load, way in bench.way.items())}"
        ),
        "builds": (
            "ours: the command, rehearsal included, no vector remembered, the model exported already, then one section "
            "edited; plain: every section encoded, both times"
        ),
    }


def _lines(path: str) -> Iterable[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return ()


if __name__ == "__main__":
    main()
