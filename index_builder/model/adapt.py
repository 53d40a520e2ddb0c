"""What this project adds to a model: low-rank adapters for the default, a projection of tokens, a Head.

The adapters were trained on other councils' documents (`training/`). A model of another name gets a projection drawn
at random, which keeps angles between tokens nearly as they were, and the Head that was fitted on the default without
adapters.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from bot.encoder_files import file_sha256
from index_builder.model.source import DEFAULT_MODEL

TOKEN_DIMENSION = 96
TOKENS = "tokens.safetensors"
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors", TOKENS)
_TRAINING = Path(__file__).parents[2] / "training"
ADAPTERS = _TRAINING / "adapters"


@dataclass(frozen=True)
class Adaptation:
    """`adapters` is a folder in PEFT's format with the projection in `TOKENS`, or None; `head` is a `head.json`."""

    adapters: Path | None
    head: Path

    def digest(self) -> str:
        """What tells this adaptation from any other. OSError where a file cannot be read."""
        trained = [self.adapters / name for name in ADAPTER_FILES] if self.adapters else []
        lines = [f"{path.name} {file_sha256(path)}\n" for path in (*trained, self.head)]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def adaptation_of(model: str) -> Adaptation:
    """The adaptation of a model: the one that was trained for the default, the plain one for any other."""
    if model == DEFAULT_MODEL:
        return Adaptation(ADAPTERS, _TRAINING / "heads" / "adapted.json")
    return Adaptation(None, _TRAINING / "heads" / "plain.json")
