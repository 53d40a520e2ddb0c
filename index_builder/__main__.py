"""The command `protocol-index`: new, check, build, explain, evaluate, history, rollback."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, fields
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
    from collections.abc import Iterable

    from bot.answer import Served
    from bot.live import Live
    from index_builder.decisions import Decisions
    from index_builder.evaluate import Result
    from index_builder.score import Figure, Score

FAILED, MISUSED = 1, 2

app = typer.Typer(
    help="Turn a council's protocol into what the bot serves.", no_args_is_help=True, add_completion=False
)
Knowledge = Annotated[Path, typer.Option("--knowledge", help="The folder that holds the councils' folders.")]
Index = Annotated[Path, typer.Option("--index", envvar="PROTOCOL_BOT_INDEX", help="The folder of published revisions.")]
CouncilName = Annotated[str | None, typer.Option("--council", help="The council (default: the only one, or model).")]
Model = Annotated[str | None, typer.Option(envvar="PROTOCOL_BOT_MODEL", help="A sentence-transformers model.")]
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
        where = fault.filename or "The disk"
        _fail(f"{where}: {fault.strerror or fault}; protocol-index history tells what is in force.")


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
    model: Model = None,
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
    from bot.clean import cleaned
    from bot.domain import Question

    served = _served(index, council)
    given = answer(Question(question), served)
    print(f"{given.status}: {given.message}")
    table = Table()
    for column in ("", "section", "heading", "score", "whole", "part", "words", "late"):
        table.add_column(column)
    for match in given.matches[:10]:
        figures = (f"{figure:.3f}" for figure in (match.score, match.whole, match.part, match.lexical, match.late))
        table.add_row("✓" if match.chosen else "", Text(match.section.number), Text(match.section.heading), *figures)
    Console().print(table)
    policy = served.index.revision.policy
    print(f"words added: {', '.join(served.retriever.added(question)) or 'none'}")
    if given.matches:
        covered = served.retriever.found(cleaned(question, given.wording)).covered
        print(f"some section answers with probability {covered:.3f}; quoted from {policy.answer_from:.3f} up")
    if given.matches or given.signpost:
        _explain_signpost(cleaned(question, given.wording), served)


def _explain_signpost(text: str, served: Served) -> None:
    """How the text was read for who decides: facts, owners, and the matters it came near."""
    explained = served.signposts.explained(text, served.reader.see(text))
    policy, matters = served.index.revision.policy.signpost, served.index.revision.framework.matters
    print(
        f"about who decides with probability {explained.reading.about:.3f}; signposted from {policy.about_from:.3f} up"
    )
    if not explained.worth:
        print("its vector alone says that it is about something else, so it is not read for who decides")
    print(f"sums: {', '.join(explained.sums) or 'none'}{f'; read as “{explained.hint}”' if explained.hint else ''}")
    print(f"owners: {', '.join(f'{owner} {belief:.3f}' for owner, belief in explained.owners)}")
    table = Table()
    for column in ("matter", "owner", "belief", "cosine"):
        table.add_column(column)
    reading = explained.reading
    for row in sorted(range(len(matters)), key=lambda row: -reading.matters[row])[:5]:
        figures = (f"{figure:.3f}" for figure in (reading.matters[row], reading.cosines[row]))
        table.add_row(Text(matters[row].title), str(matters[row].owner), *figures)
    Console().print(table)


@app.command()
def evaluate(
    knowledge: Knowledge = _KNOWLEDGE,
    index: Index = _INDEX,
    council: CouncilName = None,
    given_set: Annotated[Path | None, typer.Option("--set", help="JSON lines: question, topic, gold_keywords.")] = None,
    scenarios: Annotated[Path | None, typer.Option("--decisions", help="JSON lines: text, label (an owner).")] = None,
    drafts: Annotated[Path | None, typer.Option("--drafts", help="JSON lines: text, label (ok or concern).")] = None,
    councils_folder: Annotated[Path | None, typer.Option("--councils", help="A folder of labelled councils.")] = None,
    split: Annotated[str, typer.Option(help="Which of them: train, dev or test.")] = "test",
    model: Model = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the measurement here (PNG).")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure what is published on its questions or a set, or a model on councils it was not trained on."""
    from index_builder import evaluate as evaluating
    from index_builder.knowledge import read_knowledge
    from index_builder.measure import on_labelled
    from index_builder.score import calibration, scores

    if sum(map(bool, (councils_folder, given_set, scenarios, drafts))) > 1:
        print("Give one of --set, --decisions, --drafts and --councils.", file=sys.stderr)
        sys.exit(MISUSED)
    if drafts:
        _evaluate_drafts(drafts, index, council, picture, as_json=as_json)
        return
    if scenarios:
        _evaluate_decisions(scenarios, _served(index, council), picture, as_json=as_json)
        return
    if councils_folder:
        results = on_labelled(councils_folder, split, model)
    elif given_set:
        results = evaluating.evaluate(evaluating.from_set(given_set), _served(index, council))
    else:
        name = _council(knowledge, council)
        cases = evaluating.from_questions(read_knowledge(knowledge, name).questions)
        results = evaluating.evaluate(cases, _served(index, name))
    tables = {
        "by kind": scores(results, _kind),
        "by topic": scores(results, lambda result: result.case.topic),
        "by document": scores(results, lambda result: result.case.document or "the one published"),
    }
    bins = calibration([result for result in results if not result.case.context])
    if picture:
        from index_builder.picture import reliability

        reliability(bins, picture)
    misses = [_miss(result) for result in results if not result.passed]
    if as_json:
        told = {name: [asdict(score) for score in table] for name, table in tables.items()}
        _print_json({**told, "calibration": [asdict(bin_) for bin_ in bins], "misses": misses})
        return
    for miss in misses:
        print(
            f"missed: “{miss['ask']}” {miss['document']} wants {miss['wanted']}, gets {miss['status']} {miss['best']}"
        )
    several = {name: table for name, table in tables.items() if len(table) > 2}  # noqa: PLR2004 - and one for all
    for name, table in (several or {"in all": tables["by kind"][-1:]}).items():
        Console().print(_score_table(f"{len(results)} questions, {name}", table))


