"""Several builders at once, and builders that die: one at a time, never a mix, and nothing said to be done is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from publisher import name_only_what_questions_need, publish_again

from bot import index as disk
from index_builder.publish import BusyError, history, one_builder

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNCIL = "barsetshire"
ROOT = Path(__file__).parents[2]
_ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(Path(__file__).parent)))}
_BUSY = f"Another build of {COUNCIL} is under way; wait until it is done.\n"


def _child(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", f"import sys; from pathlib import Path; import publisher; {code}", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_ENVIRONMENT)


def _building(knowledge: Path, index: Path, council: str) -> subprocess.Popen[str]:
    options = ["--knowledge", str(knowledge), "--index", str(index), "--council", council, "--json"]
    command = [sys.executable, "-m", "index_builder", "build", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_ENVIRONMENT)


def _revised(knowledge: Path, there: Path, words: str) -> Path:
    shutil.copytree(knowledge, there)
    text = there / COUNCIL / "protocol" / "protocol.md"
    text.write_text(text.read_text().replace("Officers set rotas", words))
    return there


def _leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith((".staging-", ".damaged-", ".current"))]


def test_two_builders_of_one_council_never_mix(own_index: Path, own_knowledge: Path, tmp_path: Path) -> None:
    words = ("Officers alone set rotas", "Officers and their managers set rotas")
    folders = [_revised(own_knowledge, tmp_path / f"copy {turn}", text) for turn, text in enumerate(words)]
    builders = [_building(folder, own_index, COUNCIL) for folder in folders]
    ends = [(builder.communicate()[1], builder.returncode) for builder in builders]
    done = [text for text, (_, status) in zip(words, ends, strict=True) if status == 0]
    assert done
    for said, status in ends:
        assert status == 0 or (said, status) == (_BUSY, 1)
    loaded = disk.load(own_index, COUNCIL, str(disk.current(own_index / COUNCIL)))
    texts = " ".join(section.text for section in loaded.revision.sections)
    assert sum(text in texts for text in done) == 1
    assert sum(text in texts for text in words) == 1
    assert len(history(own_index / COUNCIL)) == 1 + len(done)
    assert not _leftovers(own_index / COUNCIL)


@pytest.mark.slow
def test_two_councils_built_at_once_share_one_encoder(own_knowledge: Path, tmp_path: Path) -> None:
    index, councils = tmp_path / "fresh", (COUNCIL, "elsewhere")
    shutil.copytree(own_knowledge / COUNCIL, own_knowledge / "elsewhere")
    builders = [_building(own_knowledge, index, council) for council in councils]
    ends = [(builder.communicate()[1], builder.returncode) for builder in builders]
    assert [status for _, status in ends] == [0, 0], ends
    loaded = [disk.load(index, council, str(disk.current(index / council))) for council in councils]
    assert loaded[0].encoder == loaded[1].encoder
    encoders = index / disk.ENCODERS
    assert [path.name for path in encoders.iterdir() if path.is_dir()] == [loaded[0].encoder.name]
    assert not [
        left for folder in (encoders, *(index / council for council in councils)) for left in _leftovers(folder)
    ]


def test_a_builder_killed_while_it_holds_the_lock_stands_in_nobodys_way(own_index: Path) -> None:
    before = str(disk.current(own_index / COUNCIL))
    present = disk.load(own_index, COUNCIL, before)
    for turn in range(3):
        leftover = f".staging-2026-01-01-{turn:08x}-1"
        with _child("publisher.hold(Path(sys.argv[1]), *sys.argv[2:])", str(own_index), COUNCIL, leftover) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(BusyError, match=_BUSY.strip()), one_builder(own_index / COUNCIL):
                pass
            holder.send_signal(signal.SIGKILL)
        assert disk.current(own_index / COUNCIL) == before
        before = f"2026-01-01-{turn:08x}"
        publish_again(own_index, present, before)
        assert disk.current(own_index / COUNCIL) == before
        assert not _leftovers(own_index / COUNCIL)


def _racing(index: Path, rounds: int) -> list[subprocess.Popen[str]]:
    code = "publisher.publish_when_told(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))"
    builders = [_child(code, str(index), COUNCIL, str(first)) for first in (0x1000_0000, 0x2000_0000)]
    for builder in builders:
        assert builder.stdin is not None
        builder.stdin.write("\n" * rounds)
        builder.stdin.close()
        builder.stdin = None  # else communicate would flush it again
    return builders


def _read_while(index: Path, builders: Iterable[subprocess.Popen[str]]) -> Counter[str]:
    read: Counter[str] = Counter()
    while any(builder.poll() is None for builder in builders):
        name = str(disk.current(index / COUNCIL))
        headings = {section.heading for section in disk.load(index, COUNCIL, name, ()).revision.sections}
        read["mixed"] += headings != {name}
        read["loaded"] += 1
        time.sleep(0.002)
    return read


def _race(index: Path, rounds: int) -> None:
    first = "2026-01-01-00000001"
    name_only_what_questions_need(index, COUNCIL)
    publish_again(index, disk.load(index, COUNCIL, str(disk.current(index / COUNCIL))), first)
    earlier = len(history(index / COUNCIL))
    builders = _racing(index, rounds)
    read = _read_while(index, builders)
    said = [line.split()[0] for builder in builders for line in builder.communicate()[0].splitlines()]
    assert [builder.returncode for builder in builders] == [0, 0]
    recorded = [event["revision"] for event in history(index / COUNCIL)[earlier:]]
    lost = [name for name in said if recorded.count(name) != 1 or name not in disk.revisions(index / COUNCIL)]
    turns = sum(one[11] != two[11] for one, two in pairwise(recorded))
    sys.stdout.write(
        f"{len(said)} publications by two builders who took turns {turns} times; {read['loaded']} loads meanwhile: "
        f"mixed {read['mixed']}, acknowledged and lost {len(lost)}\n"
    )
    assert (len(said), lost, read["mixed"]) == (2 * rounds, [], 0)
    assert sorted(said) == sorted(recorded)
    assert disk.current(index / COUNCIL) == recorded[-1]
    assert not _leftovers(index / COUNCIL)


def test_two_builders_who_race_leave_every_reader_a_whole_revision(own_index: Path) -> None:
    _race(own_index, 4)


@pytest.mark.slow
def test_two_builders_who_race_for_long_leave_every_reader_a_whole_revision(own_index: Path) -> None:
    _race(own_index, 150)
    shutil.rmtree(own_index / COUNCIL)
