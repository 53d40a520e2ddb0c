"""The scripts of `training/`, imported as they import each other, without the warnings of PyTorch."""

from __future__ import annotations

import sys
from pathlib import Path

from index_builder.model.quiet import quiet

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
with quiet():
    import fit
    import train

__all__ = ["fit", "train"]
