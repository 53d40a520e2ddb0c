"""A draft e-mail as its writer's own sentences: replies quoted below it, signature and disclaimer are left out."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_ABBREVIATED = frozenset(
    "approx cc cf cllr cllrs dept dr e.g eg i.e ie messrs mr mrs ms prof rev revd rt sr st vs".split()
)
_BEFORE_FIGURES = frozenset("ext no nos p para paras pp ref tel".split())
_INITIAL = re.compile(r"\b(?:mr|mrs|ms|miss|dr|cllr|councillor|prof|rev)\.? (?:[a-z]\.? ?){0,3}[a-z]$", re.IGNORECASE)
_LINE = re.compile(r"[^\n]*\n?")
_END = re.compile(r"(?<![.!?\u2026])[.!?\u2026]++[\"'\u201d\u2019)\]]*+(?=\s|$)")
_BEFORE = re.compile(r"[\w.]+$")
_WORD_REACH = 24  # characters before a full stop that can be an abbreviation, or a title and initials
_MARKED = re.compile(r"\s{0,8}>")
_ON = re.compile(r"\s{0,8}on\b", re.IGNORECASE)
_SAID = re.compile(r"\s{0,8}on\b.{4,200}(?<!\bi )(?<!\byou )\bwrote:\s*$", re.IGNORECASE)
_BY_PROGRAM = re.compile(r"@|\b\d{4}\b.{1,20}\d[:.]\d\d")
_FROM = re.compile(r"\W{0,8}from\s?:", re.IGNORECASE)
_HEADED = re.compile(r"\s{0,8}(?:[>|*_]{0,4})(?:sent|date|subject)\s?:\s?\S", re.IGNORECASE)
_RULE = re.compile(r"\s{0,8}_{5,}\s*$")
_ORIGINAL = re.compile(
    r"\s{0,8}(?:(?:-{2,}|_{5,})\s?(?:original|forwarded) (?:message|e-?mail)\b|begin forwarded message\s?:)",
    re.IGNORECASE,
)
_DASHES = re.compile(r"\s{0,8}(?:--|__)\s*$")
_SIGN_OFF = re.compile(
    r"\s{0,8}(?:(?:with )?(?:many |kind(?:est)? |best |warm(?:est)? )?(?:regards|thanks|wishes)|best|"
    r"yours(?: (?:sincerely|faithfully|truly|ever|etc))?|sincerely|faithfully|thank you|thanks|cheers|"
    r"all the best|rgds|kr|(?:kind |best )?regards,? [-\u2013] ?\w{2,20}|get outlook for \w+|sent from .{1,40})"
    r"\s{0,4}[,.!]?\s*$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\bintended (?:(?:solely |only )?for (?:the )?(?:(?:sole )?use of|addressee|recipient|individual|named)|"
    r"recipient)|"
    r"\bif you (?:have received this|are not the (?:intended|named) (?:recipient|addressee|person))|"
    r"\bplease consider the environment before|\bviews expressed (?:in this (?:e-?mail|message)|are those)|"
    r"\bthis (?:e-?mail|message|transmission) and any (?:attachments?|files?)\b[^.]{0,60} "
    r"(?:is|are|may be|contains?)\b[^.]{0,60}\b(?:confidential|privileged|intended|monitored|disclos)|"
    r"\bthis (?:e-?mail|message|transmission) (?:is|may be|contains?)\b[^.]{0,60}\b(?:privileged|monitored)|"
    r"\bdisclaimer\s*:",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"@|www\.|https?:|\||\b(?:tel|mob|phone|twitter)\b", re.IGNORECASE)
_POSTSCRIPT = re.compile(r"\s{0,8}p\.?\s?(?:p\.?\s?)?s\b", re.IGNORECASE)
_BULLET = re.compile(r"\s{0,8}(?:[-*\u2022\u2013]|\(?\w{1,3}[.)])\s")
_WRAPPED = 60  # characters from which a line may go on in the next
_SIGNATURE_LINES, _SIGNATURE_WORDS = 14, 9
_SAYING = 3  # words with a full stop, from which a line below "Thanks" says something


class Sentence(NamedTuple):
    """A sentence of a draft: its place in code points, end exclusive, without the space around it."""

    start: int
    end: int


def sentences(draft: str) -> list[Sentence]:
    """The writer's own sentences, in order; a line end ends one, unless the sentence plainly runs on."""
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
    """Whether a mark ends its sentence: not after an abbreviation, initial or list's number, nor before a small one."""
    after = draft[match.end() : min(end, match.end() + 8)].lstrip()
    if match[0][0] != ".":
        return match[0][-1] in ".!?\u2026" or not after[:1].islower()
    if after[:1].islower():
        return False
    before = draft[max(begin, match.start() - _WORD_REACH) : match.start()]
    reach = _BEFORE.search(before)
    word = reach[0].lower() if reach else ""
    if word in _ABBREVIATED or (word in _BEFORE_FIGURES and after[:1].isdecimal()) or _INITIAL.search(before):
        return False
    return not (word.isdecimal() and not draft[begin : match.start()].strip(f"{word} ("))


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
    own: list[tuple[int, int]] = []
    goes_on = False
    for number, (start, end) in enumerate(lines):
        if kept[number]:
            own[-1:] = [(own[-1][0], end)] if goes_on else [*own[-1:], (start, end)]
        goes_on = (
            kept[number] and number + 1 < len(lines) and kept[number + 1] and _goes_on(*texts[number : number + 2])
        )
    return own


