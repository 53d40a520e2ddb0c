"""What the bot's encoder promises: vectors of texts and tokens, the same every time, from the words alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tokenizers import Tokenizer

from bot.encoder import Embedding, Encoder
from index_builder.model import DEFAULT_MODEL, bring_in, default_cache

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ("Who decides?", "", "An officer advises and a Member decides. " * 20, "3.10", "e-mail tone", "Who decides?")


def _same(one: Embedding, other: Embedding) -> bool:
    """Whether two Embeddings agree to the last bit."""
    return all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))


@pytest.fixture(scope="session")
def folder() -> Path:
    return bring_in(DEFAULT_MODEL, default_cache(), print)


@pytest.fixture(scope="session")
def questions(folder: Path) -> Encoder:
    return Encoder(folder)


@pytest.fixture(scope="session")
def passages(folder: Path) -> Encoder:
    return Encoder(folder, "fp32")


def test_a_vector_is_a_unit_of_the_dimension_named(questions: Encoder, passages: Encoder) -> None:
    for encoder in (questions, passages):
        for text in TEXTS:
            vector = encoder.embed(text).vector
            assert vector.shape == (encoder.dimension,) == (384,)
            assert vector.dtype == np.float32
            assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_each_token_has_a_vector_of_the_token_dimension_named_and_some_length(
    questions: Encoder, passages: Encoder
) -> None:
    for encoder in (questions, passages):
        for text in TEXTS:
            tokens = encoder.embed(text).tokens
            assert tokens.shape[1] == encoder.token_dimension == 96
            assert tokens.dtype == np.float32
            assert np.all(np.isfinite(tokens))
            assert np.linalg.norm(tokens, axis=1).min() > 0


def test_tokens_are_those_of_the_text_and_two_marks_up_to_the_longest(passages: Encoder) -> None:
    lengths = [len(passages.embed(" ".join(["officer"] * words)).tokens) for words in (0, 1, 5, 254, 300)]
    assert lengths == [2, 3, 7, 256, 256]
    assert passages.max_tokens == 256


def test_the_same_text_gives_the_same_vector_to_the_last_bit(questions: Encoder, folder: Path) -> None:
    first = questions.embed("Who decides about the budget?")
    questions.embed("Something else altogether, and longer than what came before it.")
    assert _same(first, questions.embed("Who decides about the budget?"))
    assert _same(first, Encoder(folder).embed("Who decides about the budget?"))


def test_int8_stays_close_to_fp32(questions: Encoder, passages: Encoder) -> None:
    assert questions.embed("Who decides?").vector @ passages.embed("Who decides?").vector > 0.97


def test_meaning_is_what_brings_two_texts_together(questions: Encoder, passages: Encoder) -> None:
    question = questions.embed("May I be rude in an e-mail to a member of staff?").vector
    near = passages.embed("Members and officers write to each other courteously.").vector
    far = passages.embed("The council tax base is set each January.").vector
    assert question @ near > question @ far + 0.1


def test_many_texts_keep_their_order_and_are_what_one_alone_is(passages: Encoder) -> None:
    embeddings = passages.embed_all(TEXTS, None)
    assert all(_same(embedding, passages.embed(text)) for embedding, text in zip(embeddings, TEXTS, strict=True))


def test_progress_adds_up_to_the_number_of_texts(passages: Encoder) -> None:
    heard: list[int] = []
    passages.embed_all(TEXTS, heard.append)
    assert sum(heard) == len(TEXTS)


def test_no_texts_give_no_vectors(passages: Encoder) -> None:
    assert passages.embed_all([], None) == []


def test_passages_are_never_embedded_in_int8(questions: Encoder) -> None:
    with pytest.raises(ValueError, match="fp32 only"):
        questions.embed_all(TEXTS, None)


def test_a_text_is_read_to_its_256th_token_and_no_further(passages: Encoder) -> None:
    words = ["officer"] * 300  # one token each; two of the 256 mark the beginning and the end
    changed = {at: " ".join([*words[:at], "budget", *words[at + 1 :]]) for at in (130, 253, 254)}
    plain = passages.embed(" ".join(words))
    assert not _same(plain, passages.embed(changed[130]))
    assert not _same(plain, passages.embed(changed[253]))
    assert _same(plain, passages.embed(changed[254]))


def test_padding_and_cutting_set_in_the_tokenizer_are_overruled(folder: Path, tmp_path: Path) -> None:
    mixed = tmp_path / "encoder"
    shutil.copytree(folder, mixed)
    tokenizer = Tokenizer.from_file(str(mixed / "tokenizer.json"))
    tokenizer.enable_padding(length=128)
    tokenizer.enable_truncation(128)
    tokenizer.save(str(mixed / "tokenizer.json"))
    for text in ("officer", "officer " * 200):
        assert _same(Encoder(mixed).embed(text), Encoder(folder).embed(text))


def test_a_closer_look_sees_what_fp32_sees(questions: Encoder, passages: Encoder) -> None:
    for text in TEXTS:
        quick, close, exact = questions.embed(text), questions.embed(text, closely=True), passages.embed(text)
        assert close.vector @ exact.vector > 0.9999
        assert close.vector @ exact.vector > quick.vector @ exact.vector
        assert np.abs(close.tokens - exact.tokens).max() < np.abs(quick.tokens - exact.tokens).max()
        assert _same(close, questions.embed(text, closely=True))
        assert _same(exact, passages.embed(text, closely=True)), "fp32 looks closely always"


def test_a_closer_reading_reads_what_fp32_reads(questions: Encoder, passages: Encoder) -> None:
    seen, exact = questions.see("Who decides about the rota?"), passages.see("Who decides about the rota?")
    close, quick = questions.read(seen, closely=True), questions.read(seen)
    wanted = passages.read(exact)
    assert close @ wanted > 0.9999
    assert close @ wanted > quick @ wanted


def test_graphs_that_few_questions_need_are_opened_by_the_first_of_them(folder: Path) -> None:
    encoder = Encoder(folder)
    encoder.see("Who decides?")
    assert encoder.opened == []
    with ThreadPoolExecutor(4) as threads:
        seen = list(threads.map(partial(encoder.see, closely=True), ["Who decides?"] * 8))
    assert encoder.opened == ["closely.onnx"]
    assert all(_same(one.embedding, seen[0].embedding) for one in seen)
    encoder.read(seen[0])
    assert encoder.opened == ["closely.onnx", "reader-int8.onnx"]


def test_half_of_a_surrogate_pair_is_refused_in_one_sentence(questions: Encoder, passages: Encoder) -> None:
    with pytest.raises(ValueError, match=r"^The text holds a broken character .*\.$"):
        questions.embed("Who \ud800 decides?")
    with pytest.raises(ValueError, match=r"^The text holds a broken character .*\.$"):
        passages.embed_all(["Who decides?", "\udfff"], None)


def test_the_bot_embeds_without_pytorch(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from bot.encoder import Encoder;"
        "Encoder(Path(sys.argv[1])).embed('Who decides?');"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'onnx', 'scipy', 'sklearn'} & {*sys.modules}))"
    )
    finished = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"
    assert finished.stderr == ""
