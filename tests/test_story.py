"""The whole service on one page: a council's words go in, a revision comes out, and people get those words back."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.bootstrap import live, make_ask
from bot.domain import Owner, Question, Status
from index_builder.build import build
from index_builder.publish import roll_back

if TYPE_CHECKING:
    from pathlib import Path

_report = logging.getLogger("tests").warning


def test_a_protocol_is_published_asked_revised_and_rolled_back(own_knowledge: Path, tmp_path: Path) -> None:
    # Democratic services publish the protocol.
    index = tmp_path / "index"
    first = build(own_knowledge, index, "barsetshire")
    ask = make_ask(live(index, "barsetshire", _report))

    # A junior officer asks, and gets the clause word for word, with where it stands.
    answer = ask(Question("who sets the rota?"))
    assert answer.status is Status.ANSWERED
    assert answer.citations[0].section.number == "2.1"
    assert answer.citations[0].section.text.startswith("Running a service from day to day is an operational matter.")
    assert answer.citations[0].document.title == "Barsetshire Protocol"

    # A Cabinet Member leans on somebody: who decides, the clause that says so, and words to send.
    pressed = ask(Question("The Cabinet Member told me to change the library rota, can I say no?"))
    assert pressed.signpost is not None
    assert pressed.signpost.owner is Owner.OPERATIONAL
    assert pressed.signpost.wordings is not None
    assert "2.1" in [citation.section.number for citation in pressed.citations]

    # What the protocol does not say is not made up: no clause, and somebody to ask.
    unknown = ask(Question("When are my bins collected?"))
    assert (unknown.status, unknown.citations) == (Status.NOT_COVERED, ())
    assert [contact.role for contact in unknown.contacts] == ["Monitoring Officer", "Councillor Liaison Officer"]

    # Something that is happening to a person goes to a person.
    live_case = ask(Question("A councillor keeps shouting at me and I am being bullied"))
    assert live_case.status is Status.REFERRED
    assert live_case.contacts

    # The protocol is revised; the running bot answers from the new text at once.
    text = own_knowledge / "barsetshire" / "protocol" / "protocol.md"
    text.write_text(text.read_text().replace("Officers set rotas", "Officers and their managers set rotas"))
    second = build(own_knowledge, index, "barsetshire")
    assert second.published
    assert second.embedded < second.passages / 2
    assert "their managers set rotas" in ask(Question("who sets the rota?")).citations[0].section.text

    # The new text turns out to be a mistake: yesterday's is one command away.
    assert roll_back(index, "barsetshire", None) == first.revision
    assert ask(Question("who sets the rota?")).revision == first.revision
