"""What the tests share: the exported encoder (made once, kept in the user's cache) and Barsetshire, published once."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.bootstrap import live, make_ask
from index_builder.build import build

if TYPE_CHECKING:
    from bot.domain import Ask

KNOWLEDGE = Path(__file__).parent / "barsetshire"


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index folder with Barsetshire in force; read-only by agreement: a test that changes it takes `own_index`."""
    index = tmp_path_factory.mktemp("published")
    build(KNOWLEDGE, index, "barsetshire")
    return index


@pytest.fixture
def own_index(published: Path, tmp_path: Path) -> Path:
    """A copy of the published index that a test may damage (its encoder is linked: replace files, write to none)."""
    index = tmp_path / "index"
    shutil.copytree(published / "barsetshire", index / "barsetshire")
    shutil.copytree(published / "encoders", index / "encoders", copy_function=lambda a, b: Path(b).hardlink_to(a))
    return index


@pytest.fixture
def own_knowledge(tmp_path: Path) -> Path:
    """A copy of Barsetshire's knowledge that a test may edit."""
    knowledge = tmp_path / "knowledge"
    shutil.copytree(KNOWLEDGE, knowledge)
    return knowledge


@pytest.fixture
def ask(published: Path) -> Ask:
    """The real Ask over the published Barsetshire."""
    return make_ask(live(published, "barsetshire", logging.getLogger("tests").warning))


@pytest.fixture(scope="session")
def model_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index folder with the model council in force; read-only by agreement."""
    index = tmp_path_factory.mktemp("model")
    build(Path(__file__).parent.parent / "knowledge", index, "model")
    return index
