"""Text to vector, with the encoder that a Revision names; the only door to ONNX Runtime in the bot."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

import numpy as np
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from tokenizers import Tokenizer

from bot.domain import UnservableError
from bot.head import read_head
from bot.owners import read_owners

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

T = TypeVar("T")

_EMBEDDING_THREADS = 2
_OUTPUTS = ("vectors", "tokens", "states")


class Embedding(NamedTuple):
    """A text in float32: its `vector`, (dimension,), of length 1, and its `tokens`, (tokens, token_dimension).

    A token's vector is as long as the token matters.
    """

    vector: NDArray[np.float32]
    tokens: NDArray[np.float32]


class Seen(NamedTuple):
    """A text's Embedding, and the states, (1, tokens, dimension), that a reading of it goes on from."""

    embedding: Embedding
    states: NDArray[np.float32]


class Encoder:
    """One exported encoder: `int8` for questions, `fp32` for passages. Any number of threads may call it.

    `folder` holds the files of `bot.encoder_files`, already verified. `dimension` and `token_dimension` are the lengths
    of its vectors, `max_tokens` is where it cuts a text short; `head` weighs what they find, `owners` what they
    say of who decides.
    """

    def __init__(self, folder: Path, precision: Literal["int8", "fp32"] = "int8") -> None:
        facts = json.loads((folder / "encoder.json").read_text("utf-8"))
        self.dimension = int(facts["dimension"])
        self.token_dimension = int(facts["token_dimension"])
        self.folder = folder
        self.head = read_head(folder / "head.json")
        if len(self.head.field.weights) not in {0, self.dimension}:
            raise ValueError("head.json was fitted on vectors of another length")
        self.precision = precision
        self.max_tokens = int(facts["max_tokens"])
        self._tokenizer = tokenizer_of(folder / "tokenizer.json", self.max_tokens)
        self.owners = read_owners(folder / "owners.json", self.dimension)
        self.reads = bool(facts["reads"])
        self._session = session(folder / f"{precision}.onnx")
        self._late: dict[str, InferenceSession] = {}
        self._opening = Lock()

    @property
    def opened(self) -> list[str]:
        """The graphs that have been opened since, because a text needed them."""
        return list(self._late)

    def embed(self, text: str, *, closely: bool = False) -> Embedding:
        """The Embedding of a text; as `see` gives it."""
        return self.see(text, closely=closely).embedding

    def see(self, text: str, *, closely: bool = False) -> Seen:
        """What is seen of a text, from its first `max_tokens` tokens.

        Looked at `closely`, int8 sees very nearly what fp32 sees, in twice the time; fp32 looks closely always.
        ValueError, in one sentence, where the text holds half of a surrogate pair.
        """
        try:
            ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        except TypeError:
            raise ValueError("The text holds a broken character (half of a surrogate pair); type it again.") from None
        graph = self._graph("closely.onnx") if closely and self.precision == "int8" else self._session
        vectors, tokens, states = graph.run(_OUTPUTS, {"input_ids": ids})
        embedding = Embedding(np.asarray(vectors[0], dtype=np.float32), np.asarray(tokens[0], dtype=np.float32))
        return Seen(embedding, np.asarray(states, dtype=np.float32))

    def read(self, seen: Seen, *, closely: bool = False) -> NDArray[np.float32]:
        """The reading of a text for who decides, (dimension,), of length 1; `closely` as for `see`.

        It comes from layers of its own where the encoder has them, else it is the text's vector.
        """
        if not self.reads:
            return seen.embedding.vector
        form = "closely" if closely and self.precision == "int8" else self.precision
        (readings,) = self._graph(f"reader-{form}.onnx").run(("reading",), {"states": seen.states})
        return np.asarray(readings[0], dtype=np.float32)

    def _graph(self, name: str) -> InferenceSession:
        """A graph that not every question needs, opened when the first one does. Raises UnservableError."""
        if name not in self._late:
            with self._opening:
                if name not in self._late:
                    try:
                        self._late[name] = session(self.folder / name)
                    except ValueError as fault:
                        raise UnservableError(f"{self.folder / name} cannot be opened; build again.") from fault
        return self._late[name]

    def embed_all(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Embedding]:
        """The Embeddings of many texts, in their order; each is exactly what `embed` gives.

        `progress` hears how many more are done. ValueError for int8: passages are embedded in fp32 only.
        """
        return self._all(self.embed, texts, progress)

    def read_all(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[np.float32]]:
        """The reading and the vector of many texts, (2, dimension) each, as `embed_all` gives their Embeddings."""
        return self._all(self._reading_and_vector, texts, progress)

    def _reading_and_vector(self, text: str) -> NDArray[np.float32]:
        seen = self.see(text)
        return np.stack((self.read(seen), seen.embedding.vector))

    def _all(self, one: Callable[[str], T], texts: Sequence[str], progress: Callable[[int], None] | None) -> list[T]:
        if self.precision != "fp32":
            raise ValueError("Passages are embedded in fp32 only; int8 is for questions.")
        made = []
        # One text a run: batches of four are 7 % quicker, but then a vector's last bits depend on its neighbours.
        with ThreadPoolExecutor(_EMBEDDING_THREADS) as threads:
            for given in threads.map(one, texts):
                made.append(given)
                if progress is not None:
                    progress(1)
        return made


def opened(folder: Path) -> Encoder:
    """The encoder of a verified folder, for questions. UnservableError where it was made for another bot than this."""
    try:
        return Encoder(folder)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as fault:
        raise UnservableError(f"The encoder {folder.name} is not one that this bot reads; build again.") from fault


def tokenizer_of(path: Path, max_tokens: int | None = None) -> Tokenizer:
    """The tokenizer of a file, without padding; it cuts a text short after `max_tokens`, or never."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    if max_tokens is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(max_tokens)
    return tokenizer


def session(path: Path) -> InferenceSession:
    """A graph to be run by one thread a call, as the builder optimised it."""
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.graph_optimization_level = GraphOptimizationLevel.ORT_DISABLE_ALL  # the builder optimised the file already
    try:
        return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as fault:  # ONNX Runtime's own have no class in common but this one
        raise ValueError(f"{path.name} is no graph that can be run") from fault
