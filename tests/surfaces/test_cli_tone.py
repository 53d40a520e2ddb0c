"""The command `protocol-bot tone`, run as its user runs it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from running_slack import check_tone

from bot import bootstrap
from bot.__main__ import main
from bot.domain import Category
from bot.surfaces.cli.tone import check_batch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Tone = Callable[..., tuple[int, str, str]]

KEYS = ["status", "findings", "keep", "advice", "details", "rewritten", "revision", "elapsed_ms"]
FINDING_KEYS = ["category", "start", "end", "quote", "why", "suggestion", "section"]
DETAIL_KEYS = ["kind", "start", "end", "quote", "says"]
RUDE = (
    "Dear Ann,\n\nThank you for the figures. You are useless and you know it. "
    "I WANT AN ANSWER TODAY OR ELSE. Ring me on 07700 900123.\n"
)
FAIR = (
    "Dear Ann,\n\nCould you please send the figures by Friday, because the committee meets on Monday?\n\nThank you.\n"
)


class _Stdin:
    """Standard input with these bytes."""

    def __init__(self, given: bytes) -> None:
        self.buffer = io.BytesIO(given)

    def isatty(self) -> bool:
        return False


@pytest.fixture
def tone(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Tone:
    """Runs the command over a small true tone check: the exit status, what it printed, and what it complained of."""
    monkeypatch.setattr(bootstrap, "live", lambda *_: SimpleNamespace())
    monkeypatch.setattr(bootstrap, "make_check_tone", lambda _: check_tone)

    def run(*arguments: str, given: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", _Stdin(given))
        status = main(["tone", "--index", str(tmp_path), *arguments])
        sys.stdout.flush()
        printed, complaint = capfdbinary.readouterr()
        return status, printed.decode(), complaint.decode()

    return run


def _file(folder: Path, content: bytes) -> str:
    path = folder / "draft.txt"
    path.write_bytes(content)
    return str(path)


# Over a small check ---------------------------------------------------------------------------------------------------


def test_a_file_a_dash_and_standard_input_are_the_same_draft(tone: Tone, tmp_path: Path) -> None:
    draft = "You are useless, Ŵyn."
    read = tone(_file(tmp_path, draft.encode()), "--json")
    assert read[0] == 0
    assert json.loads(read[1])["findings"][0]["quote"] == "useless"
    assert tone("-", "--json", given=draft.encode()) == tone("--json", given=draft.encode()) == read


def test_a_mark_of_byte_order_is_no_part_of_the_draft(tone: Tone, tmp_path: Path) -> None:
    _, printed, _ = tone(_file(tmp_path, b"\xef\xbb\xbfYou are useless."), "--json")
    report = json.loads(printed)
    assert (report["findings"][0]["start"], report["rewritten"]) == (8, "You are not what I need.")


def test_line_ends_stay_as_they_are_so_that_places_are_those_of_the_file(tone: Tone) -> None:
    _, printed, _ = tone("--json", given=b"Dear Ann,\r\n\r\nYou are useless.\r\n")
    assert json.loads(printed)["findings"][0]["start"] == 21


def test_the_text_names_each_finding_with_its_words_and_what_else_to_say(tone: Tone) -> None:
    status, printed, complaint = tone(given=b"Useless? You are useless. That is useless. By Friday, please.")
    assert (status, complaint) == (0, "")
    assert printed.startswith("2 places are worth another look.\n\n")
    for number in (1, 2):
        assert f"[{number}] Criticism of the person: “useless”\n    This is about the person.\n" in printed
    assert printed.count("    Perhaps: “not what I need”\n    See Member/Officer Protocol, section 4.2") == 2
    assert "Before you send\n  • Ring first." in printed
    assert "Worth keeping\n  • It says by when." in printed
    assert "You are not what I need. That is not what I need." in printed
    assert printed.endswith("This draft is kept nowhere.\n")


def test_the_text_of_a_draft_with_nothing_to_point_out_says_so(tone: Tone) -> None:
    assert tone(given=b"Thank you.")[:2] == (0, "Nothing needs pointing out.\n\nThis draft is kept nowhere.\n")


UNUSABLE = [
    (b"", "Paste a draft."),
    (b" \n\t ", "Paste a draft."),
    (b"x" * 10_001, "That is longer than 10,000 characters."),
    (b"x" * 3_000_000, "That is longer than 10,000 characters."),
    ("xŵ".encode() * 1_000_000, "That is longer than 10,000 characters."),
    ("ŵ".encode() * 1_000_000, "That is longer than 10,000 characters."),
    (b"caf\xe9", "Standard input is not plain text in UTF-8; save the draft as plain text."),
    ("Thank you ŵ".encode()[:-1], "Standard input is not plain text in UTF-8; save the draft as plain text."),
    ("You are useless.".encode("utf-16"), "Standard input is not plain text in UTF-8; save the draft as plain text."),
]


@pytest.mark.parametrize(("given", "sentence"), UNUSABLE, ids=range(len(UNUSABLE)))
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_unusable_draft_is_one_sentence_and_exit_status_2(
    tone: Tone, given: bytes, sentence: str, form: tuple[str, ...]
) -> None:
    assert tone(*form, given=given) == (2, "", f"{sentence}\n")


def test_a_draft_of_the_longest_length_is_checked(tone: Tone) -> None:
    assert tone("--json", given="ŵ".encode() * 10_000)[0] == 0


def test_a_file_that_cannot_be_read_is_one_sentence_with_its_name(tone: Tone, tmp_path: Path) -> None:
    for name in (str(tmp_path / "none.txt"), str(tmp_path)):
        for arguments in ((name,), ("--batch", name)):
            status, printed, complaint = tone(*arguments)
            assert (status, printed) == (2, "")
            assert complaint.startswith("The file cannot be read: ")
            assert len(complaint.splitlines()) == 1


def test_a_file_that_is_no_text_is_one_sentence_with_its_name(tone: Tone, tmp_path: Path) -> None:
    name = _file(tmp_path, b"\x89PNG\r\n\x1a\n")
    assert tone(name) == (2, "", f"{name} is not plain text in UTF-8; save the draft as plain text.\n")


@pytest.mark.parametrize("name", ["draft.txt", "-", ""])
def test_a_file_and_a_batch_are_not_both_taken(tone: Tone, name: str) -> None:
    assert tone(name, "--batch", "-") == (2, "", "protocol-bot tone takes a FILE or --batch FILE, not both.\n")


BATCH = [
    b'{"id": "a", "text": "You are useless."}',
    b'{"id": 2, "text": " "}',
    b"not json",
    b"",
    b'{"id": "b", "text": 7}',
    b'{"id": ["c"], "text": "Thank you."}',
    b'{"id": "d", "text": "' + b"x" * 10_001 + b'"}',
    b'{"id": "e", "text": "useless \\ud800"}',
    b"[" * 100_000,
    b'\xff\xfe{"id": 1}',
    b'{"id": 7, "txt": "useless"}',
    b'{"id": 1e999, "text": "useless"}',
]


def test_a_batch_is_checked_in_order_and_names_what_it_cannot_use(tone: Tone, tmp_path: Path) -> None:
    path = tmp_path / "drafts.jsonl"
    path.write_bytes(b"\n".join(BATCH))
    read = tone("--batch", str(path))
    assert read == tone("--batch", "-", given=b"\n".join(BATCH))
    assert (read[0], read[2]) == (0, "")
    records = [json.loads(line) for line in read[1].splitlines()]
    assert [record["id"] for record in records] == ["a", 2, None, "b", ["c"], "d", "e", None, None, 7, None]
    assert [list(record) for record in records] == [
        ["id", *KEYS] if place in {0, 4, 6} else ["id", "error"] for place in range(11)
    ]
    assert [records[1]["error"], records[5]["error"]] == ["Paste a draft.", "That is longer than 10,000 characters."]
    assert records[2]["error"] == 'Line 3 is not a JSON object with "id" and "text".'
    assert records[3]["error"] == 'Line 5: "text" must be text.'
    assert records[6]["findings"][0]["quote"] == "useless"


def test_a_batch_writes_each_line_before_it_reads_the_next(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    def lines() -> Any:
        yield BATCH[0]
        assert len(capfdbinary.readouterr().out.splitlines()) == 1
        yield BATCH[1]

    assert check_batch(check_tone, lines()) == 0
    assert len(capfdbinary.readouterr().out.splitlines()) == 1


# Over a published index -----------------------------------------------------------------------------------------------


def _run(index: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PROTOCOL_BOT_")}
    command = [sys.executable, "-m", "bot", "tone", "--index", str(index), *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False, env=environment, timeout=60)


def _report(index: Path, draft: str) -> dict[str, Any]:
    ran = _run(index, "--json", given=draft.encode())
    assert (ran.returncode, ran.stderr) == (0, b"")
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


def test_a_report_as_json_has_the_contract_s_keys_in_its_order(published: Path) -> None:
    report = _report(published, RUDE)
    assert list(report) == KEYS
    assert report["status"] == "concern"
    for finding in report["findings"]:
        assert list(finding)[: len(FINDING_KEYS)] == FINDING_KEYS, "keys may be added behind them"
        assert finding["category"] in set(Category)
        assert finding["quote"] == RUDE[finding["start"] : finding["end"]]
        assert finding["why"]
        assert finding["suggestion"]
        assert finding["section"] is None or isinstance(finding["section"], str)
    assert [finding["start"] for finding in report["findings"]] == sorted(f["start"] for f in report["findings"])
    for detail in report["details"]:
        assert list(detail) == DETAIL_KEYS
        assert detail["quote"] == RUDE[detail["start"] : detail["end"]]
    assert "07700 900123" in [detail["quote"] for detail in report["details"]]
    assert report["advice"]
    assert report["rewritten"] != RUDE
    assert report["elapsed_ms"] > 0


def test_a_fair_draft_comes_back_as_it_is(published: Path) -> None:
    report = _report(published, FAIR)
    assert list(report) == KEYS
    assert (report["status"], report["findings"], report["rewritten"]) == ("ok", [], FAIR)
    assert report["keep"]


def test_places_are_code_points_of_the_draft_whatever_stands_before(published: Path) -> None:
    draft = f"\U0001f600 Ŵyn, ŵŷ!\r\n\r\n{RUDE}"
    report = _report(published, draft)
    assert report["findings"]
    for finding in report["findings"]:
        assert finding["quote"] == draft[finding["start"] : finding["end"]]


def test_the_text_names_every_finding_of_the_published_guide(published: Path, tmp_path: Path) -> None:
    findings = _report(published, RUDE)["findings"]
    ran = _run(published, _file(tmp_path, RUDE.encode()))
    assert (ran.returncode, ran.stderr) == (0, b"")
    shown = ran.stdout.decode()
    for number, finding in enumerate(findings, start=1):
        assert f"[{number}] " in shown
        assert f"“{finding['quote']}”" in shown
        assert finding["why"] in shown
        assert finding["suggestion"] in shown


def test_a_batch_over_the_published_guide_is_the_reports_one_by_one(published: Path) -> None:
    lines = [json.dumps({"id": place, "text": text}).encode() for place, text in enumerate((RUDE, FAIR, ""))]
    ran = _run(published, "--batch", "-", given=b"\n".join(lines))
    assert (ran.returncode, ran.stderr) == (0, b"")
    rude, fair, empty = (json.loads(line) for line in ran.stdout.splitlines())
    assert [list(record) for record in (rude, fair, empty)] == [["id", *KEYS], ["id", *KEYS], ["id", "error"]]
    alone = _report(published, RUDE)
    assert {key: rude[key] for key in KEYS if key != "elapsed_ms"} == {
        key: alone[key] for key in KEYS if key != "elapsed_ms"
    }


@pytest.mark.parametrize("given", [b"", b"x" * 10_001, b"caf\xe9"])
def test_a_draft_that_the_published_guide_cannot_check_is_one_sentence(published: Path, given: bytes) -> None:
    ran = _run(published, given=given)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert len(ran.stderr.decode().splitlines()) == 1


def test_nothing_to_serve_is_one_sentence_and_exit_status_1(tmp_path: Path) -> None:
    ran = _run(tmp_path, given=RUDE.encode())
    assert (ran.returncode, ran.stdout) == (1, b"")
    assert "protocol-index build" in ran.stderr.decode()
    assert b"Traceback" not in ran.stderr
