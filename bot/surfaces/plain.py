"""An Answer in plain text: the words that every surface shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import Owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.domain import Answer, Citation, Contact, Finding, ToneReport


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


def pointed(answer: Answer) -> list[str]:
    """What a signpost says before the clauses: who probably decides and how surely, and why; [] without one."""
    signpost, wording = answer.signpost, answer.wording
    if signpost is None:
        return []
    if signpost.owner is Owner.UNCLEAR:
        return [wording["signpost_unclear"], signpost.because]
    said = wording["signpost"].format(owner=signpost.owner_name)
    return [f"{said} {wording[f'signpost_{signpost.certainty}']}", signpost.because]


def listings(answer: Answer) -> list[tuple[str, tuple[str, ...]]]:
    """What a signpost lists after the clauses, each with its heading: changes, questions, flags, lines."""
    signpost, wording = answer.signpost, answer.wording
    if signpost is None:
        return []
    listed = [
        (wording["would_change"], signpost.would_change),
        (wording["ask"], signpost.ask),
        (wording["red_flags"], signpost.red_flags),
    ]
    if signpost.wordings is None:
        listed.append((wording["line"], (f"“{signpost.line}”",)))
    else:
        said = tuple(f"{wording[f'wording_{key}']}: “{text}”" for key, text in signpost.wordings.items())
        listed.append((wording["wordings"], said))
    return [(heading, points) for heading, points in listed if points]


def settled(answer: Answer) -> list[str]:
    """What a signpost ends with: its clause and matters, who backs the asker, who settles a doubt; [] without one."""
    signpost, wording = answer.signpost, answer.wording
    if signpost is None:
        return []
    said = []
    if signpost.clause is None and not answer.citations:
        said.append(wording["signpost_no_clause"])
    elif signpost.clause is not None:
        said.append(wording["signpost_clause"].format(source=source_line(signpost.clause, wording)))
    if signpost.matters:
        titles = "; ".join(matter.title for matter in signpost.matters)
        said.append(wording["signpost_matters"].format(matters=titles))
    if signpost.wordings is not None:
        said.append(wording["signpost_backing"].format(settles=signpost.settled_by[0]))
    return [*said, wording["signpost_settled_by"].format(roles=", ".join(signpost.settled_by))]


def answer_text(answer: Answer) -> str:
    """The whole answer as text: message, signpost, each quotation with its source, choices, contacts.

    Quotations are verbatim.
    """
    blocks = [*pointed(answer), answer.message]
    for citation in answer.citations:
        blocks += [f"“{citation.section.text}”", f"— {source_line(citation, answer.wording)}"]
    blocks += [_listed(heading, points) for heading, points in listings(answer)]
    blocks += settled(answer)
    if answer.choices:
        blocks.append(_listed(answer.wording["choices"], map(choice_line, answer.choices)))
    if answer.contacts:
        blocks.append(_listed(answer.wording["contacts"], map(contact_line, answer.contacts)))
    return "\n\n".join(block for block in blocks if block)


def verdict(report: ToneReport) -> str:
    """What a tone check says of the draft as a whole."""
    wording, count = report.wording, len(report.findings)
    if not count:
        return wording["tone_ok"]
    return wording["tone_one"] if count == 1 else wording["tone_several"].format(count=count)


def found(finding: Finding, report: ToneReport) -> list[str]:
    """What is said of one finding beneath its quotation: why, another wording, the clause."""
    wording = report.wording
    instead = (
        wording["tone_instead"].format(suggestion=finding.suggestion) if finding.replacement else finding.suggestion
    )
    said = [finding.why, instead]
    if finding.clause is not None:
        said.append(wording["tone_clause"].format(source=source_line(finding.clause, wording)))
    return said


def tone_listings(report: ToneReport) -> list[tuple[str, tuple[str, ...]]]:
    """What a tone check lists after its findings, each with its heading: strengths, advice, personal details."""
    wording = report.wording
    details = tuple(
        wording["tone_detail"].format(quote=report.draft[detail.start : detail.end], says=detail.says)
        for detail in report.details
    )
    listed = [
        (wording["tone_details"], details),
        (wording["tone_advice"], report.advice),
        (wording["tone_keep"], report.keep),
    ]
    return [(heading, points) for heading, points in listed if points]


def tone_text(report: ToneReport) -> str:
    """A tone check as text: the verdict, each finding, lists, and the draft with the suggestions in place."""
    blocks = [verdict(report)]
    for number, finding in enumerate(report.findings, start=1):
        lines = [f"[{number}] {finding.title}: “{finding.quote}”", *(f"    {said}" for said in found(finding, report))]
        blocks.append("\n".join(lines))
    blocks += [_listed(heading, points) for heading, points in tone_listings(report)]
    if report.findings and report.rewritten.strip():
        blocks.append(f"{report.wording['tone_rewritten']}\n\n{report.rewritten.strip()}")
    return "\n\n".join([*blocks, report.wording["tone_private"]])


def _listed(heading: str, points: Iterable[str]) -> str:
    return "\n".join([heading, *(f"  • {point}" for point in points)])
