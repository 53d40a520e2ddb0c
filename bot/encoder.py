"""Text to vector, with the encoder that a Revision names; the only door to ONNX Runtime in the bot."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

import numpy as np
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_EMBEDDING_THREADS = 2


class Encoder:
    """One exported encoder: `int8` for questions, `fp32` for passages. Any number of threads may call it.

    `folder` holds the files of `bot.encoder_files`, already verified; `dimension` is the length of its vectors.
    """

    def __init__(self, folder: Path, precision: Literal["int8", "fp32"] = "int8") -> None:
        facts = json.loads((folder / "encoder.json").read_text("utf-8"))
        self.dimension = int(facts["dimension"])
        self._precision = precision
        self._tokenizer = _tokenizer(folder / "tokenizer.json", int(facts["max_tokens"]))
        self._session = _session(folder / f"{precision}.onnx")

    def embed(self, text: str) -> NDArray[np.float32]:
        """The L2-normalised vector of a text, (dimension,), from its first `max_tokens` tokens.

        ValueError, in one sentence, where the text holds half of a surrogate pair.
        """
        try:
            tokens = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        except TypeError:
            raise ValueError("The text holds a broken character (half of a surrogate pair); type it again.") from None
        vectors = self._session.run(None, {"input_ids": tokens, "attention_mask": np.ones_like(tokens)})
        return np.asarray(vectors[0][0], dtype=np.float32)

    def embed_all(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """The vectors of many texts, (texts, dimension), in their order; each is exactly what `embed` gives.

        `progress` hears how many more are done. ValueError for int8: passages are embedded in fp32 only.
        """
        if self._precision != "fp32":
            raise ValueError("Passages are embedded in fp32 only; int8 is for questions.")
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        # One text a run: batches of four are 7 % quicker, but then a vector's last bits depend on its neighbours.
        with ThreadPoolExecutor(_EMBEDDING_THREADS) as threads:
            for row, vector in enumerate(threads.map(self.embed, texts)):
                vectors[row] = vector
                if progress is not None:
                    progress(1)
        return vectors


def _tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _session(path: Path) -> InferenceSession:
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.graph_optimization_level = GraphOptimizationLevel.ORT_DISABLE_ALL  # the builder optimised the file already
    return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
