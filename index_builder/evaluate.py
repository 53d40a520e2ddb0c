"""How well a revision answers a set of questions: first, in three, refused, by topic, with the misses."""

from __future__ import annotations

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.answer import answer
from bot.domain import Question, Status, UnusableQuestionError
from index_builder.knowledge import UnsoundKnowledge
from index_builder.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from bot.answer import Served
    from bot.domain import Citation
    from index_builder.knowledge import Expected
    from index_builder.progress import Advance

_REFUSALS = (Status.NOT_COVERED, Status.REFERRED, Status.UNAVAILABLE)
_ASKERS = 2
_NONE, _NO_CLAUSE = "none", "no clause"


@dataclass(frozen=True)
class Case:
    """One question of a set; `right` says whether a citation answers it, None where it must be refused.

    `wanted` says the same for people; `promised` and `line` are those of questions.yaml.
    """

    ask: str
    topic: str
    right: Callable[[Citation], bool] | None
    wanted: str
    promised: bool = False
    line: int = 0


@dataclass(frozen=True)
class Result:
    """What a case got: `cited` section numbers, best first; `rank` of the first right one from 1, None without one."""

    case: Case
    status: Status
    rank: int | None
    cited: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the right section came first, or what must be refused was."""
        return self.rank == 1 if self.case.right else self.refused

    @property
    def refused(self) -> bool:
        """Whether no clause was shown and the status says so."""
        return self.status in _REFUSALS and not self.cited


@dataclass(frozen=True)
class Score:
    """Counts for one topic: `first` and `in_three` of the `answerable`, `refused` of the `unanswerable`."""

    topic: str
    answerable: int
    first: int
    in_three: int
    unanswerable: int
    refused: int


def evaluate(cases: Iterable[Case], served: Served, progress: Advance = lambda _: None) -> tuple[Result, ...]:
    """Ask every case, two at a time, and judge what came back, in order; `progress` hears how many more are done."""
    results = []
    with ThreadPoolExecutor(_ASKERS) as askers:
        for result in askers.map(lambda case: _result(case, served), cases):
            results.append(result)
            progress(1)
    return tuple(results)


def scores(results: Sequence[Result]) -> tuple[Score, ...]:
    """One Score a topic, in alphabetical order, and one for all under the topic `all`."""
    topics: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        topics[result.case.topic].append(result)
    return (*(_score(topic, topics[topic]) for topic in sorted(topics)), _score("all", results))


def from_questions(questions: Iterable[Expected]) -> tuple[Case, ...]:
    """The cases of a council's questions.yaml."""
    return tuple(_expected_case(expected) for expected in questions)


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
        return Case(expected.ask, _NONE, None, _NO_CLAUSE, line=expected.line)
    topic, wanted = expected.topic or "other", " or ".join(expected.sections)
    return Case(expected.ask, topic, _cites(expected), wanted, expected.promised, expected.line)


def _cites(expected: Expected) -> Callable[[Citation], bool]:
    def right(citation: Citation) -> bool:
        named = expected.document in (None, citation.document.name)
        return named and citation.section.number in expected.sections

    return right


def _keyword_case(record: dict[str, Any]) -> Case:
    if not isinstance(record["question"], str) or not isinstance(record["topic"], str):
        raise TypeError("question and topic must be text")
    if record["topic"] == _NONE:
        return Case(record["question"], _NONE, None, _NO_CLAUSE)
    groups = [[str(word).lower() for word in group] for group in record["gold_keywords"]]

    def right(citation: Citation) -> bool:
        words = f"{citation.section.heading} {citation.section.text}".lower()
        return all(any(word in words for word in group) for group in groups)

    return Case(record["question"], record["topic"], right, " + ".join("|".join(group) for group in groups))


def _result(case: Case, served: Served) -> Result:
    try:
        given = answer(Question(case.ask), served)
    except UnusableQuestionError:
        return Result(case, Status.NOT_COVERED, None, ())
    right = case.right or (lambda _: False)
    ranks = [rank for rank, citation in enumerate(given.citations, start=1) if right(citation)]
    cited = tuple(citation.section.number for citation in given.citations)
    return Result(case, given.status, ranks[0] if ranks else None, cited)


def _score(topic: str, results: Sequence[Result]) -> Score:
    answerable = [result for result in results if result.case.right]
    return Score(
        topic=topic,
        answerable=len(answerable),
        first=sum(result.rank == 1 for result in answerable),
        in_three=sum(result.rank is not None for result in answerable),
        unanswerable=len(results) - len(answerable),
        refused=sum(result.refused for result in results if not result.case.right),
    )