def _evaluate_decisions(path: Path, served: Served, picture: Path | None, *, as_json: bool) -> None:
    from index_builder.decisions import NOWHERE, decisions, judge
    from index_builder.progress import bar
    from index_builder.scenarios import read_scenarios

    scenarios = read_scenarios(path)
    if not any(scenario.owner for scenario in scenarios):
        _fail(f"No scenario of {path} is about who decides; label some with an owner.")
    with bar("Asking", len(scenarios)) as advance:
        verdicts = judge(scenarios, served, advance)
    measured = decisions(verdicts)
    if picture:
        from index_builder.picture import who_decides

        who_decides(measured, picture)
    wrong = [verdict for verdict in verdicts if not verdict.right]
    if as_json:
        told = {**asdict(measured), "confusion": [[*pair, count] for pair, count in measured.confusion.items()]}
        missed = [(v.scenario.text, v.scenario.owner, v.owner, v.confidence) for v in wrong]
        _print_json({**told, "misses": missed})
        return
    for verdict in wrong:
        named = f"{verdict.owner or NOWHERE} ({verdict.confidence:.2f})"
        print(f"missed: “{verdict.scenario.text}” wants {verdict.scenario.owner or NOWHERE}, gets {named}")
    Console().print(_owner_table(measured), _confusion_table(measured))
    for name, figures in (("all", measured.covered), ("unclear left out", measured.surest)):
        parts = ", ".join(f"{part:.0%} {_told(figure)}" for part, figure in figures.items())
        print(f"right among the surest ({name}): {parts}")
    if measured.subjects:
        print(f"subjects of several texts, all right: {_told(measured.subjects)}")
    if measured.mistaken:
        print(f"about something else, yet signposted: {_told(measured.mistaken)}")
    print(f"median answer {measured.median_ms:.2f} ms")


