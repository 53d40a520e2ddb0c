"""The graph that reads the sentences of a draft for risk: the plain model's layers, adapted, with heads of their own.

Importing this takes seconds (PyTorch), so it is done only when an encoder must be made, or trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file

from bot.tone_reader import CATEGORIES
from index_builder.model.adapt import TONE_HEADS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SHARP = 12.0  # the length that states are given, so that heads need not grow
_HIDDEN = -1e4
_DROPPED = 0.1


class ToneGraph(torch.nn.Module):
    """From a window's tokens to the risk of its sentences.

    A sentence is read from its own tokens, those that matter most first, beside the window's opening token, which has
    seen them all. `capitals` is added to the embedding of a token that is part of a word in capitals: the model itself
    reads none.
    """

    def __init__(self, bert: Any) -> None:
        super().__init__()
        self.bert = bert
        dimension = bert.config.hidden_size
        self.capitals = torch.nn.Parameter(torch.zeros(dimension))
        self.attention = torch.nn.Linear(dimension, 1, bias=False)
        self.concern = torch.nn.Linear(2 * dimension, 1)
        self.categories = torch.nn.Linear(2 * dimension, len(CATEGORIES))
        self.risk = torch.nn.Linear(dimension, len(CATEGORIES))
        self.dropout = torch.nn.Dropout(_DROPPED)

    def heads(self) -> Iterator[torch.nn.Parameter]:
        """What is learnt beside the layers."""
        yield self.capitals
        for head in (self.attention, self.concern, self.categories, self.risk):
            yield from head.parameters()

    def batch(
        self, ids: torch.Tensor, capitals: torch.Tensor, member: torch.Tensor, padding: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Logits of windows: that a sentence is risky, (windows, sentences), of which category, and of each token.

        `ids`, `capitals` and `padding` (None for none) are (windows, tokens), `member` (windows, sentences, tokens).
        """
        states = self.bert.embeddings(input_ids=ids) + capitals.unsqueeze(-1) * self.capitals
        hidden = None if padding is None else padding[:, None, None, :] * _HIDDEN
        for layer in self.bert.encoder.layer:
            states = layer(states, hidden)
        states = torch.nn.functional.normalize(states, dim=-1) * _SHARP
        weights = self.attention(states).squeeze(-1).unsqueeze(1) + (1 - member) * _HIDDEN
        pooled = (torch.softmax(weights, dim=2) * member) @ states
        opening = states[:, :1].expand(-1, member.shape[1], -1)
        read = self.dropout(torch.cat([pooled, opening], dim=-1))
        return self.concern(read).squeeze(-1), self.categories(read), self.risk(self.dropout(states))

    def forward(
        self, input_ids: torch.Tensor, capitals: torch.Tensor, sentences: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The same of one window: (sentences,), (sentences, 12) and (tokens, 12)."""
        concern, categories, risk = self.batch(input_ids, capitals, sentences.unsqueeze(0), None)
        return concern[0], categories[0], risk[0]


def save_heads(graph: ToneGraph, folder: Path) -> None:
    """Write what is learnt beside the layers."""
    kept = {name: weight.contiguous() for name, weight in graph.state_dict().items() if not name.startswith("bert.")}
    save_file(kept, folder / TONE_HEADS)


def tone_graph(bert: Any, folder: Path) -> ToneGraph:
    """The ToneGraph of a folder in PEFT's format, over the plain model it was trained on."""
    adapted: Any = PeftModel.from_pretrained(bert, str(folder)).merge_and_unload()
    graph = ToneGraph(adapted)
    graph.load_state_dict(load_file(folder / TONE_HEADS), strict=False)
    return graph.eval()
