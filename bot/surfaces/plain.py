"""An Answer in plain text: the words that every surface shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain import Answer, Citation, Contact


def source_line(citation: Citation, wording: Mapping[str, str]) -> str:
    """Where a quotation stands: document, number, heading, pages and the date it was adopted."""
    section, document = citation.section, citation.document
    parts = [document.title, wording["source_section"].format(number=section.number), section.heading]
    if section.pages:
        parts.append(wording["source_pages"].format(pages=", ".join(map(str, section.pages))))
    if document.adopted:
        parts.append(wording["source_adopted"].format(date=document.adopted))
    return ", ".join(part for part in parts if part)


def choice_line(choice: Citation) -> str:
    """A section offered but not quoted: its number and heading."""
    return f"{choice.section.number} {choice.section.heading}".strip()


def contact_line(contact: Contact) -> str:
    """A role and how to reach it."""
    return f"{contact.role} ({contact.channel}: {contact.address})"


def answer_text(answer: Answer) -> str:
    """The whole answer as text: message, each quotation with its source, choices, contacts; quotations are verbatim."""
    blocks = [answer.message]
    for citation in answer.citations:
        blocks += [f"“{citation.section.text}”", f"— {source_line(citation, answer.wording)}"]
    if answer.choices:
        blocks.append("\n".join([answer.wording["choices"], *(f"  • {choice_line(c)}" for c in answer.choices)]))
    if answer.contacts:
        blocks.append("\n".join([answer.wording["contacts"], *(f"  • {contact_line(c)}" for c in answer.contacts)]))
    return "\n\n".join(block for block in blocks if block)