def _goes_on(line: str, following: str) -> bool:
    """Whether a sentence runs over a line end that a mail program put there."""
    line, following = line.rstrip(), following.strip()
    if not line or not following or line[-1] in ".!?:\u2026" or _BULLET.match(following):
        return False
    return following[0].islower() or len(line) >= _WRAPPED


def _own(lines: list[str]) -> list[bool]:
    own = [True] * len(lines)
    last = _quoted_from(lines)
    for number in range(last, len(lines)):
        own[number] = False
    for number, line in enumerate(lines[:last]):
        said = _said(lines, number)
        if _MARKED.match(line) or _RULE.match(line):
            own[number] = False
        elif said:
            own[number:said] = [False] * (said - number)
    ended = _body_end(lines, own, last)
    after = (number for number in range(ended, last) if _POSTSCRIPT.match(lines[number]))
    for number in range(ended, next(after, last)):
        own[number] = False
    return own


def _quoted_from(lines: list[str]) -> int:
    """The line where a reply quoted whole begins: "Original message", "From:" above "Sent:", "On … wrote:"."""
    for number, line in enumerate(lines):
        if _ORIGINAL.match(line):
            return number
        if number and _FROM.match(line) and any(map(_HEADED.match, lines[number + 1 : number + 4])):
            return number
        said = _said(lines, number)
        if number and said and _BY_PROGRAM.search(" ".join(lines[number:said])) and not _marked_next(lines, said):
            return number
    return len(lines)


def _said(lines: list[str], number: int) -> int:
    """The line after an "On … wrote:" that a mail program put there, on one line or two; 0 where there is none."""
    if not _ON.match(lines[number]):
        return 0
    for after in (number + 1, number + 2):
        said = " ".join(lines[number:after])
        if _SAID.match(said) and (_BY_PROGRAM.search(said) or _marked_next(lines, after)):
            return after
    return 0


def _marked_next(lines: list[str], number: int) -> bool:
    return any(map(_MARKED.match, lines[number : number + 2]))


def _body_end(lines: list[str], own: list[bool], last: int) -> int:
    """Where signature or disclaimer begins, which run to the end of what the writer wrote."""
    end = last
    for number in range(last):
        if own[number] and _DISCLAIMER.search(lines[number]):
            end = number
            break
    for number in range(end):
        if own[number] and _DASHES.match(lines[number]) and _signed(lines[number + 1 : end]):
            return number
    written = [number for number in range(end) if own[number] and lines[number].strip()]
    for place in range(max(1, len(written) - _SIGNATURE_LINES), len(written)):
        number, following = written[place], written[place + 1 :]
        if _SIGN_OFF.match(lines[number]) and _signed(lines[after] for after in following):
            return number
    return end


def _signed(below: Iterable[str]) -> bool:
    """Whether lines are a signature, down to a postscript."""
    return all(map(_of_signature, takewhile(lambda line: not _POSTSCRIPT.match(line), below)))


def _of_signature(line: str) -> bool:
    words, mark = len(line.split()), line.rstrip()[-1:]
    if _CONTACT.search(line):
        return True
    return (
        not line.lstrip()[:1].islower()
        and words <= _SIGNATURE_WORDS
        and mark not in {"?", "!"}
        and not (mark == "." and words >= _SAYING)
    )
