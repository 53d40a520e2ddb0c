"""An Answer as the JSON of the command line's contract."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.domain import Answer, Citation, Detail, Finding, Signpost, ToneReport


def answer_json(answer: Answer) -> dict[str, Any]:
    """The contract's keys, in its order; keys may be added, never renamed or dropped."""
    return {
        "question": answer.question.text,
        "status": str(answer.status),
        "message": answer.message,
        "citations": [_citation(citation) for citation in answer.citations],
        "choices": [_choice(choice) for choice in answer.choices],
        "signpost": _signpost(answer.signpost) if answer.signpost else None,
        "contacts": [asdict(contact) for contact in answer.contacts],
        "revision": answer.revision,
        "elapsed_ms": answer.elapsed_ms,
    }


def report_json(report: ToneReport) -> dict[str, Any]:
    """The contract's keys of a tone check, in its order; keys may be added, never renamed or dropped."""
    return {
        "status": report.status,
        "findings": [_finding(finding) for finding in report.findings],
        "keep": list(report.keep),
        "advice": list(report.advice),
        "details": [_detail(detail, report) for detail in report.details],
        "rewritten": report.rewritten,
        "revision": report.revision,
        "elapsed_ms": report.elapsed_ms,
    }


def line(record: dict[str, Any]) -> bytes:
    """One line of UTF-8 JSON; a lone surrogate, which UTF-8 has no place for, becomes its JSON escape."""
    return (json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _citation(citation: Citation) -> dict[str, Any]:
    section, document = citation.section, citation.document
    return {
        "document": document.title,
        "section": section.number,
        "heading": section.heading,
        "path": list(section.path),
        "text": section.text,
        "pages": list(section.pages),
        "url": document.url,
        "adopted": document.adopted,
        "score": round(citation.score, 4),
    }


def _signpost(signpost: Signpost) -> dict[str, Any]:
    return {
        "owner": str(signpost.owner),
        "confidence": signpost.confidence,
        "because": signpost.because,
        "matters": [matter.title for matter in signpost.matters],
        "would_change": list(signpost.would_change),
        "ask": list(signpost.ask),
        "red_flags": list(signpost.red_flags),
        "wordings": dict(signpost.wordings) if signpost.wordings else None,
        "line": signpost.line,
        "settled_by": list(signpost.settled_by),
        "clause": _choice(signpost.clause) if signpost.clause else None,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "category": str(finding.category),
        "start": finding.start,
        "end": finding.end,
        "quote": finding.quote,
        "why": finding.why,
        "suggestion": finding.suggestion,
        "section": finding.clause.section.number if finding.clause else None,
        "clause": _choice(finding.clause) if finding.clause else None,
        "confidence": finding.confidence,
    }


def _detail(detail: Detail, report: ToneReport) -> dict[str, Any]:
    quote = report.draft[detail.start : detail.end]
    return {"kind": detail.kind, "start": detail.start, "end": detail.end, "quote": quote, "says": detail.says}


def _choice(choice: Citation) -> dict[str, str]:
    section = choice.section
    return {"document": choice.document.title, "section": section.number, "heading": section.heading}
