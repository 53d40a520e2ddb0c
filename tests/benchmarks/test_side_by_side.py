"""The comparison with a plain script: ratios the right way up, targets told honestly, and a plain script that finds."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from threading import current_thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import asking
import bench_picture
import bench_table
import closed_loop
import foreign
import measures
import plain_script
import rounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEASURED: dict[str, Any] = json.loads((Path(__file__).parent / "measured.json").read_text("utf-8"))
ROWS = {(row.measure.key, row.load): row for row in measures.compared(MEASURED["figures"])}


def test_less_is_better_but_for_a_rate() -> None:
    assert ROWS["start", "quiet"].ratio == pytest.approx(5.8 / 0.2)
    assert ROWS["memory", "quiet"].ratio == pytest.approx(501 / 111)
    assert ROWS["distinct_64_rate", "quiet"].ratio == pytest.approx(850 / 65)


def test_an_edit_is_set_beside_our_own_whole_build() -> None:
    assert ROWS["build_share", "quiet"].ratio == pytest.approx(85 / 10.5)
    assert ROWS["build_edit", "quiet"].ratio == pytest.approx(11 / 10.5)


def test_single_rounds_are_compared_with_their_own_round() -> None:
    row = ROWS["warm_p50", "quiet"]
    assert (row.low, row.high) == pytest.approx((7.5 / 2.5, 8.0 / 2.0))


def test_a_target_is_reached_or_not() -> None:
    assert ROWS["start", "quiet"].reached is True
    assert ROWS["warm_p50", "quiet"].reached is False
    assert ROWS["warm_p50", "busy"].reached is True
    assert ROWS["build_share", "quiet"].reached is False
    assert ROWS["build_whole", "quiet"].reached is None


def test_what_was_not_measured_is_left_out() -> None:
    assert ("memory", "busy") not in ROWS
    assert ("served", "quiet") not in ROWS


def test_the_plain_lines_and_the_notes_say_it_all(capsys: pytest.CaptureFixture[str]) -> None:
    bench_table.show(MEASURED)
    said = capsys.readouterr().out
    assert "29 × better" in said
    assert "15 ×: reached" in said
    assert "quiet: 0.02, 0.04; a core kept busy: 0.01, 0.03" in said
    assert "targets reached: 5 of 7; not: a question, warm: p50 (quiet); that edit beside our own" in said


def test_the_table_has_both_loads_side_by_side() -> None:
    console = Console(file=StringIO(), width=200, record=True)
    console.print(bench_table.table(list(ROWS.values())))
    line = next(line for line in console.export_text().splitlines() if "a question, warm: p50" in line)
    assert "4 ×: NOT reached" in line
    assert "15 ×: reached" in line


@pytest.mark.parametrize("name", ["bench.svg", "bench.png"])
def test_the_picture_can_be_drawn(name: str, tmp_path: Path) -> None:
    bench_picture.picture(MEASURED, tmp_path / name)
    assert (tmp_path / name).stat().st_size > 10_000


def test_every_measure_that_is_pictured_has_both_targets() -> None:
    assert all(set(measure.target) == set(measures.LOADS) for measure in measures.MEASURES if measure.short)


class LetterCounts:
    """A model that turns a text into how often it has each letter."""

    def encode(self, texts: list[str], *, normalize_embeddings: bool) -> NDArray[np.float32]:
        """(texts, 26), each of length 1."""
        assert normalize_embeddings
        letters = "abcdefghijklmnopqrstuvwxyz"
        counts: NDArray[np.float32] = np.array([[text.lower().count(of) for of in letters] for text in texts], "<f4")
        counts /= np.linalg.norm(counts, axis=1, keepdims=True)
        return counts


def test_the_plain_script_finds_a_section(tmp_path: Path) -> None:
    texts = {
        "1": "The mayor presides.",
        "2": "Buzz, fizz, jazz.",
        "3": "Officers advise members.",
        "4": "Hear, hear.",
    }
    sections = [{"number": number, "heading": "On", "text": text} for number, text in texts.items()]
    plain = plain_script.Plain(sections, LetterCounts(), tmp_path / "saved.npy")
    found = [section["number"] for section in plain.nearest("fizz buzz jazz")]
    assert found[0] == "2"
    assert len(found) == plain_script.TOP
    assert (tmp_path / "saved.npy").exists()


def test_every_question_is_asked_once_by_so_many_askers() -> None:
    asked, askers = list[str](), set[str]()

    def ask(question: str) -> None:
        asked.append(question)
        askers.add(current_thread().name)
        time.sleep(0.001)

    took, wall = closed_loop.asked(ask, map(str, range(40)), 4, 60)
    assert sorted(asked, key=int) == [*map(str, range(40))]
    assert 1 <= len(askers) <= 4
    assert len(took) == 40
    assert 0.001 < min(took) / 1000 < wall


def test_a_fault_of_one_asker_is_not_lost() -> None:
    with pytest.raises(ZeroDivisionError):
        closed_loop.asked(lambda _: 1 / 0, ["why?"], 2, 60)


def test_no_question_is_dealt_twice_nor_from_the_pool() -> None:
    own, others = [f"own {number}" for number in range(20)], [f"other {number}" for number in range(50)]
    deck = asking.Deck(own, others, 3)
    dealt = [text for count in (12, 20, 100) for text in deck.deal(count)]
    assert len(dealt) == len(set(dealt)) == 60
    assert set(deck.pool) == set(own) - set(dealt)
    assert set(deck.drawn(200)) <= set(deck.pool)


def test_questions_that_differ_in_case_and_spaces_are_one() -> None:
    assert asking.distinct(["Who  decides?", "who decides?", "Why?"], known=["WHY?"]) == ["Who  decides?"]


def test_our_own_work_is_not_foreign_nor_that_of_a_process_we_started() -> None:
    before = foreign._own()
    subprocess.run([sys.executable, "-c", "while __import__('time').process_time() < 0.3: pass"], check=True)
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    assert (foreign._own() - before) * foreign._TICK > 0.5


def test_the_side_that_begins_changes() -> None:
    assert [rounds.ordered(number)[0] for number in range(3)] == ["plain", "ours", "plain"]