def _evaluate_drafts(path: Path, index: Path, council: str | None, picture: Path | None, *, as_json: bool) -> None:
    from bot.bootstrap import make_check_tone
    from index_builder.drafts import read_drafts
    from index_builder.progress import bar
    from index_builder.tones import check_all, tones

    drafts = read_drafts(path)
    if not any(draft.concern for draft in drafts):
        _fail(f"No draft of {path} is of concern; label some so.")
    with bar("Checking", len(drafts)) as advance:
        checked = check_all(drafts, make_check_tone(_live(index, council)), advance)
    measured = tones(checked)
    if picture:
        from index_builder.picture import tone

        tone(measured, picture)
    wrong = [given for given in checked if not given.right]
    if as_json:
        told = {**asdict(measured), "confusion": [[*pair, count] for pair, count in measured.confusion.items()]}
        _print_json({**told, "misses": [(given.draft.text, given.draft.concern, given.categories) for given in wrong]})
        return
    for given in wrong:
        wanted = ", ".join(given.draft.categories) or f"ok ({given.draft.kind})"
        print(f"missed: “{given.draft.text}” is {wanted}, gets {', '.join(given.categories) or 'ok'}")
    print(f"F1 {measured.f1:.3f}, precision {measured.precision:.3f}, recall {measured.recall:.3f}, N {len(checked)}")
    for name, figure in (
        ("fair drafts flagged", measured.false_alarms),
        ("marked words overlapped", measured.spans),
        ("category right", measured.category),
        ("category right, of those found", measured.category_of_found),
    ):
        print(f"{name}: {_told(figure) if figure else 'none'}")
    print("found, by category:", ", ".join(f"{name} {_told(figure)}" for name, figure in measured.recall_of.items()))
    flagged = [f"{kind} {_told(figure)}" for kind, figure in measured.by_kind if figure.value]
    print("flagged, by kind of fair draft:", "; ".join(flagged) or "none")
    print(f"median check {measured.median_ms:.2f} ms")


def _owner_table(measured: Decisions) -> Table:
    table = Table(title=f"macro-F1 {measured.macro_f1:.3f}")
    for column in ("owner", "precision", "recall", "F1", "N"):
        table.add_column(column)
    for score in measured.owners:
        figures = (f"{figure:.3f}" for figure in (score.precision, score.recall, score.f1))
        table.add_row(score.owner, *figures, str(score.count))
    return table


def _confusion_table(measured: Decisions) -> Table:
    named = sorted({given for _, given in measured.confusion})
    table = Table(title="who decides (rows), who is signposted (columns)")
    for column in ("", *named):
        table.add_column(column)
    for score in measured.owners:
        counts = [measured.confusion.get((score.owner, given), 0) for given in named]
        table.add_row(score.owner, *(str(count or "") for count in counts))
    return table


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
    return _live(index, council)()


def _live(index: Path, council: str | None) -> Live:
    from bot.bootstrap import live

    return live(index, council, lambda _: None)  # what is wrong is raised as well, and said once


def _due(begins: date) -> str:
    from index_builder.publish import local_today

    return f", to take over on {begins}" if begins > local_today() else ""


def _ending(result: Result) -> str:
    return f"{result.status} {result.cited[0] if result.cited else '–'}"


def _miss(result: Result) -> dict[str, Any]:
    case = result.case
    return {
        "ask": case.ask,
        "document": case.document,
        "kind": case.kind or case.topic,
        "wanted": case.wanted,
        "status": result.status,
        "best": result.best,
        "found": result.found,
        "cited": result.cited,
    }


def _kind(result: Result) -> str:
    return result.case.kind or ("answerable" if result.case.right else "unanswerable")


def _score_table(title: str, rows: Iterable[Score]) -> Table:
    table = Table(title=title, caption="value, 95 % interval, N; “ranked” leaves the thresholds aside")
    for column in ("", "first", "in three", "covered", "ranked first", "ranked in three", "MRR@10", "refused"):
        table.add_column(column)
    for score in rows:
        group, *figures = (getattr(score, field.name) for field in fields(score))
        table.add_row(group, *(_told(figure) for figure in figures))
    return table


def _told(figure: Figure | None) -> str:
    return f"{figure.value:.3f} ({figure.low:.2f}–{figure.high:.2f}) {figure.count}" if figure else ""


def _print_json(record: dict[str, Any]) -> None:
    print(json.dumps(record, ensure_ascii=False))


def _fail(*sentences: str) -> NoReturn:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    sys.exit(FAILED)


if __name__ == "__main__":
    main()
