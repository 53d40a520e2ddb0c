"""A model, measured on labelled councils that it was not trained on, through all that a published revision does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.answer import serve
from bot.encoder import Encoder
from index_builder.assemble import assemble_labelled
from index_builder.evaluate import Result, evaluate, from_labelled
from index_builder.knowledge import UnsoundKnowledge
from index_builder.labelled import read_labelled
from index_builder.model import DEFAULT_MODEL, bring_in, default_cache
from index_builder.problem import Problem
from index_builder.progress import bar, say

if TYPE_CHECKING:
    from pathlib import Path


def on_labelled(folder: Path, split: str, model: str | None) -> tuple[Result, ...]:
    """Every question of the councils of a split, asked of their documents. Raises UnsoundKnowledge, ModelProblem."""
    councils = read_labelled(folder, (split,))
    if not councils:
        raise UnsoundKnowledge([Problem(str(folder), 1, f"No council here is in the split {split}; name another.")])
    encoder = bring_in(model or DEFAULT_MODEL, default_cache(), say)
    questions, passages = Encoder(encoder), Encoder(encoder, "fp32")
    indexes = [assemble_labelled(council, passages) for council in councils]
    cases = [from_labelled(council) for council in councils]
    results: list[Result] = []
    with bar("Asking", sum(map(len, cases))) as advance:
        for index, own in zip(indexes, cases, strict=True):
            results += evaluate(own, serve(index, questions), advance)
    return tuple(results)
