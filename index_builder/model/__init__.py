"""A sentence-transformers model, brought in once: exported, quantised, checked and kept in the user's cache.

The only door to sentence-transformers in the builder; importing it is light.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from index_builder.model.adapt import adaptation_of
from index_builder.model.cache import alone, default_cache, published, sound
from index_builder.model.quiet import quiet
from index_builder.model.sample import SAMPLE
from index_builder.model.source import DEFAULT_MODEL, ModelProblem, folder_of, identity, name_of, weights_sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = ["DEFAULT_MODEL", "EXPORTER", "ModelProblem", "bring_in", "default_cache"]

EXPORTER = "7"  # raise it whenever an export would come out otherwise than before

_FP32_COSINE = 0.9999  # below this, on any text of the sample, an encoder is not the model it was made from


def bring_in(model: str, cache: Path, report: Callable[[str], None]) -> Path:
    """The folder of a model's exported encoder: the one in the cache where it is sound, else made now.

    `model` is DEFAULT_MODEL, a folder, or the name of a sentence-transformers model; `report` hears each long step.
    ModelProblem, in one sentence, where the model cannot be had, is not what was pinned, or comes out differently.
    """
    folder = cache / "encoders" / _key(model)
    if sound(folder):
        return folder
    try:
        with alone(folder.parent):
            if not sound(folder):  # another builder may have made it while this one waited
                _make(model, folder, report)
    except OSError as problem:
        raise ModelProblem(
            f"The encoder cannot be kept in {cache} ({problem.strerror}); make room there, or set PROTOCOL_BOT_CACHE."
        ) from problem
    return folder


def _key(model: str) -> str:
    return hashlib.sha256(
        f"{name_of(model)}\n{identity(model)}\n{adaptation_of(model).digest()}\n{EXPORTER}\n".encode()
    ).hexdigest()[:16]


def _make(model: str, folder: Path, report: Callable[[str], None]) -> None:
    facts = {"model": name_of(model), "weights_sha256": weights_sha256(model), "exporter": EXPORTER}
    weights, adaptation = folder_of(model), adaptation_of(model)
    with published(folder) as staging:
        report(f"Loading {model} with sentence-transformers")
        with _foreign(model, "loaded"):
            from index_builder.model import export  # noqa: PLC0415 - it imports PyTorch, which takes seconds

            loaded = export.load(weights, adaptation.adapters)
        report("Exporting it to ONNX, in fp32 and int8")
        with _foreign(model, "exported"):
            export.write(loaded, adaptation, staging, facts)
        report(f"Comparing the export with sentence-transformers on {len(SAMPLE)} texts")
        with _foreign(model, "compared with its export"):
            parity = export.compare(loaded, staging, SAMPLE)
        if not parity["fp32"]["min"] >= _FP32_COSINE:
            raise ModelProblem(
                f"The export of {model} does not give the vectors of sentence-transformers (cosine "
                f"{parity['fp32']['min']:.4f}, {_FP32_COSINE} is asked); choose another model."
            )
        report(
            f"Least cosine: {parity['fp32']['min']:.6f} in fp32, {parity['int8']['min']:.4f} in int8, "
            f"{parity['closely']['min']:.6f} in int8 that looks closely"
        )
        export.describe(staging, {"parity": _rounded(parity)})


def _rounded(parity: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Three decimals: the next ones differ from processor to processor, and the encoder's digest must not."""
    return {
        precision: {name: round(cosine, 3) for name, cosine in found.items()} for precision, found in parity.items()
    }


@contextmanager
def _foreign(model: str, done: str) -> Iterator[None]:
    """Other people's code at work on a model that may be of any kind: silent, and failing in one sentence."""
    try:
        with quiet():
            yield
    except ImportError as problem:
        raise ModelProblem(f"{problem.name} is missing; install the extra protocol-bot[model].") from problem
    except Exception as problem:  # whatever a model of an unknown kind does in these libraries
        reason = (str(problem).strip() or type(problem).__name__).splitlines()[0]
        raise ModelProblem(f"{model} could not be {done}: {reason}") from problem
