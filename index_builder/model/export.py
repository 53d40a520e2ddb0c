"""A sentence-transformers model as ONNX files that give the same vectors.

Importing this takes seconds (PyTorch), so `index_builder.model` does it only when an encoder must be made.
"""

from __future__ import annotations

import copy
import json
import shutil
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from peft import PeftModel
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from bot.draft import sentences
from bot.encoder import Encoder, tokenizer_of
from bot.encoder_files import READER_FILES, TONE_FILES
from bot.tone_reader import windows
from index_builder.model.adapt import READING, TOKEN_DIMENSION, TOKENS, TONE_FACTS
from index_builder.model.fuse import fuse
from index_builder.model.quantise import quantise
from index_builder.model.sample import DRAFTS, SAMPLE
from index_builder.model.source import DEFAULT_MODEL, folder_of
from index_builder.model.tone import tone_graph
from index_builder.model.weights import move_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bot.encoder import Embedding
    from bot.tone_reader import Window
    from index_builder.model.adapt import Adaptation

_LIBRARIES = ("onnx", "onnxruntime", "peft", "sentence-transformers", "tokenizers", "torch", "transformers")
_OPSET = 20


class _Form(NamedTuple):
    """What goes into a graph and what comes out, by name, with an example and the axes that vary.

    `ranks` says that what comes out is ranked as fp32 ranks it, so that there is a form that reads closely as well.
    """

    example: tuple[torch.Tensor, ...]
    inputs: list[str]
    outputs: list[str]
    axes: dict[str, dict[int, str]]
    ranks: bool = False


_TONE_OUTPUTS = ["concern", "categories", "risk"]
_TONE_AXES = {
    "input_ids": {1: "tokens"},
    "capitals": {1: "tokens"},
    "sentences": {0: "sentences", 1: "tokens"},
    "concern": {0: "sentences"},
    "categories": {0: "sentences"},
    "risk": {0: "tokens"},
}
_TEXTS, _TOKENS = {0: "texts"}, {0: "texts", 1: "tokens"}
_EXAMPLE = torch.ones((2, 9), dtype=torch.int64)
_OF_SENTENCE = _Form(
    (_EXAMPLE,),
    ["input_ids"],
    ["vectors", "tokens", "states"],
    {"input_ids": _TOKENS, "vectors": _TEXTS, "tokens": _TOKENS, "states": _TOKENS},
    ranks=True,
)


class _Sentence(torch.nn.Module):
    """Token ids of texts without padding, (batch, tokens), to L2-normalised vectors.

    One a text, (batch, dimension), and one a token, (batch, tokens, token_dimension), as long as the token matters.
    The third output is the model's states above layer `above`, (batch, tokens, dimension), for a reader to go on from.
    """

    def __init__(self, model: SentenceTransformer, of_tokens: Mapping[str, torch.Tensor], above: int) -> None:
        super().__init__()
        self.model, self.above = model, above
        self.projection = torch.nn.Parameter(of_tokens["projection"].T.contiguous())
        self.importance = torch.nn.Parameter(of_tokens["importance"].T.contiguous())
        self.importance_bias = torch.nn.Parameter(of_tokens["importance_bias"])

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, ...]:
        made = self.model({"input_ids": input_ids, "token_type_ids": torch.zeros_like(input_ids)})
        vectors = torch.nn.functional.normalize(made["sentence_embedding"], p=2, dim=1)
        states = made["token_embeddings"]
        matters = torch.nn.functional.softplus(states @ self.importance + self.importance_bias)
        tokens = torch.nn.functional.normalize(states @ self.projection, p=2, dim=2) * matters
        return vectors, tokens, made["all_layer_embeddings"][self.above]


