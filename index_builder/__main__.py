"""The command `protocol-index`: new, check, build, explain, evaluate, history, rollback."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.domain import UnservableError, UnusableQuestionError
from index_builder.knowledge import UnsoundKnowledge, councils

if TYPE_CHECKING:
    from bot.answer import Served
    from index_builder.evaluate import Result

FAILED, MISUSED = 1, 2

app = typer.Typer(
    help="Turn a council's protocol into what the bot serves.", no_args_is_help=True, add_completion=False
)
Knowledge = Annotated[Path, typer.Option("--knowledge", help="The folder that holds the councils' folders.")]
Index = Annotated[Path, typer.Option("--index", envvar="PROTOCOL_BOT_INDEX", help="The folder of published revisions.")]
CouncilName = Annotated[str | None, typer.Option("--council", help="The council (default: the only one, or model).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_KNOWLEDGE, _INDEX = Path("knowledge"), Path("index")


def main() -> None:
    """Run one command; every fault that a person can cause is one sentence, and exit status 1."""
    from index_builder.model import ModelProblem
    from index_builder.publish import BusyError

    try:
        app()
    except UnsoundKnowledge as unsound:
        _fail(*map(str, unsound.problems))
    except (UnservableError, UnusableQuestionError, BusyError, ModelProblem) as fault:
        _fail(str(fault))
    except OSError as fault:
        _fail(f"{fault.filename or 'The disk'}: {fault.strerror or fault}; what was in force stays in force.")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The council's folder: lower-case letters, digits, hyphens.")],
    files: Annotated[list[Path], typer.Argument(help="Its protocol: .md or .txt, one file a document.")],
    knowledge: Knowledge = _KNOWLEDGE,
    title: Annotated[str | None, typer.Option(help="The council's full name.")] = None,
) -> None:
    """Make a council's folder from its protocol."""
    from index_builder.new import new_council

    folder = new_council(knowledge, name, files, title)
    print(f"Made {folder}; next: protocol-index build --knowledge {knowledge} --council {name}")


@app.command()
def check(knowledge: Knowledge = _KNOWLEDGE, council: CouncilName = None) -> None:
    """Report every problem of a council's folder; build nothing."""
    from index_builder.build import check as check_knowledge

    found, parsed = check_knowledge(knowledge, _council(knowledge, council))
    print(
        f"{found.council.title}: {len(parsed.documents)} documents, {len(parsed.sections)} sections, no problem found."
    )


