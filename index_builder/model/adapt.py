"""What this project adds to a model: low-rank adapters for the default, a projection of tokens, a Head; and readers.

The reader is low-rank adapters of the upper layers, applied over the first: it tells who decides, with its OwnerHead.
The tone reader is a graph of its own, over the default model without adapters, beside whatever model is brought in.

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
READING = "reading.safetensors"
READER_FILES = ("adapter_config.json", "adapter_model.safetensors", READING)
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors", TOKENS)
TONE_HEADS, TONE_FACTS = "heads.safetensors", "tone.json"
TONE_FILES = ("adapter_config.json", "adapter_model.safetensors", TONE_HEADS, TONE_FACTS)
_TRAINING = Path(__file__).parents[2] / "training"
ADAPTERS = _TRAINING / "adapters"
_HEADS = _TRAINING / "heads"
READER = _TRAINING / "reader"
OWNERS_HEAD = _HEADS / "owners.json"
TONE = _TRAINING / "tone-reader"


@dataclass(frozen=True)
class Adaptation:
    """`adapters` is a folder in PEFT's format with the projection in `TOKENS`, or None; `head` is a `head.json`.

    `reader` is one over those adapters, with the attention to tokens in `READING`, or None; `owners` an `owners.json`;
    `tone` the tone reader's folder, or None for an encoder that checks no drafts.
    """

    adapters: Path | None
    head: Path
    reader: Path | None
    owners: Path
    tone: Path | None

    def digest(self) -> str:
        """What tells this adaptation from any other. OSError where a file cannot be read."""
        trained = [self.adapters / name for name in ADAPTER_FILES] if self.adapters else []
        trained += [self.reader / name for name in READER_FILES] if self.reader else []
        trained += [self.tone / name for name in TONE_FILES] if self.tone else []
        lines = [f"{path.name} {file_sha256(path)}\n" for path in (*trained, self.head, self.owners)]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def adaptation_of(model: str) -> Adaptation:
    """The adaptation of a model: the one that was trained for the default, the plain one for any other."""
    if model == DEFAULT_MODEL:
        return Adaptation(ADAPTERS, _HEADS / "adapted.json", READER, OWNERS_HEAD, TONE)
    return Adaptation(None, _HEADS / "plain.json", None, _HEADS / "owners-plain.json", TONE)
