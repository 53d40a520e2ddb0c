"""This bot, in a process of its own, asked as its standard input says (closed_loop.py): each answer whole, as served.

usage: contender.py INDEX COUNCIL
"""

from __future__ import annotations

import sys
from pathlib import Path

from closed_loop import attend

import bot.__main__  # noqa: F401 - the environment that the command sets before numpy is imported
from bot.bootstrap import live, make_ask
from bot.domain import Question


def main(index: str, council: str) -> None:
    """Serve the revision in force, as the surfaces do."""
    ask = make_ask(live(Path(index), council, lambda sentence: print(sentence, file=sys.stderr)))
    attend({"ask": lambda text: ask(Question(text))})


if __name__ == "__main__":
    main(*sys.argv[1:])
