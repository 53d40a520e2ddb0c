"""The ratios as one picture (SVG or PNG): a dot a measure and load, its number beside it, the target as a black bar.

usage: bench_picture.py MEASURED.JSON PICTURE     draws again what `side_by_side.py --json` kept
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench_table import figure, times
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from measures import BUSY, LOADS, QUIET, compared

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from matplotlib.axes import Axes
    from measures import Compared

_INK = {QUIET: "#0072B2", BUSY: "#D55E00"}  # told apart by every common colour blindness, and by shape
_SHAPE = {QUIET: "o", BUSY: "D"}
_SAID = {QUIET: "machine quiet", BUSY: "one core kept busy"}
_AWAY = {QUIET: 0.19, BUSY: -0.19}  # of a line's middle
_WIDE = 2.2  # how far a number reaches to the right: where the target is nearer, it stands behind that
_ROOM = 3.0  # to the right of the farthest dot, for its number
_TITLE = "Times better than a plain sentence-transformers + FAISS script"


def picture(measured: Mapping[str, Any], path: Path) -> None:
    """Draw the measures that have a target."""
    rows = [row for row in compared(measured["figures"]) if row.measure.short]
    shown = list(dict.fromkeys(row.measure.key for row in rows))
    with rc_context({"font.size": 12, "svg.hashsalt": "bench"}):
        drawn = Figure(figsize=(9.6, 1.6 + 0.85 * len(shown)), dpi=150, layout="constrained")
        FigureCanvasAgg(drawn)
        axes = drawn.add_subplot()
        for row in rows:
            _dot(axes, row, len(shown) - 1 - shown.index(row.measure.key))
        _frame(axes, rows, shown)
        about = {"Title": _TITLE, "Description": "; ".join(map(_told, rows))}
        drawn.savefig(path, metadata={**about, "Date": None} if path.suffix == ".svg" else about)


def _dot(axes: Axes, row: Compared, line: int) -> None:
    height, ink = line + _AWAY[row.load], _INK[row.load]
    axes.plot([1, row.ratio], [height, height], color=ink, linewidth=2, alpha=0.35, zorder=1)
    axes.plot(
        [row.low, row.high], [height, height], color=ink, linewidth=6, alpha=0.35, solid_capstyle="butt", zorder=1
    )
    axes.plot(row.ratio, height, _SHAPE[row.load], color=ink, markersize=9, zorder=3)
    target = row.measure.target[row.load]
    axes.plot([target, target], [height - 0.17, height + 0.17], color="black", linewidth=3, zorder=2)
    start = max(row.ratio, row.high)
    start = (target if start <= target < start * _WIDE else start) * 1.12
    axes.text(start, height, times(row.ratio), va="center", color=ink, weight="bold", zorder=4)
    said = f"{_bare(row)} against {figure(row.other, row.measure.unit)}"
    axes.text(1.01, height, said, va="center", color="0.2", fontsize=11, transform=axes.get_yaxis_transform())


def _bare(row: Compared) -> str:
    return figure(row.ours, row.measure.unit).removesuffix(row.measure.unit).strip()


def _frame(axes: Axes, rows: list[Compared], shown: list[str]) -> None:
    names = {row.measure.key: row.measure.short for row in rows}
    axes.set_yticks(range(len(shown) - 1, -1, -1), [names[key] for key in shown])
    farthest = max(max(row.ratio, row.high, row.measure.target[row.load]) for row in rows)
    axes.set(
        xscale="log",
        xlim=(min(1.0, *(row.low for row in rows)) * 0.88, farthest * _ROOM),
        ylim=(-0.6, len(shown) - 0.4),
    )
    ticks = [tick for tick in (1, 3, 10, 30, 100, 300, 1000, 3000) if tick < farthest * _ROOM]
    axes.set_xticks(ticks, [f"{tick} ×" for tick in ticks])
    axes.minorticks_off()
    axes.tick_params(length=0)
    axes.grid(axis="x", color="0.88", zorder=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title(_TITLE, fontsize=14, weight="bold", loc="left", x=0, pad=34)
    marks = [
        Line2D([], [], color=_INK[load], marker=_SHAPE[load], linestyle="", markersize=9, label=_SAID[load])
        for load in LOADS
    ]
    target = Line2D([], [], color="black", marker="|", linestyle="", markersize=14, markeredgewidth=3, label="target")
    axes.legend(
        handles=[*marks, target], loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=3, frameon=False,
        handletextpad=0.2, columnspacing=1.4,
    )  # fmt: skip


def _told(row: Compared) -> str:
    name = row.measure.short.replace("\n", " ")
    return f"{name}, {_SAID[row.load]}: {times(row.ratio)} (target {row.measure.target[row.load]:g} ×)"


if __name__ == "__main__":
    picture(json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2]))
