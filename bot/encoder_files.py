"""The files of an exported encoder, and the digest that names the folder they stand in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ENCODER_FILES: tuple[str, ...] = (
    "closely.onnx",
    "encoder.json",
    "fp32.onnx",
    "head.json",
    "int8.onnx",
    "int8.weights",
    "owners.json",
    "reader-closely.onnx",
    "reader-fp32.onnx",
    "reader-int8.onnx",
    "reader-int8.weights",
    "tokenizer.json",
    "tone-int8.onnx",
    "tone-int8.weights",
    "tone-tokenizer.json",
    "tone.json",
)
READER_FILES: tuple[str, ...] = tuple(name for name in ENCODER_FILES if name.startswith("reader"))
"""What a reading for who decides needs."""
TONE_FILES: tuple[str, ...] = tuple(name for name in ENCODER_FILES if name.startswith("tone"))
"""What a tone check needs."""
QUESTION_FILES: tuple[str, ...] = tuple(name for name in ENCODER_FILES if "fp32" not in name and name not in TONE_FILES)
"""What a question needs: the files in fp32 are the builder's, who verifies them."""

MAPPED_FILES: tuple[str, ...] = tuple(
    name for name in ENCODER_FILES if name.endswith((".weights", "closely.onnx", "reader-int8.onnx"))
)
"""The files that are memory-mapped, or opened only by the first text that needs them."""


def file_sha256(path: Path) -> str:
    """The sha256 of a file in hexadecimal; OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def encoder_digest(folder: Path) -> str:
    """The first 16 hexadecimal digits of sha256 over the lines "name sha256 size" of the encoder's files, by name.

    Files that are not the encoder's own do not count; OSError where one of its own is missing.
    """
    paths = [folder / name for name in sorted(ENCODER_FILES)]
    lines = [f"{path.name} {file_sha256(path)} {path.stat().st_size}\n" for path in paths]
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]
