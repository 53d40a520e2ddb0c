"""Measurements as pictures (PNG): what was believed against what was right; who decides, and mistaken for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.domain import Category
from index_builder.decisions import NOWHERE
from index_builder.tones import UNFOUND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from index_builder.decisions import Decisions
    from index_builder.score import Bin
    from index_builder.tones import Tones


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
    _confusion(confusion, measured.confusion, true, named)
    confusion.set(xlabel="signposted", ylabel="decides")
    confusion.set_title(f"macro-F1 {measured.macro_f1:.3f}, {sum(score.count for score in measured.owners)} scenarios")
    curve.plot(*zip(*measured.curve, strict=True))
    curve.set(xlim=(0, 1), ylim=(0.5, 1.01), xlabel="share answered, the surest first", ylabel="share right")
    curve.grid(visible=True, color="0.9")
    curve.set_title("right among the surest")
    _agreement(agreement, measured.bins)
    agreement.set(xlabel="confidence", ylabel="share right")
    agreement.set_title("confidence")
    figure.savefig(path)


def tone(measured: Tones, path: Path) -> None:
    """Draw what categories are taken for, and how far a finding's confidence is to be believed."""
    figure = _figure(13, 7)
    confusion, agreement = figure.subplots(1, 2, width_ratios=(1.5, 1))
    found = [*map(str, Category), UNFOUND]
    _confusion(confusion, measured.confusion, list(map(str, Category)), found)
    confusion.set(xlabel="pointed out as", ylabel="marked as")
    confusion.set_title(f"F1 of concern {measured.f1:.3f}")
    _agreement(agreement, measured.bins)
    agreement.set(xlabel="confidence", ylabel="share in which a fair reader objects")
    figure.savefig(path)


def _confusion(axes: Axes, counts: Mapping[tuple[str, str], int], true: Sequence[str], given: Sequence[str]) -> None:
    """Counts of (true, given) as a coloured table, each row by its own share."""
    rows = [[counts.get((name, other), 0) for other in given] for name in true]
    shares = [[count / max(1, sum(row)) for count in row] for row in rows]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, cells in enumerate(rows):
        for column, count in enumerate(cells):
            dark = shares[row][column] > 0.5  # noqa: PLR2004 - half of the colours
            axes.text(column, row, str(count or ""), ha="center", va="center", color="white" if dark else "black")
    axes.set_xticks(range(len(given)), given, rotation=45, ha="right")
    axes.set_yticks(range(len(true)), true)


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
