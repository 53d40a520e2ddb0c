"""A draft e-mail as its writer's own sentences: replies quoted below it, signature and disclaimer are left out."""

from __future__ import annotations

import re
from typing import NamedTuple

_ABBREVIATED = frozenset(
    "approx cc cf cllr cllrs co dept dr e.g eg est etc ext i.e ie inc jr ltd messrs min mr mrs ms no nos p para "
    "paras pp prof ref rev revd rt sr st tel vs".split()
)
_LINE = re.compile(r"[^\n]*\n?")
_END = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*(?=\s|$)")
_BEFORE = re.compile(r"[\w.]+$")
_WORD_REACH = 12  # characters before a full stop that can be an abbreviation
_MARKED = re.compile(r"\s{0,8}>")
_SAID = re.compile(r"\s{0,8}on\b.{4,200}\bwrote:\s*$", re.IGNORECASE)
_HEADED = re.compile(r"\s{0,8}(?:[>|*_]{0,4})(?:from|sent|date|to|cc|subject)\s?:\s?\S", re.IGNORECASE)
_RULED = re.compile(r"\s{0,8}(?:-{2,}|_{5,}).{0,80}$")
_ORIGINAL = re.compile(r"\b(?:original|forwarded) (?:message|e-?mail)\b|\bbegin forwarded\b", re.IGNORECASE)
_DASHES = re.compile(r"\s{0,8}(?:--|__)\s*$")
_SIGN_OFF = re.compile(
    r"\s{0,8}(?:(?:with )?(?:many |kind(?:est)? |best |warm(?:est)? )?(?:regards|thanks|wishes)|best|"
    r"yours(?: (?:sincerely|faithfully|truly|ever|etc))?|sincerely|faithfully|thank you|thanks|cheers|"
    r"all the best|sent from my .{1,30})\s{0,4}[,.!]?\s*$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\bintended (?:solely |only )?(?:for|recipient)|\bif you (?:have received|are not the (?:intended|named))|"
    r"\bplease consider the environment|\bviews expressed (?:in this|are those)|"
    r"\bthis (?:e-?mail|message|transmission)(?: and any (?:attachments?|files?)[^.]{0,60})? "
    r"(?:is|are|may be|contains?)\b[^.]{0,60}\b(?:confidential|privileged|intended|monitored|disclos)|\bdisclaimer\s*:",
    re.IGNORECASE,
)
_HEADS_TOGETHER = 2
_SIGNATURE_LINES, _SIGNATURE_WORDS = 8, 9


class Sentence(NamedTuple):
    """A sentence of a draft: its place in code points, end exclusive, without the space around it."""

    start: int
    end: int


def sentences(draft: str) -> list[Sentence]:
    """The writer's own sentences, in order; a line end always ends one."""
    found: list[Sentence] = []
    for start, end in _paragraphs(draft):
        found += _within(draft, start, end)
    return found


def _within(draft: str, start: int, end: int) -> list[Sentence]:
    found, begin = [], start
    for match in _END.finditer(draft, start, end):
        if match.end() < end and not _ends(draft, begin, match, end):
            continue
        found.append(_trimmed(draft, begin, match.end()))
        begin = match.end()
    found.append(_trimmed(draft, begin, end))
    return [sentence for sentence in found if sentence.start < sentence.end]


def _ends(draft: str, begin: int, match: re.Match[str], end: int) -> bool:
    """Whether a full stop ends its sentence: not after an abbreviation or a list's number, nor before a small one."""
    if match[0][0] != ".":
        return True
    after = draft[match.end() : min(end, match.end() + 8)].lstrip()
    if after[:1].islower():
        return False
    reach = _BEFORE.search(draft[max(begin, match.start() - _WORD_REACH) : match.start()])
    word = reach[0].lower() if reach else ""
    return word not in _ABBREVIATED and not (word.isdecimal() and not draft[begin : match.start()].strip(f"{word} ("))


def _trimmed(draft: str, start: int, end: int) -> Sentence:
    while start < end and draft[start].isspace():
        start += 1
    while end > start and draft[end - 1].isspace():
        end -= 1
    return Sentence(start, end)


def _paragraphs(draft: str) -> list[tuple[int, int]]:
    """The lines that the writer wrote as body, as places in the draft."""
    lines = [(match.start(), match.end()) for match in _LINE.finditer(draft) if match.end() > match.start()]
    texts = [draft[start:end].rstrip("\r\n") for start, end in lines]
    kept = _own(texts)
    return [place for place, own in zip(lines, kept, strict=True) if own]


def _own(lines: list[str]) -> list[bool]:
    own = [True] * len(lines)
    last = _quoted_from(lines)
    for number in range(last, len(lines)):
        own[number] = False
    for number, line in enumerate(lines[:last]):
        if _MARKED.match(line) or (_SAID.match(line) and number + 1 < len(lines)):
            own[number] = False
    for number in range(_body_end(lines, own, last), last):
        own[number] = False
    return own


def _quoted_from(lines: list[str]) -> int:
    """The line where a reply quoted whole begins: below "Original message", or "From:" and "Sent:" together."""
    for number, line in enumerate(lines):
        if _RULED.match(line) and _ORIGINAL.search(line):
            return number
        heads = sum(bool(_HEADED.match(after)) for after in lines[number : number + 4])
        if number and heads > _HEADS_TOGETHER and _HEADED.match(line) and "from" in line.lower()[:16]:
            return number
        if number and heads >= _HEADS_TOGETHER and re.match(r"\W{0,8}from\s?:", line, re.IGNORECASE):
            return number
    return len(lines)


def _body_end(lines: list[str], own: list[bool], last: int) -> int:
    """Where signature or disclaimer begins, which run to the end of what the writer wrote."""
    end = last
    for number in range(last):
        if own[number] and _DISCLAIMER.search(lines[number]):
            end = number
            break
    for number in range(end):
        if own[number] and _DASHES.match(lines[number]):
            return number
    written = [number for number in range(end) if own[number] and lines[number].strip()]
    for place in range(max(0, len(written) - _SIGNATURE_LINES), len(written)):
        number, following = written[place], written[place + 1 :]
        if _SIGN_OFF.match(lines[number]) and all(_of_signature(lines[after]) for after in following):
            return number
    return end


def _of_signature(line: str) -> bool:
    return len(line.split()) <= _SIGNATURE_WORDS and not line.rstrip().endswith(("?", "!"))