class Reader(torch.nn.Module):
    """The layers above one of the model's own, trained to tell who decides, and the tokens that count there.

    From the states of one text without padding, (1, tokens, dimension), to its L2-normalised reading, (1, dimension).
    """

    def __init__(self, layers: Sequence[torch.nn.Module], above: int, attention: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        self.layers, self.above = torch.nn.ModuleList(layers), above
        self.attention = torch.nn.Parameter(attention["attention"].T.contiguous())

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """The reading of a text."""
        read = states
        for layer in self.layers:
            read = layer(read)
        counts = torch.softmax(read @ self.attention, dim=1)
        return torch.nn.functional.normalize((counts * read).sum(1), p=2, dim=1)


def reader_of(model: SentenceTransformer, folder: Path) -> Reader:
    """The Reader of a folder in PEFT's format, over a model whose own adapters are merged already."""
    transformer: Any = model[0]
    adapted: Any = PeftModel.from_pretrained(copy.deepcopy(transformer.model), str(folder)).merge_and_unload()
    above = min(json.loads((folder / "adapter_config.json").read_text("utf-8"))["layers_to_transform"])
    return Reader(list(adapted.encoder.layer)[above:], above, load_file(folder / READING)).eval()


def load(folder: Path, adapters: Path | None = None) -> SentenceTransformer:
    """The model of a folder, on the processor, in fp32, with adapters merged into its weights.

    Nothing is fetched and none of its own code is run.
    """
    torch.set_num_threads(1)  # two OpenMP threads wait for each other as soon as another process wants a core
    model = SentenceTransformer(
        str(folder),
        device="cpu",
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"attn_implementation": "eager"},
    )
    if adapters is not None:
        transformer: Any = model[0]
        transformer.model = PeftModel.from_pretrained(transformer.model, str(adapters)).merge_and_unload()
    return model.float().eval()


