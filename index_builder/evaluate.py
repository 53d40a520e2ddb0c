"""Questions of a set, asked of a revision, and what came back: the raw results; `score` sums them up."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.answer import answer
from bot.domain import Question, Status, UnusableQuestionError
from index_builder.knowledge import UnsoundKnowledge
from index_builder.labelled import NEAR_MISS, OFF_TOPIC
from index_builder.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from bot.answer import Served
    from bot.domain import Document, Section
    from index_builder.knowledge import Expected
    from index_builder.labelled import LabelledCouncil
    from index_builder.progress import Advance

    Right = Callable[[Document, Section], bool]

FOLLOW_UP = "follow-up"
_REFUSALS = (Status.NOT_COVERED, Status.REFERRED, Status.UNAVAILABLE)
_ASKERS = 2
_NONE, _NO_CLAUSE = "none", "no clause"


@dataclass(frozen=True)
class Case:
    """One question of a set; `right` says whether a section answers it, None where it must be refused.

    `wanted` says the same for people; `document` and `kind` sort the results; `context` are the sections quoted before
    in the thread; `promised` and `line` are those of questions.yaml.
    """

    ask: str
    topic: str
    right: Right | None
    wanted: str
    document: str = ""
    kind: str = ""
    context: tuple[str, ...] = ()
    promised: bool = False
    line: int = 0


@dataclass(frozen=True)
class Result:
    """What a case got: `cited` section numbers, best first; `rank` of the first right one from 1, None without one.

    `found` is the rank of the first right one among all that was considered, cited or not; `belief` the score of the
    best; `best` the number of the best, considered or cited, "" where there is none.
    """

    case: Case
    status: Status
    rank: int | None
    cited: tuple[str, ...]
    found: int | None = None
    belief: float = 0.0
    best: str = ""

    @property
    def passed(self) -> bool:
        """Whether the right section came first, or what must be refused was."""
        return self.rank == 1 if self.case.right else self.refused

    @property
    def refused(self) -> bool:
        """Whether no clause was shown and the status says so."""
        return self.status in _REFUSALS and not self.cited


def evaluate(cases: Iterable[Case], served: Served, progress: Advance = lambda _: None) -> tuple[Result, ...]:
    """Ask every case, two at a time, and judge what came back, in order; `progress` hears how many more are done."""
    results = []
    with ThreadPoolExecutor(_ASKERS) as askers:
        for result in askers.map(lambda case: _result(case, served), cases):
            results.append(result)
            progress(1)
    return tuple(results)


def from_questions(questions: Iterable[Expected]) -> tuple[Case, ...]:
    """The cases of a council's questions.yaml."""
    return tuple(_expected_case(expected) for expected in questions)


def from_labelled(council: LabelledCouncil) -> tuple[Case, ...]:
    """The cases of a labelled council: questions, unanswered ones, follow-ups, and what is off topic in a thread."""
    answered = (
        Case(question.text, "", _is(p.section), p.section, council.name, question.kind)
        for p in council.paragraphs
        for question in p.questions
    )
    unanswered = (Case(q.text, "", None, _NO_CLAUSE, council.name, q.kind) for q in council.unanswered)
    threads = (
        Case(f.text, "", _is(f.section), f.section, council.name, FOLLOW_UP, (f.after,)) for f in council.follow_ups
    )
    off_topic = [question for question in council.unanswered if question.kind == OFF_TOPIC]
    elsewhere = (
        Case(q.text, "", None, _NO_CLAUSE, council.name, f"{OFF_TOPIC} in a thread", (p.section,))
        for q, p in zip(off_topic, council.paragraphs, strict=False)
    )
    return (*answered, *unanswered, *threads, *elsewhere)


def from_set(path: Path) -> tuple[Case, ...]:
    """The cases of a JSON-lines file: `question`, `topic`, and `gold_keywords`.

    A citation is right when every inner list has one of its strings in the lower-cased heading and text; topic `none`
    must be refused. Raises UnsoundKnowledge naming each line that cannot be read.
    """
    problems, cases = [], []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            cases.append(_keyword_case(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError):
            sentence = "This is no JSON object with question, topic and gold_keywords; mend or remove the line."
            problems.append(Problem(str(path), number, sentence))
    if problems:
        raise UnsoundKnowledge(problems)
    return tuple(cases)


def _expected_case(expected: Expected) -> Case:
    if not expected.sections:
        kind = NEAR_MISS if expected.near_miss else OFF_TOPIC
        return Case(expected.ask, _NONE, None, _NO_CLAUSE, kind=kind, line=expected.line)

    def right(document: Document, section: Section) -> bool:
        return expected.document in (None, document.name) and section.number in expected.sections

    topic, wanted = expected.topic or "other", " or ".join(expected.sections)
    return Case(expected.ask, topic, right, wanted, promised=expected.promised, line=expected.line)


def _is(number: str) -> Right:
    return lambda _, section: section.number == number


def _keyword_case(record: dict[str, Any]) -> Case:
    if not isinstance(record["question"], str) or not isinstance(record["topic"], str):
        raise TypeError("question and topic must be text")
    if record["topic"] == _NONE:
        return Case(record["question"], _NONE, None, _NO_CLAUSE)
    groups = [[str(word).lower() for word in group] for group in record["gold_keywords"]]

    def right(_: Document, section: Section) -> bool:
        words = f"{section.heading} {section.text}".lower()
        return all(any(word in words for word in group) for group in groups)

    return Case(record["question"], record["topic"], right, " + ".join("|".join(group) for group in groups))


def _result(case: Case, served: Served) -> Result:
    try:
        given = answer(Question(case.ask, case.context), served)
    except UnusableQuestionError:
        return Result(case, Status.NOT_COVERED, None, ())
    right, revision = case.right or (lambda *_: False), served.index.revision
    cited = [citation.section for citation in given.citations]
    considered = [match.section for match in given.matches] or cited
    ranks, found = (
        [rank for rank, s in enumerate(sections, start=1) if right(revision.document(s.document), s)]
        for sections in (cited, considered)
    )
    return Result(
        case,
        given.status,
        rank=ranks[0] if ranks else None,
        cited=tuple(section.number for section in cited),
        found=found[0] if found else None,
        belief=given.matches[0].score if given.matches else float(bool(cited)),
        best=considered[0].number if considered else "",
    )
