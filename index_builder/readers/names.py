"""The number each paragraph is cited by, also where the document prints none or starts again at 1."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from index_builder.readers.lists import all_pages, stand_alone, whole_text
from index_builder.readers.numbering import Kind, number_of, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index_builder.readers.numbering import Path
    from index_builder.readers.outline import Part

    Entry = tuple[str, Part]

_LONGEST = 200
"""Words: unnumbered paragraphs under one numbered heading are quoted together up to here."""


def named(roots: Sequence[Part], title: str) -> list[Entry]:
    """Each paragraph with its number: its own, its heading's where it stands alone there, or `heading / n`.

    Where paragraphs are numbered afresh under each of several headings, the heading stands before: `Appendix A / 1`.
    """
    return _told_apart(_numbered(roots, title))


def _numbered(roots: Sequence[Part], title: str) -> list[Entry]:
    under: defaultdict[Path | str, list[Part]] = defaultdict(list)
    for root in roots:
        if not root.numbered and not _only_holds(root):
            under[_owner(root, title)].append(root)
    together = {owner for owner, parts in under.items() if _one_text(parts)}
    parents = {root.path[:depth] for root in roots if root.numbered for depth in range(len(root.path))}
    entries: list[Entry] = []
    count: Counter[Path | str] = Counter()
    for root in roots:
        owner = _owner(root, title)
        if root.numbered or _only_holds(root):
            entries.append((number_of(root.path), root))
        elif owner in together - parents:
            entries += [(number_of(root.path), _merged(under[owner]))] if root is under[owner][0] else []
        else:
            count[owner] += 1
            entries.append((f"{number_of(root.path) or owner} / {count[owner]}", root))
    return entries


def _owner(root: Part, title: str) -> Path | str:
    """What an unnumbered paragraph is counted under: the numbered heading above it, or else the outermost heading."""
    return root.path or (root.headings[0].text if root.headings else title)


def _one_text(parts: Sequence[Part]) -> bool:
    """Whether all that stands under a numbered heading is short enough to be cited by the heading's number."""
    first = parts[0]
    if not first.path or not first.headings[-1].path or any(part.headings != first.headings for part in parts):
        return False
    if len(parts) == 1:
        return True
    words = sum(len(whole_text(part).split()) for part in parts)
    return words <= _LONGEST and not any(map(stand_alone, parts))


def _merged(parts: Sequence[Part]) -> Part:
    first = parts[0]
    if len(parts) == 1:
        return first
    text = "\n\n".join(whole_text(part) for part in parts)
    pages = set[int]().union(*(all_pages(part) for part in parts))
    return replace(first, pieces=[text], pages=pages, parts=[])


def _only_holds(root: Part) -> bool:
    """Whether a part is there for its own parts alone, which are quoted by the number of the heading above."""
    return bool(root.path) and not root.text and stand_alone(root)


def _told_apart(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, those numbered afresh under one heading with that heading's name before their number."""
    runs: list[list[Entry]] = [[]]
    for _, group in groupby(entries, key=lambda entry: _chapter(entry[1])):
        alike = list(group)
        if _starts_again(alike[0][1]):
            runs.append([])
        runs[-1] += alike
    uses = Counter(number for run in runs for number in {number for number, _ in run})
    return [entry for run in runs for entry in _with_chapter(run, uses)]


def _with_chapter(run: Sequence[Entry], uses: Counter[str]) -> Sequence[Entry]:
    chapters = {_chapter(part) for _, part in run}
    if len(chapters) > 1 or "" in chapters or all(uses[number] == 1 for number, _ in run):
        return run
    return [(f"{_chapter(part)} / {number}" if part.path else number, part) for number, part in run]


def _chapter(part: Part) -> str:
    """The place a part stands in, such as Appendix A, or the outermost heading if that has no number."""
    outermost = part.headings[0] if part.headings else None
    return place_of(part.path) or (outermost.text if outermost and not outermost.path else "")


def _starts_again(part: Part) -> bool:
    """Whether a chapter's first number is 1, or in a Part or Appendix also 1.1."""
    path = part.path if part.text or not part.parts else part.parts[0].path
    levels = [level for level in path if level.kind is not Kind.PLACE]
    numbers = sum(level.kind is Kind.NUMBER for level in levels)
    return numbers > 0 and all(level.ordinal == 1 for level in levels) and (numbers == 1 or len(levels) < len(path))
