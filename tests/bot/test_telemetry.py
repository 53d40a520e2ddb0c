"""Nothing that the bot or the builder runs reports to anybody: ONNX Runtime's telemetry is off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from index_builder.model import DEFAULT_MODEL, bring_in, default_cache

OPEN = "from onnxruntime import InferenceSession; InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])"


def _left_behind(home: Path, before: str) -> list[str]:
    """What a process that opens a graph leaves in the home folder."""
    graph = bring_in(DEFAULT_MODEL, default_cache(), print) / "reader-int8.onnx"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    environment.pop("XDG_CACHE_HOME", None)
    command = [sys.executable, "-c", f"import sys; {before}; {OPEN}", str(graph)]
    subprocess.run(command, check=True, env=environment, cwd=home)
    return [path.name for path in home.rglob("*")]


@pytest.mark.parametrize("before", ["import bot", "import bot.encoder", "import index_builder.model.quantise"])
def test_no_device_number_is_kept_and_nothing_is_reported(tmp_path: Path, before: str) -> None:
    assert _left_behind(tmp_path, before) == []
