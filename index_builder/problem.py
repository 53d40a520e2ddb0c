"""One fault of a knowledge folder, said so that the person who wrote the line can mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """Where a fault stands (path, 1-based line) and one sentence that names the mend."""

    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"
