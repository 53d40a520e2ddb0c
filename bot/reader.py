"""What reads texts for an answer: an encoder, or whatever stands in for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.encoder import Embedding, Seen
    from bot.head import Head
    from bot.owners import OwnerHead


class Reader(Protocol):
    """An encoder (`bot.encoder`), or one that remembers what it read."""

    @property
    def head(self) -> Head:
        """What weighs the sections found."""

    @property
    def owners(self) -> OwnerHead:
        """What weighs who decides."""

    def embed(self, text: str, *, closely: bool = False) -> Embedding:
        """The Embedding of a text; `closely` where a quick look cannot tell two sections apart."""

    def see(self, text: str, *, closely: bool = False) -> Seen:
        """The Embedding of a text, and what a reading of it goes on from."""

    def read(self, seen: Seen, *, closely: bool = False) -> NDArray[np.float32]:
        """The reading of a text for who decides, (dimension,), of length 1."""
