"""What each part brings, on councils never trained on: a table of rankings and of refusals.

usage: variants.py [--councils FOLDER] [--json FILE]

Every ranking is fitted on the dev split and measured on the test split, plain model and adapted one side by side. A
refusal's threshold is the one that answers 0.97 of what can be answered in the dev split.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from fit import KEPT, cases_of, rank, ranking
from looks import seen

from bot.encoder import Encoder
from bot.head import FEATURES, shares
from index_builder.knowledge import read_base
from index_builder.labelled import NEAR_MISS, OFF_TOPIC, read_labelled
from index_builder.model import DEFAULT_MODEL, bring_in, default_cache
from index_builder.model.source import folder_of
from index_builder.progress import say
from index_builder.score import share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fit import Table
    from looks import Seen

    from bot.domain import Policy
    from bot.head import Head
    from index_builder.score import Figure

USED = {
    "words in common alone (BM25, vocabulary)": ("lexical",),
    "section": ("whole",),
    "section, best part": ("whole", "part"),
    "section, best part, words": ("whole", "part", "lexical", "brief"),
    "tokens alone": ("late",),
    "all, at every section": FEATURES,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What each part brings, on councils never trained on.")
    parser.add_argument("--councils", type=Path, default=Path(__file__).parent / "councils")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    policy = read_base().policy
    table: list[tuple[str, dict[str, Figure | None]]] = []
    for name, model in (("plain", str(folder_of(DEFAULT_MODEL))), ("adapted", DEFAULT_MODEL)):
        encoder = bring_in(model, default_cache(), say)
        dev, test = (_alone(given.councils, split, encoder) for split in ("dev", "test"))
        table += [(f"{name}: {label}", _ranked(dev, test, used)) for label, used in USED.items()]
        head = Encoder(encoder).head
        table.append(
            (f"{name}: two looks, as it ships", _measured(dev, test, partial(_shipped, head=head, policy=policy)))
        )
    for label, figures in table:
        print(f"{label:45}" + "  ".join(f"{key} {_told(figure)}" for key, figure in figures.items()))
    if given.json:
        told = {label: {key: asdict(f) if f else None for key, f in figures.items()} for label, figures in table}
        given.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def _alone(councils: Path, split: str, encoder: Path) -> list[Seen]:
    return [case for case in seen(read_labelled(councils, (split,)), encoder) if case.alone]


def _ranked(dev: Sequence[Seen], test: Sequence[Seen], used: Sequence[str]) -> dict[str, Figure | None]:
    tables = [case.second for case in dev]
    weights = ranking(cases_of(dev, tables, [case.right for case in dev]), np.array([f in used for f in FEATURES]))

    def scored(case: Seen) -> tuple[Table, float]:
        logits = case.second @ weights
        return logits, float(logits.max())

    return _measured(dev, test, scored)


def _shipped(case: Seen, head: Head, policy: Policy) -> tuple[Table, float]:
    """The logits of all candidates, those of the second look first, and the probability that any answers."""
    logits = head.first.logits(case.first)
    covered = head.covered(head.first, case.first, case.asked, case.vector)
    if covered * shares(logits).max() >= policy.sure_from:
        return logits, covered
    best = np.argsort(-logits, kind="stable")[: policy.second_look]
    again = np.full(len(logits), -np.inf)
    again[best] = head.second.logits(case.second[best])
    return again, head.covered(head.second, case.second[best], case.asked, case.vector)


def _measured(
    dev: Sequence[Seen], test: Sequence[Seen], scored: Callable[[Seen], tuple[Table, float]]
) -> dict[str, Figure | None]:
    least = float(np.quantile([scored(case)[1] for case in dev if case.right is not None], 1 - KEPT))
    ranks, beliefs = [], {"": list[bool](), NEAR_MISS: list[bool](), OFF_TOPIC: list[bool]()}
    for case in test:
        logits, belief = scored(case)
        beliefs["" if case.right is not None else case.kind].append(belief >= least)
        if case.right is not None:
            ranks.append(rank(logits, case.right) if case.right >= 0 else len(logits))
    return {
        "first": share(before == 0 for before in ranks),
        "in three": share(before < 3 for before in ranks),  # noqa: PLR2004
        "answered": share(beliefs[""]),
        "near misses refused": share(not told for told in beliefs[NEAR_MISS]),
        "off-topic refused": share(not told for told in beliefs[OFF_TOPIC]),
    }


def _told(figure: Figure | None) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f}; {figure.count})" if figure else "–"


if __name__ == "__main__":
    main()
