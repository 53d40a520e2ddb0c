"""Fit the OwnerHead: how the nearness of the catalogue's matters tells who decides, and what to believe of it.

usage: owners.py [--decisions FOLDER] [--owners FILE]

Run as a command it fits the head of a model that has no reader (the default one without adapters): nothing but
nearness and one bias an owner. `reader.py` fits that of the reader it trains.
"""

from __future__ import annotations

import argparse
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from bot.facts import as_read
from bot.owners import OWNERS
from index_builder.knowledge import read_base
from index_builder.model import DEFAULT_MODEL
from index_builder.model.adapt import OWNERS_HEAD
from index_builder.model.export import load
from index_builder.model.source import folder_of
from index_builder.progress import say
from index_builder.scenarios import read_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from bot.domain import Framework
    from index_builder.knowledge import Entry
    from index_builder.scenarios import Scenario

    Figures = NDArray[np.float64]

DECISIONS = Path(__file__).parent / "decisions"
SHARPNESSES = (10.0, 20.0, 40.0)
RIDGE = 1e-4
LOST = 0.003  # of the texts about who decides, those that are never read
PLACES = {owner: place for place, owner in enumerate(OWNERS)}


class Told(NamedTuple):
    """What texts that were kept back from training say, and what is true of them.

    `readings` (texts, dimension) and `logits` (texts, owners) are the reader's; `about` (texts,) the trained logit of
    being about who decides; `owners` (texts,) places in OWNERS, -1 for a text about something else.
    """

    readings: Figures
    logits: Figures
    about: Figures
    owners: NDArray[np.int64]


class Fitted(NamedTuple):
    """What was fitted: weights of the trained logits and of nearness, biases, and the same of being about it at all."""

    of_logits: float
    near: float
    sharpness: float
    biases: Figures
    of_about: float
    about_near: float
    about_bias: float


@cache
def _framework() -> Framework:
    return read_base().framework


def read_as(text: str) -> str:
    """A text as the bot reads it, with the base's limits."""
    framework = _framework()
    return as_read(text, framework.officers, framework.key_decision)


def scenarios_of(folder: Path) -> list[Scenario]:
    """The labelled scenarios to fit on, and the texts about something else."""
    return [*read_scenarios(folder / "scenarios.jsonl"), *read_scenarios(folder / "about.jsonl")]


def owners_of(scenarios: Iterable[Scenario]) -> NDArray[np.int64]:
    """The place of each scenario's owner, -1 for a text about something else."""
    return np.array([-1 if s.owner is None else PLACES[s.owner] for s in scenarios])


def matters_of(entries: Sequence[Entry], read: Callable[[Sequence[str]], Figures]) -> Figures:
    """The vector of each matter, (matters, dimension), of length 1: the mean of its title's and its phrasings'."""
    means = [read([read_as(t) for t in (entry.matter.title, *entry.phrasings)]).mean(axis=0) for entry in entries]
    stacked: Figures = np.stack(means) / np.linalg.norm(means, axis=1, keepdims=True)
    return stacked


def near_logits(cosines: Figures, standard: NDArray[np.int64], sharpness: float) -> Figures:
    """How near each owner's matters are, (texts, owners), as `bot.owners` reckons it; 0 for an owner without any."""
    near = np.zeros((len(cosines), len(OWNERS)))
    for owner in np.unique(standard):
        own = cosines[:, standard == owner]
        best = own.max(axis=1)
        near[:, owner] = best + np.log(np.exp(sharpness * (own - best[:, None])).mean(axis=1)) / sharpness
    return near


