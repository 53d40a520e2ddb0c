"""Two invented councils, small enough to read here, as files of labelled councils."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from index_builder.labelled import LabelledCouncil, read_labelled

if TYPE_CHECKING:
    from pathlib import Path

_LARKFIELD = (
    ("1.1", "Respect", "Members and officers are courteous to each other, in private and in public.", "be polite?"),
    ("1.2", "Respect", "Be kind.", "do I have to be nice"),
    ("2.1", "Papers", "A report reaches the clerk ten working days before the meeting.", "when is a report due"),
    ("2.2", "Papers", "Late papers are tabled only where the chair agrees in writing.", "can I hand it in late"),
    ("2.3", "Papers", "Exempt papers are returned to the clerk after the meeting.", "do I keep the pink ones"),
    ("3.1", "Press", "Only the Leader speaks to newspapers for the council.", "who talks to the Gazette"),
    ("3.2", "Press", "Officers give facts to journalists and never opinions.", "a reporter rang me"),
    ("4.1", "Rotas", "Officers set rotas and arrange cover for leave.", "who decides who works Sundays"),
    ("4.2", "Rotas", "A change of shift is told to staff four weeks ahead.", "can they move my shift tomorrow"),
    ("5.1", "Gifts", "A gift worth more than £25 is declared within 28 days.", "someone sent me whisky"),
    ("5.2", "Gifts", "Hospitality from a bidder is always refused.", "lunch with a contractor"),
    ("6.1", "Visits", "A ward visit is arranged through the duty manager.", "pop into the depot unannounced"),
    ("6.2", "Visits", "Visitors to the depot wear boots and a helmet.", "trainers on site?"),
    ("7.1", "Ending", "This protocol is reviewed each May.", ""),
)
_WITHEN = (
    ("A1", "Access", "A councillor may read any file that is needed for the work of a councillor.", "see a file"),
    ("A2", "Access", "Files about a living person are read at the office, never taken home.", "take it home"),
    ("B1", "Budget", "Spending above £500 needs two signatures.", "who signs for the new mower"),
)


def council(name: str, paragraphs: tuple[tuple[str, str, str, str], ...], split: str) -> dict[str, Any]:
    """The record of one council, from section, heading, text and one question ("" for none) of each paragraph."""
    return {
        "council": f"{name.title()} Council",
        "document": f"The protocol of {name.title()}",
        "style": "short",
        "voice": "plain",
        "split": split,
        "paragraphs": [
            {
                "section": section,
                "headings": ["The protocol", heading],
                "stem": "",
                "text": text,
                "questions": [{"text": ask, "kind": "paraphrase"}] if ask else [],
            }
            for section, heading, text, ask in paragraphs
        ],
        "unanswered": [
            {"text": "what does the clerk earn", "kind": "near-miss"},
            {"text": "how do I poach an egg", "kind": "off-topic"},
        ],
        "follow_ups": [{"after": paragraphs[0][0], "section": paragraphs[1][0], "text": "and at home?"}],
    }


def write_councils(folder: Path, split: str = "test") -> Path:
    """A folder with Larkfield and Withen, both in one split, and a council of another split."""
    folder.mkdir(parents=True, exist_ok=True)
    other = "train" if split != "train" else "dev"
    for name, paragraphs, own in (("larkfield", _LARKFIELD, split), ("withen", _WITHEN, split), ("z", _WITHEN, other)):
        (folder / f"{name}.json").write_text(json.dumps(council(name, paragraphs, own)), "utf-8")
    return folder


def larkfield(folder: Path, split: str = "test") -> LabelledCouncil:
    """The larger of the two, as read from a folder that is written."""
    return read_labelled(write_councils(folder, split), (split,))[0]
