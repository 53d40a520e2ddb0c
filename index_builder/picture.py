"""Measurements as pictures (PNG): what was believed against what was right; who decides, and mistaken for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from index_builder.decisions import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from index_builder.decisions import Decisions
    from index_builder.score import Bin


def reliability(bins: Sequence[Bin], path: Path) -> None:
    """Draw the bins over the line on which belief and truth agree."""
    figure = _figure(5, 5)
    axes = figure.add_subplot()
    _agreement(axes, bins)
    axes.set(xlabel="belief that the first clause answers", ylabel="share where it does")
    axes.set_title(f"{sum(bin_.right.count for bin_ in bins)} questions")
    figure.savefig(path)


def who_decides(measured: Decisions, path: Path) -> None:
    """Draw the confusion of owners, the share right among the surest, and how far confidence is to be believed."""
    figure = _figure(15, 5)
    confusion, curve, agreement = figure.subplots(1, 3, width_ratios=(1.25, 1, 1))
    true = [score.owner for score in measured.owners if score.count]
    named = [*(score.owner for score in measured.owners), NOWHERE]
    counts = [[measured.confusion.get((owner, given), 0) for given in named] for owner in true]
    shares = [[count / sum(row) for count in row] for row in counts]
    confusion.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, cells in enumerate(counts):
        for column, count in enumerate(cells):
            dark = shares[row][column] > 0.5  # noqa: PLR2004 - half of the colours
            confusion.text(column, row, str(count or ""), ha="center", va="center", color="white" if dark else "black")
    confusion.set_xticks(range(len(named)), named, rotation=45, ha="right")
    confusion.set_yticks(range(len(true)), true)
    confusion.set(xlabel="signposted", ylabel="decides")
    confusion.set_title(f"macro-F1 {measured.macro_f1:.3f}, {sum(map(sum, counts))} scenarios")
    curve.plot(*zip(*measured.curve, strict=True))
    curve.set(xlim=(0, 1), ylim=(0.5, 1.01), xlabel="share answered, the surest first", ylabel="share right")
    curve.grid(visible=True, color="0.9")
    curve.set_title("right among the surest")
    _agreement(agreement, measured.bins)
    agreement.set(xlabel="confidence", ylabel="share right")
    agreement.set_title("confidence")
    figure.savefig(path)


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _agreement(axes: Axes, bins: Sequence[Bin]) -> None:
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="belief and truth agree")
    believed, right = [bin_.believed for bin_ in bins], [bin_.right for bin_ in bins]
    # Rounding can put the end of an interval a hair on the wrong side of its value.
    reach = [[max(0.0, r.value - r.low) for r in right], [max(0.0, r.high - r.value) for r in right]]
    axes.errorbar(believed, [r.value for r in right], yerr=reach, fmt="o-", capsize=3, label="observed, 95 % interval")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left")