def fit(told: Told, entries: Sequence[Entry], matters: Figures, *, biases: bool) -> Fitted:
    """What makes the owners, and being about who decides, likeliest; with `biases`, one an owner is fitted too."""
    known = told.owners >= 0
    cosines = told.readings @ matters.T
    standard = np.array([PLACES[entry.matter.owner] for entry in entries])
    logits, owners = told.logits[known], told.owners[known]
    tables = {sharpness: near_logits(cosines[known], standard, sharpness) for sharpness in SHARPNESSES}

    def likely(sharpness: float) -> Any:
        table = tables[sharpness]

        def lost(x: Figures) -> float:
            scores = x[0] * logits + x[1] * table + (x[2:] if biases else 0)
            scores = scores - scores.max(axis=1, keepdims=True)
            chosen = scores[np.arange(len(owners)), owners] - np.log(np.exp(scores).sum(axis=1))
            return float(-chosen.mean() + RIDGE * np.square(x).sum())

        start = np.concatenate([[1.0, 1.0], np.zeros(len(OWNERS))])
        bounds = [(0, None), (0, None), *[(None, None)] * len(OWNERS)]  # nearness never speaks against an owner
        return minimize(lost, start, method="L-BFGS-B", bounds=bounds)

    sharpness, best = min(((s, likely(s)) for s in SHARPNESSES), key=lambda pair: float(pair[1].fun))
    added = best.x[2:] * biases
    guessed = (best.x[0] * logits + best.x[1] * tables[sharpness] + added).argmax(axis=1)
    right, alone = np.mean(guessed == owners), np.mean(logits.argmax(axis=1) == owners)
    say(f"kept back, n {len(owners)}: right {right:.3f}, without the nearness of matters {alone:.3f}")
    say(f"weight of logits {best.x[0]:.3f}, of nearness {best.x[1]:.3f}, sharpness {sharpness}")
    about = fit_about(told.about, cosines.max(axis=1), known)
    return Fitted(float(best.x[0]), float(best.x[1]), sharpness, added, *about)


def fit_about(logits: Figures, nearest: Figures, about: NDArray[np.bool_]) -> tuple[float, float, float]:
    """The weights of the trained logit and of the nearest matter's cosine, and the bias, of being about who decides."""

    def lost(x: Figures) -> float:
        scores = x[0] * logits + x[1] * nearest + x[2]
        return float(np.logaddexp(0, np.where(about, -scores, scores)).mean() + 1e-4 * np.square(x).sum())

    weights = minimize(lost, np.array([1.0, 1.0, 0.0]), method="L-BFGS-B").x
    return float(weights[0]), float(weights[1]), float(weights[2])


def worth(vectors: Figures, about: NDArray[np.bool_]) -> dict[str, Any]:
    """A Hunch above 0 for all but LOST of the texts that are about who decides, by their vectors alone."""
    model = LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced").fit(vectors, about)
    logits = vectors @ model.coef_[0]
    least = float(np.quantile(logits[about], LOST))
    say(f"worth a reading: {np.mean(logits[~about] >= least):.3f} of the texts about something else")
    return hunch(model.coef_[0], -least)


def hunch(weights: Iterable[float], bias: float) -> dict[str, Any]:
    """A Hunch as JSON."""
    return {"weights": [round(float(weight), 4) for weight in weights], "bias": round(float(bias), 4)}


def main() -> None:
    """Fit the head of the default model without adapters, which has no reader."""
    parser = argparse.ArgumentParser(description="Fit the OwnerHead of a model without a reader.")
    parser.add_argument("--decisions", type=Path, default=DECISIONS)
    parser.add_argument("--owners", type=Path, default=OWNERS_HEAD.with_name("owners-plain.json"))
    given = parser.parse_args()
    model, entries, scenarios = load(folder_of(DEFAULT_MODEL)), read_base().catalogue, scenarios_of(given.decisions)

    def read(texts: Sequence[str]) -> Figures:
        found = model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, dtype=np.float64)

    readings = read([read_as(scenario.text) for scenario in scenarios])
    nothing = np.zeros((len(scenarios), len(OWNERS)))
    told = Told(readings, nothing, np.zeros(len(scenarios)), owners_of(scenarios))
    fitted = fit(told, entries, matters_of(entries, read), biases=True)
    head = {
        "owners": [hunch((), bias) for bias in fitted.biases],
        "near": round(fitted.near, 4),
        "sharpness": fitted.sharpness,
        "about": hunch((), fitted.about_bias),
        "about_near": round(fitted.about_near, 4),
        "worth": hunch((), 1.0),
    }
    given.owners.write_text(json.dumps(head) + "\n", "utf-8")


if __name__ == "__main__":
    main()
