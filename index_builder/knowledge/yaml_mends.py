"""What PyYAML says of a text it cannot read, said again as one sentence with its mend."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yaml import MarkedYAMLError

DIRECTIVE = "lines that start with % are not read here: delete this line"

_MENDS = (
    (r"character '\\t'", "a tab stands where YAML wants spaces: put spaces in its place"),
    (r"character '(.)' that cannot", "text cannot start with {0} unless it is in quotes: put it in quotes"),
    (r"a tag|tag handle '", "text cannot start with ! unless it is in quotes: put it in quotes"),
    (r"quoted scalar.*(stream|separator)", "a quotation mark opens here and is never closed: close it"),
    (r"unknown escape|hexadecimal", "a backslash in double quotes starts a code: use single quotes, or write \\\\"),
    (r"mapping values", "a second colon stands here, or the line is indented too far: put the text in quotes"),
    (r"sequence entries", "the - of a list must start a line of its own: put it under its key"),
    (r"flow sequence", "a list opened by [ here lacks a comma or its ]: close it, and put its texts in quotes"),
    (r"flow mapping", "a table opened by {{ here lacks a comma or its }}: close it, and put its texts in quotes"),
    (r"node content", "a value is missing, or starts with , ] or }}: put it in quotes, and close every [ and {{"),
    (r"block end", "this line does not fit those above: check its indentation and the quotation marks before it"),
    (r"expected ':'", "this line lacks its colon: write key: text"),
    (r"document start", "text follows the end of the document: delete the lines --- and ... from the file"),
    (r"anchor|alias", "text cannot start with & or * unless it is in quotes: put it in quotes"),
    (r"directive|incompatible|duplicate", DIRECTIVE),
    (r"block scalar", "only the lines below | or > hold its text: start the text on the next line, after spaces"),
)
_ANYTHING_ELSE = "YAML cannot read this line: put the text in quotes and check the indentation"
_OPENED_EARLIER = re.compile(r"a quoted scalar|simple key|flow (sequence|mapping)")


def mend(error: MarkedYAMLError) -> tuple[int, str]:
    """The 0-based line where the fault begins, and the sentence that names its mend."""
    said = f"{error.context}; {error.problem}"
    opened = error.context_mark if _OPENED_EARLIER.search(said) else None
    mark = opened or error.problem_mark
    return (mark.line if mark else 0), _sentence(said)


def _sentence(said: str) -> str:
    for pattern, sentence in _MENDS:
        if found := re.search(pattern, said):
            return sentence.format(*found.groups())
    return _ANYTHING_ELSE
