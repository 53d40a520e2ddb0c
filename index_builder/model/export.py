"""A sentence-transformers model as ONNX files that give the same vectors.

Importing this takes seconds (PyTorch), so `index_builder.model` does it only when an encoder must be made.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from bot.encoder import Encoder
from index_builder.model.quantise import quantise
from index_builder.model.sample import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_LIBRARIES = ("onnx", "onnxruntime", "sentence-transformers", "tokenizers", "torch", "transformers")
_OPSET = 20
_PRECISIONS: tuple[Literal["fp32", "int8"], ...] = ("fp32", "int8")


class _Sentence(torch.nn.Module):
    """Token ids and their mask, (batch, tokens), to one L2-normalised vector a text, (batch, dimension)."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        features = {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "token_type_ids": torch.zeros_like(input_ids),
        }
        return torch.nn.functional.normalize(self.model(features)["sentence_embedding"], p=2, dim=1)


def load(folder: Path) -> SentenceTransformer:
    """The model of a folder, on the processor, in fp32; nothing is fetched and none of its own code is run."""
    torch.set_num_threads(1)  # two OpenMP threads wait for each other as soon as another process wants a core
    model = SentenceTransformer(
        str(folder),
        device="cpu",
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"attn_implementation": "eager"},
    )
    return model.float().eval()


def write(model: SentenceTransformer, folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the encoder's files; `facts` go into encoder.json with the dimension, max_tokens and library versions."""
    if model.max_seq_length is None:
        raise ValueError("it does not say how many tokens it reads (max_seq_length)")
    _write_tokenizer(model, folder / "tokenizer.json")
    _export(model, folder / "plain.onnx")
    _optimise(folder / "plain.onnx", folder / "fp32.onnx")
    quantise(folder / "fp32.onnx", folder / "quantised.onnx", _sample(folder, model.max_seq_length))
    _optimise(folder / "quantised.onnx", folder / "int8.onnx")
    (folder / "plain.onnx").unlink()
    (folder / "quantised.onnx").unlink()
    shape = {"dimension": model.get_embedding_dimension(), "max_tokens": model.max_seq_length}
    describe(folder, {**facts, **shape, "libraries": {name: version(name) for name in _LIBRARIES}})


def describe(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write encoder.json anew, or add to what it says."""
    path = folder / "encoder.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps(known | dict(facts), indent=1, sort_keys=True) + "\n", "utf-8")


def compare(model: SentenceTransformer, folder: Path, texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """The least and the mean cosine, for fp32 and int8, between an export's vectors and those of the model itself."""
    wanted = model.encode(list(texts), batch_size=4, normalize_embeddings=True, show_progress_bar=False)
    return {precision: _agreement(Encoder(folder, precision), texts, wanted) for precision in _PRECISIONS}


def _agreement(encoder: Encoder, texts: Sequence[str], wanted: NDArray[np.float32]) -> dict[str, float]:
    found = np.array([encoder.embed(text) for text in texts], dtype=np.float64)
    cosines = np.sum(found * wanted, axis=1)
    return {"min": float(cosines.min()), "mean": float(cosines.mean())}


def _export(model: SentenceTransformer, path: Path) -> None:
    tokens = torch.ones((2, 9), dtype=torch.int64)
    axes = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        _Sentence(model),
        (tokens, tokens),
        path,
        input_names=["input_ids", "attention_mask"],
        output_names=["vectors"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "texts"}},
        opset_version=_OPSET,
        dynamo=False,  # the newer exporter takes four times as long, and its graph is refused by the optimiser
    )


def _sample(folder: Path, max_tokens: int) -> list[list[int]]:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    return [encoding.ids for encoding in tokenizer.encode_batch(list(SAMPLE))]


def _optimise(graph: Path, optimised: Path) -> None:
    """Keep what ONNX Runtime would do at every start; EXTENDED is its highest level not tied to one processor."""
    options = SessionOptions()
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(optimised)
    options.log_severity_level = 3
    InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def _write_tokenizer(model: SentenceTransformer, path: Path) -> None:
    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(path), pretty=False)
