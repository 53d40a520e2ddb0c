"""The reliability diagram: what was believed against what was right, as a PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from index_builder.score import Bin


def reliability(bins: Sequence[Bin], path: Path) -> None:
    """Draw the bins over the line on which belief and truth agree."""
    figure = Figure(figsize=(5, 5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="belief and truth agree")
    believed, right = [bin_.believed for bin_ in bins], [bin_.right for bin_ in bins]
    reach = [[r.value - r.low for r in right], [r.high - r.value for r in right]]
    axes.errorbar(believed, [r.value for r in right], yerr=reach, fmt="o-", capsize=3, label="observed, 95 % interval")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="belief that the first clause answers", ylabel="share where it does")
    axes.set_title(f"{sum(r.count for r in right)} questions")
    axes.legend(loc="upper left")
    figure.savefig(path)