def write(model: SentenceTransformer, adaptation: Adaptation, folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the encoder's files; `facts` go into encoder.json with the dimensions, max_tokens and library versions."""
    if model.max_seq_length is None:
        raise ValueError("it does not say how many tokens it reads (max_seq_length)")
    _write_tokenizer(model, folder / "tokenizer.json")
    shutil.copyfile(adaptation.head, folder / "head.json")
    shutil.copyfile(adaptation.owners, folder / "owners.json")
    transformer: Any = model[0]
    of_tokens = _of_tokens(adaptation.adapters, transformer.get_embedding_dimension())
    reader = reader_of(model, adaptation.reader) if adaptation.reader else None
    transformer.model.config.output_hidden_states = True
    sentence = _Sentence(model, of_tokens, reader.above if reader else 0).eval()
    sample = _sample(folder, model.max_seq_length)
    _write_graph(sentence, _OF_SENTENCE, sample, folder, "{}.onnx")
    if reader is None:
        for file in READER_FILES:
            (folder / file).touch()  # every encoder has the same files
    else:
        session = InferenceSession(str(folder / "fp32.onnx"), providers=["CPUExecutionProvider"])
        states = [{"states": session.run(("states",), given)[0]} for given in sample]
        form = _Form((torch.from_numpy(states[0]["states"]),), ["states"], ["reading"], {"states": _TOKENS}, ranks=True)
        _write_graph(reader, form, states, folder, "reader-{}.onnx")
    if adaptation.tone is None:
        for name in TONE_FILES:
            (folder / name).touch()  # as above
    else:
        _write_tone(adaptation.tone, folder)
    shape = {
        "dimension": model.get_embedding_dimension(),
        "token_dimension": TOKEN_DIMENSION,
        "max_tokens": model.max_seq_length,
        "reads": reader is not None,
    }
    describe(folder, {**facts, **shape, "libraries": {name: version(name) for name in _LIBRARIES}})


def _write_tone(tone: Path, folder: Path) -> None:
    """The tone reader, whole: it is of the default model, whatever model is brought in."""
    model = load(folder_of(DEFAULT_MODEL))
    transformer: Any = model[0]
    _write_tokenizer(model, folder / "tone-tokenizer.json")
    shutil.copyfile(tone / TONE_FACTS, folder / "tone.json")
    tokenizer = tokenizer_of(folder / "tone-tokenizer.json")
    sample = [_tone_inputs(window) for text in DRAFTS for window in windows(tokenizer, text, sentences(text))]
    form = _Form(tuple(map(torch.from_numpy, sample[0].values())), list(sample[0]), _TONE_OUTPUTS, _TONE_AXES)
    _write_graph(tone_graph(transformer.model, tone), form, sample, folder, "tone-{}.onnx")
    (folder / "tone-fp32.onnx").unlink()  # drafts are read in integers only


def _tone_inputs(window: Window) -> dict[str, NDArray[Any]]:
    given: dict[str, NDArray[Any]] = {"input_ids": window.ids[np.newaxis], "capitals": window.capitals[np.newaxis]}
    return given | {"sentences": window.membership()}


def describe(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write encoder.json anew, or add to what it says."""
    path = folder / "encoder.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps(known | dict(facts), indent=1, sort_keys=True) + "\n", "utf-8")


def compare(model: SentenceTransformer, folder: Path, texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """The least and the mean cosine between an export's vectors and those of the model itself.

    That is for fp32, for int8, and for int8 that looks closely.
    """
    wanted = model.encode(list(texts), batch_size=4, normalize_embeddings=True, show_progress_bar=False)
    fp32, int8 = Encoder(folder, "fp32"), Encoder(folder)
    ways: dict[str, Callable[[str], Embedding]] = {
        "fp32": fp32.embed,
        "int8": int8.embed,
        "closely": partial(int8.embed, closely=True),
    }
    return {way: _agreement(embed, texts, wanted) for way, embed in ways.items()}


def _agreement(
    embed: Callable[[str], Embedding], texts: Sequence[str], wanted: NDArray[np.float32]
) -> dict[str, float]:
    found = np.array([embed(text).vector for text in texts], dtype=np.float64)
    cosines = np.sum(found * wanted, axis=1)
    return {"min": float(cosines.min()), "mean": float(cosines.mean())}


def _of_tokens(adapters: Path | None, dimension: int) -> dict[str, torch.Tensor]:
    """What makes a token's vector short, (token_dimension, dimension), and says how much the token matters."""
    if adapters is not None:
        return dict(load_file(adapters / TOKENS))
    drawn = torch.empty(TOKEN_DIMENSION, dimension)
    return {
        "projection": torch.nn.init.orthogonal_(drawn, generator=torch.Generator().manual_seed(0)),
        "importance": torch.zeros(1, dimension),
        "importance_bias": torch.zeros(1),
    }


def _write_graph(
    module: torch.nn.Module, form: _Form, sample: Sequence[Mapping[str, NDArray[Any]]], folder: Path, name: str
) -> None:
    """Export, optimise and quantise one graph; `name` has a blank for the precision."""
    plain, fp32, int8 = folder / "plain.onnx", folder / name.format("fp32"), folder / name.format("int8")
    torch.onnx.export(
        module,
        form.example,
        plain,
        input_names=form.inputs,
        output_names=form.outputs,
        dynamic_axes=form.axes,
        opset_version=_OPSET,
        dynamo=False,  # the newer exporter takes four times as long, and its graph is refused by the optimiser
    )
    _optimise(plain, fp32)
    fuse(fp32)
    forms = [int8, folder / name.format("closely")] if form.ranks else [int8]
    drafts = [path.with_suffix(".draft") for path in forms]
    quantise(fp32, sample, *drafts)
    for draft, path in zip(drafts, forms, strict=True):
        _optimise(draft, path)
        draft.unlink()
    move_weights(forms, int8.with_suffix(".weights"))
    plain.unlink()


def _sample(folder: Path, max_tokens: int) -> list[dict[str, NDArray[Any]]]:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    return [{"input_ids": np.array([text.ids], dtype=np.int64)} for text in tokenizer.encode_batch(list(SAMPLE))]


def _optimise(graph: Path, optimised: Path) -> None:
    """Keep what ONNX Runtime would do at every start; EXTENDED is its highest level not tied to one processor.

    Its SkipLayerNormalization takes four times as long as the nodes that it replaces.
    """
    options = SessionOptions()
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(optimised)
    options.log_severity_level = 3
    InferenceSession(
        str(graph), options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
    )


def _write_tokenizer(model: SentenceTransformer, path: Path) -> None:
    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(path), pretty=False)
