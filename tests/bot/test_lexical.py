"""Words in common: how much of a question each section holds, and how much of it none does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Section
from bot.lexical import terms
from index_builder.weigh import weigh

TEXTS = ("Officers set rotas.", "Members set policy.", "Officers advise Members.")
LEXICAL = weigh(tuple(Section("protocol", str(row), "", ("",), text) for row, text in enumerate(TEXTS)))

words = st.lists(st.sampled_from("officers members rotas policy advise scones bins the".split()), max_size=6)


def test_nothing_asked_is_held_by_none() -> None:
    assert LEXICAL.unseen_share([]) == 1
    assert LEXICAL.cover([]).tolist() == [0, 0, 0]


def test_a_word_that_no_section_holds_is_unseen_and_one_that_some_do_is_not() -> None:
    assert LEXICAL.unseen_share(terms("scones")) == 1
    assert LEXICAL.unseen_share(terms("rotas and officers")) == 0


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    common, rare = (LEXICAL.unseen_share(terms(f"scones {word}")) for word in ("officers", "rotas"))
    assert 0.5 < rare < common < 1


@given(words)
def test_shares_are_shares_and_a_word_typed_twice_counts_once(asked: list[str]) -> None:
    question = terms(" ".join(asked))
    cover = LEXICAL.cover(question)
    assert 0 <= cover.min() <= cover.max() <= 1 + 1e-6
    assert 0 <= LEXICAL.unseen_share(question) <= 1
    assert LEXICAL.unseen_share(question + question) == pytest.approx(LEXICAL.unseen_share(question))
    assert cover.max() <= 1 - LEXICAL.unseen_share(question) + 1e-6, "no section holds what none does"
