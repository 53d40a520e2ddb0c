"""Reads the sentences of a draft for risk, with a graph of its own beside the encoder: int8, one thread."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bot.domain import Category, UnservableError
from bot.encoder import session, tokenizer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from bot.draft import Sentence

CATEGORIES = tuple(Category)
WINDOW = 254
"""The most tokens of a draft that are read together, beside the two that open and close them."""
_HALF = re.compile(r"[\ud800-\udfff]")
_CAPITALS = re.compile(r"\b[A-Z][A-Z'\u2019]+\b")


class Window(NamedTuple):
    """Sentences that are read together: what goes into the graph, and where its tokens stand in the draft.

    `ids` and `capitals` (whether a token is of a word in capitals) are (tokens,), `sentence` gives each token's place
    among `numbers`, -1 for the opening and closing one; `places` are code points, (tokens, 2).
    """

    ids: NDArray[np.int64]
    capitals: NDArray[np.float32]
    sentence: NDArray[np.int64]
    places: NDArray[np.int64]
    numbers: tuple[int, ...]

    def membership(self) -> NDArray[np.float32]:
        """Which tokens are of which sentence, (sentences, tokens), as 0 and 1."""
        rows = np.arange(len(self.numbers))[:, np.newaxis]
        membership: NDArray[np.float32] = (self.sentence[np.newaxis, :] == rows).astype(np.float32)
        return membership


class SentenceReading(NamedTuple):
    """What was read of one sentence, or of part of a long one: how likely a fair reader objects, to what, and where.

    `number` is the sentence's among those given; `categories` are probabilities, (12,), in the order of `CATEGORIES`;
    `places` are the code points of its tokens, (tokens, 2), `risk` the logit that a token is risky, (tokens, 12).
    """

    number: int
    concern: float
    categories: NDArray[np.float32]
    places: NDArray[np.int64]
    risk: NDArray[np.float32]


class ToneReader:
    """The tone graph of an encoder's folder, already verified. Any number of threads may call it."""

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "tone.json").read_text("utf-8"))
        if facts["categories"] != [str(category) for category in CATEGORIES]:
            raise ValueError("tone.json was fitted on other categories")
        self._slope, self._intercept = float(facts["slope"]), float(facts["intercept"])
        self._tokenizer = tokenizer_of(folder / "tone-tokenizer.json")
        self._session = session(folder / "tone-int8.onnx")

    def read(self, draft: str, sentences: Sequence[Sentence]) -> list[SentenceReading]:
        """The readings of a draft's sentences, in their order; a sentence too long for one window has several."""
        readings: list[SentenceReading] = []
        for window in windows(self._tokenizer, draft, sentences):
            readings += self._of(window)
        return readings

    def _of(self, window: Window) -> Iterator[SentenceReading]:
        membership = window.membership()
        given = {"input_ids": window.ids[np.newaxis], "capitals": window.capitals[np.newaxis], "sentences": membership}
        concern, categories, risk = self._session.run(("concern", "categories", "risk"), given)
        for row, number in enumerate(window.numbers):
            tokens = membership[row] > 0
            yield SentenceReading(
                number,
                _probability(self._slope * float(concern[row]) + self._intercept),
                _shares(categories[row]),
                window.places[tokens],
                risk[tokens],
            )


def opened(folder: Path) -> ToneReader:
    """The ToneReader of a verified folder. UnservableError where it was made for another bot than this."""
    try:
        return ToneReader(folder)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as fault:
        raise UnservableError(f"The tone reader in {folder.name} is of another format; build again.") from fault


def windows(tokenizer: Tokenizer, draft: str, sentences: Sequence[Sentence]) -> Iterator[Window]:
    """The windows of a draft, whole sentences where they fit; a longer one is cut between tokens."""
    readable = _HALF.sub("\ufffd", draft)  # half of a surrogate pair, which no tokenizer takes
    capital = np.zeros(len(draft) + 1, dtype=np.float32)
    for match in _CAPITALS.finditer(draft):
        capital[match.start() : match.end()] = 1
    encoded = tokenizer.encode_batch([readable[start:end] for start, end in sentences], add_special_tokens=False)
    parts: list[tuple[int, list[int], list[tuple[int, int]]]] = []
    used = 0
    for number, (sentence, tokens) in enumerate(zip(sentences, encoded, strict=True)):
        for begin in range(0, len(tokens.ids), WINDOW):
            ids = tokens.ids[begin : begin + WINDOW]
            places = [(sentence.start + a, sentence.start + b) for a, b in tokens.offsets[begin : begin + WINDOW]]
            if used + len(ids) > WINDOW:
                yield _window(tokenizer, parts, capital)
                parts, used = [], 0
            parts.append((number, ids, places))
            used += len(ids)
    if parts:
        yield _window(tokenizer, parts, capital)


def _window(
    tokenizer: Tokenizer, parts: Sequence[tuple[int, list[int], list[tuple[int, int]]]], capital: NDArray[np.float32]
) -> Window:
    opening, closing = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    ids = np.array([opening, *(token for _, tokens, _ in parts for token in tokens), closing], dtype=np.int64)
    places = np.array([(0, 0), *(place for _, _, given in parts for place in given), (0, 0)], dtype=np.int64)
    rows = [row for row, (_, tokens, _) in enumerate(parts) for _ in tokens]
    capitals = capital[places[:, 0]]
    capitals[[0, -1]] = 0
    sentence = np.array([-1, *rows, -1], dtype=np.int64)
    return Window(ids, capitals, sentence, places, tuple(number for number, _, _ in parts))


def _probability(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def _shares(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities that add to one."""
    likely = np.exp(logits - logits.max())
    shares: NDArray[np.float32] = likely / likely.sum()
    return shares
