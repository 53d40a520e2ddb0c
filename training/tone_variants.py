"""What each way of judging a draft brings, on drafts that nothing was fitted on: prints a table.

usage: tone_variants.py [--index DIR] [--council NAME] [FILE …]

Signals alone; logistic regression on the plain model's vectors, of whole drafts; what is published (the reader, with
the signals and without). All learn from the same drafts, and each FILE (default: the held-apart one) is JSON lines.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression
from tone import DRAFTS, HERE

from bot.bootstrap import council_of, live
from bot.domain import Category, Finding, ToneReport
from bot.phrases import Phrases
from bot.tone import Tones
from index_builder.drafts import drafts_of, read_drafts
from index_builder.knowledge import read_base
from index_builder.model import DEFAULT_MODEL
from index_builder.model.export import load
from index_builder.model.source import folder_of
from index_builder.tones import check_all, tones

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.domain import ToneGuide
    from bot.live import Live
    from index_builder.drafts import LabelledDraft


EVEN = 0.5


def report(draft: str, found: Sequence[tuple[Category, int, int, float]]) -> ToneReport:
    """A ToneReport of these places alone."""
    findings = tuple(
        Finding(category, "", start, end, draft[start:end], "", "", "", (start, end), confidence)
        for category, start, end, confidence in found
    )
    return ToneReport(draft, findings, (), (), (), draft)


def by_signals(guide: ToneGuide) -> Callable[[str], ToneReport]:
    """Whatever holds a signal, wherever it stands."""
    signals = [(rule.category, Phrases(rule.signals)) for rule in guide.rules]
    return lambda draft: report(
        draft, [(category, *span, 1.0) for category, phrases in signals for span in phrases.spans(draft)]
    )


def by_regression(known: Sequence[LabelledDraft]) -> Callable[[str], ToneReport]:
    """Logistic regression on the plain model's vector of the whole draft, for concern and then for the category."""
    model = load(folder_of(DEFAULT_MODEL))

    def vectors(texts: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.asarray(model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False))

    of_known = vectors([draft.text for draft in known])
    risky = np.array([draft.concern for draft in known])
    concern = LogisticRegression(C=10, max_iter=2000).fit(of_known, risky)
    named = [str(draft.categories[0]) for draft in known if draft.concern]
    category = LogisticRegression(C=10, max_iter=2000).fit(of_known[risky], named)

    def check(draft: str) -> ToneReport:
        vector = vectors([draft])
        belief = float(concern.predict_proba(vector)[0, 1])
        found = [(Category(category.predict(vector)[0]), 0, len(draft), belief)]
        return report(draft, found if belief >= EVEN else [])

    return check


def published(serving: Live, *, signals: bool) -> Callable[[str], ToneReport]:
    """What is in force, with its signals or without any."""
    tone_checks = serving.tones()
    if signals:
        return tone_checks.check
    revision = serving().index.revision
    rules = tuple(replace(rule, signals=()) for rule in revision.tone.rules)
    return Tones(replace(revision, tone=replace(revision.tone, rules=rules)), tone_checks.reader).check


def main() -> None:
    """Measure each way on each file."""
    parser = argparse.ArgumentParser(description="What each way of judging a draft brings.")
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--council")
    parser.add_argument("files", nargs="*", type=Path, default=[HERE / "tone" / "held-apart.jsonl"])
    given = parser.parse_args()
    base = read_base()
    known = [*drafts_of(base), *read_drafts(DRAFTS)]
    serving = live(given.index, council_of(given.index, given.council), print)
    ways = {
        "signals alone": by_signals(base.tone),
        "plain vectors, logistic regression": by_regression(known),
        "the reader, no signals": published(serving, signals=False),
        "the reader and signals (ships)": published(serving, signals=True),
    }
    for path in given.files:
        drafts = read_drafts(path)
        print(f"{path.name}: {len(drafts)} drafts, {sum(draft.concern for draft in drafts)} of concern")
        for name, check in ways.items():
            measured = tones(check_all(drafts, check))
            false = measured.false_alarms.value if measured.false_alarms else 0.0
            spans = measured.spans.value if measured.spans else 0.0
            category = measured.category.value if measured.category else 0.0
            print(
                f"  {name:36} F1 {measured.f1:.3f}  recall {measured.recall:.3f}  fair flagged {false:.3f}"
                f"  spans {spans:.3f}  category {category:.3f}"
            )


if __name__ == "__main__":
    main()