@app.command()
def build(
    knowledge: Knowledge = _KNOWLEDGE,
    index: Index = _INDEX,
    council: CouncilName = None,
    model: Annotated[
        str | None, typer.Option(envvar="PROTOCOL_BOT_MODEL", help="A sentence-transformers model.")
    ] = None,
    from_date: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The day it takes over (default: today).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Build a revision, rehearse it, and publish it."""
    from index_builder import build as building
    from index_builder.model import DEFAULT_MODEL

    begins = from_date.date() if from_date else None
    built = building.build(
        knowledge, index, _council(knowledge, council), model=model or DEFAULT_MODEL, from_date=begins
    )
    passed = sum(result.passed for result in built.results)
    if as_json:
        facts = {name: getattr(built, name) for name in ("revision", "published", "sections", "passages", "embedded")}
        facts["begins"] = built.begins.isoformat()
        _print_json({**facts, "questions": len(built.results), "passed": passed, "moved": len(built.moved)})
        return
    if not built.published:
        print(f"Nothing has changed: revision {built.revision} stays{_due(built.begins)}.")
        return
    for before, after in built.moved:
        print(f"moved: “{after.case.ask}” {_ending(before)} → {_ending(after)}")
    rehearsal = f", {passed} of {len(built.results)} questions pass" if built.results else ""
    print(f"Published {built.revision}{_due(built.begins)}: {built.sections} sections{rehearsal}.")


@app.command()
def explain(question: str, index: Index = _INDEX, council: CouncilName = None) -> None:
    """Show what was considered for a question, chosen and rejected, with its scores."""
    from bot.answer import answer
    from bot.domain import Question

    served = _served(index, council)
    given = answer(Question(question), served)
    print(f"{given.status}: {given.message}")
    table = Table()
    for column in ("", "section", "heading", "score", "whole", "part", "words"):
        table.add_column(column)
    for match in given.matches[:10]:
        figures = (f"{figure:.3f}" for figure in (match.score, match.whole, match.part, match.lexical))
        table.add_row("✓" if match.chosen else "", Text(match.section.number), Text(match.section.heading), *figures)
    Console().print(table)
    policy = served.index.revision.policy
    print(f"words added: {', '.join(served.retriever.added(question)) or 'none'}")
    print(f"answer_from {policy.answer_from}, clarify_gap {policy.clarify_gap}, cite_within {policy.cite_within}")


@app.command()
def evaluate(
    knowledge: Knowledge = _KNOWLEDGE,
    index: Index = _INDEX,
    council: CouncilName = None,
    given_set: Annotated[Path | None, typer.Option("--set", help="JSON lines: question, topic, gold_keywords.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure what is published on the council's questions, or on a set of your own."""
    from index_builder import evaluate as evaluating
    from index_builder.knowledge import read_knowledge

    name = _council(knowledge, council)
    cases = (
        evaluating.from_set(given_set)
        if given_set
        else evaluating.from_questions(read_knowledge(knowledge, name).questions)
    )
    results = evaluating.evaluate(cases, _served(index, name if given_set is None else council))
    found = evaluating.scores(results)
    if as_json:
        _print_json(
            {"scores": [asdict(score) for score in found], "misses": [_miss(r) for r in results if not r.passed]}
        )
        return
    table = Table(title=f"{len(results)} questions")
    for column in ("topic", "answerable", "first", "in three", "unanswerable", "refused"):
        table.add_column(column, justify="left" if column == "topic" else "right")
    for score in found:
        table.add_row(*(str(figure) for figure in asdict(score).values()))
    for result in results:
        if not result.passed:
            got = f"{result.status} {', '.join(result.cited)}"
            print(f"missed: “{result.case.ask}” wants {result.case.wanted}, gets {got}")
    Console().print(table)


@app.command()
def history(index: Index = _INDEX, council: CouncilName = None) -> None:
    """Show what was published and rolled back, when, and by which account."""
    from bot.bootstrap import council_of
    from index_builder.publish import history as events
    from index_builder.publish import in_force

    folder = index / council_of(index, council)
    present = in_force(folder)
    told = events(folder)
    if not told:
        _fail(f"Nothing was ever published in {folder}.")
    for event in told:
        mark = "← in force" if event["revision"] == present else ""
        print(event["at"], event["action"], event["revision"], f"from {event['from']} by {event['by']}", mark)


@app.command()
def rollback(
    revision: Annotated[
        str | None, typer.Argument(help="The revision to go back to (default: the one before).")
    ] = None,
    index: Index = _INDEX,
    council: CouncilName = None,
) -> None:
    """Put an earlier revision in force again, from today."""
    from bot.bootstrap import council_of
    from index_builder.publish import roll_back

    print(f"In force from now on: {roll_back(index, council_of(index, council), revision)}")


def _council(knowledge: Path, name: str | None) -> str:
    names = councils(knowledge)
    chosen = name or (names[0] if len(names) == 1 else "model" if "model" in names else None)
    if chosen is None:
        _fail(f"{knowledge} holds {', '.join(names) or 'no council'}; name one with --council.")
    return chosen


def _served(index: Path, council: str | None) -> Served:
    from bot.bootstrap import live

    return live(index, council, lambda _: None)()  # what is wrong is raised as well, and said once


def _due(begins: date) -> str:
    from index_builder.publish import local_today

    return f", to take over on {begins}" if begins > local_today() else ""


def _ending(result: Result) -> str:
    return f"{result.status} {result.cited[0] if result.cited else '–'}"


def _miss(result: Result) -> dict[str, Any]:
    return {"ask": result.case.ask, "wanted": result.case.wanted, "status": result.status, "cited": result.cited}


def _print_json(record: dict[str, Any]) -> None:
    print(json.dumps(record, ensure_ascii=False))


def _fail(*sentences: str) -> NoReturn:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    sys.exit(FAILED)


if __name__ == "__main__":
    main()
