"""The command `protocol-bot`: ask, tone, matters, chat, slack, health.

argparse, not typer: the first answer is due in a quarter of a second, and typer alone takes 0.06 s to import
(docs/decisions/0003). For the same reason each command imports what it needs when it runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain import Owner, UnservableError

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: its thread pool takes 0.05 s and helps nobody here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from bot.live import Live

_MOST_READ = 1_000_000  # bytes of a draft: far over what is checked, so that it is refused with its own sentence
SERVED, UNSERVED, MISUSED = 0, 1, 2  # exit statuses: any Answer; nothing can be served; wrong usage


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except UnservableError as fault:
        _report(str(fault))
        return UNSERVED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has gone
        return SERVED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("protocol-bot", description="The protocol's own words, and where they stand.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    ask = commands.add_parser("ask", help="answer a question, a batch, or (without a text) hold a conversation")
    ask.add_argument("text", nargs="*", help="the question")
    ask.add_argument("--json", action="store_true", help="print the answer as JSON")
    ask.add_argument("--batch", metavar="FILE", help='JSON lines {"id", "text"}; - for standard input')
    ask.set_defaults(run=_ask)
    tone = commands.add_parser("tone", help="check the tone of a draft e-mail before it is sent; nothing is kept")
    tone.add_argument("draft", nargs="?", metavar="FILE", help="the draft; - or nothing for standard input")
    tone.add_argument("--json", action="store_true", help="print the report as JSON")
    tone.add_argument("--batch", metavar="FILE", help='JSON lines {"id", "text"}; - for standard input')
    tone.set_defaults(run=_tone)
    matters = commands.add_parser("matters", help="who decides what: the council's catalogue, with its clauses")
    matters.add_argument("--owner", choices=[str(owner) for owner in Owner if owner is not Owner.UNCLEAR])
    matters.add_argument("--area", help="only matters of areas with this word, such as housing")
    matters.add_argument("--format", choices=("table", "markdown", "csv"), default="table")
    matters.set_defaults(run=_matters)
    others = {"chat": _chat, "slack": _slack, "health": _health}
    for name, run in others.items():
        commands.add_parser(name, help=(run.__doc__ or "").rstrip(".").lower()).set_defaults(run=run)
    for command in commands.choices.values():
        command.add_argument("--index", type=Path, help="the folder with published revisions (default: index)")
        command.add_argument("--council", help="the council's name (default: the only one, or model)")
        command.add_argument("--knowledge", type=Path, help=argparse.SUPPRESS)  # common to both commands; not read here
    return parser


def _ask(options: argparse.Namespace) -> int:
    from bot.bootstrap import make_ask
    from bot.surfaces.cli import app

    if (options.text and options.batch is not None) or (options.json and not options.text and options.batch is None):
        _report(
            "protocol-bot ask takes a text (with or without --json) or --batch FILE, not both and not --json alone."
        )
        return MISUSED
    if not options.text and options.batch is None:
        return _chat(options)
    ask = make_ask(_live(options, _report))
    if options.text:
        return app.ask_once(ask, " ".join(options.text), as_json=options.json)
    try:
        with _opened(options.batch) as lines:
            return app.ask_batch(ask, lines)
    except OSError as fault:
        _report(f"{options.batch} cannot be read: {fault.strerror}.")
        return MISUSED


def _tone(options: argparse.Namespace) -> int:
    from bot.bootstrap import make_check_tone
    from bot.surfaces.cli import tone

    if options.draft is not None and options.batch is not None:
        _report("protocol-bot tone takes a FILE or --batch FILE, not both.")
        return MISUSED
    check = make_check_tone(_live(options, _report))
    name = options.draft if options.batch is None else options.batch
    try:
        if options.batch is not None:
            with _opened(options.batch) as lines:
                return tone.check_batch(check, lines)
        if name in {None, "-"} and sys.stdin.isatty():
            _report("Paste the draft, then end it with Ctrl-D on a line of its own.")
        with _opened(name or "-") as file:
            content = file.read(_MOST_READ)
        draft = content.decode("utf-8-sig", "ignore" if len(content) == _MOST_READ else "strict")  # a letter may be cut
    except OSError as fault:
        _report(f"The file cannot be read: {fault.strerror}.")
        return MISUSED
    except UnicodeDecodeError:
        _report(f"{name or 'Standard input'} is not plain text in UTF-8; save the draft as plain text.")
        return MISUSED
    return tone.check_once(check, draft, as_json=options.json)


def _matters(options: argparse.Namespace) -> int:
    from bot.surfaces.cli.matters import rows, shown

    revision = _live(options, _report)().index.revision
    kept = rows(revision, options.owner, options.area)
    if not kept:
        _report("The catalogue has no such matter; leave out --owner or --area, or write another area.")
        return MISUSED
    sys.stdout.buffer.write(shown(revision, kept, options.format).encode())
    return SERVED


def _chat(options: argparse.Namespace) -> int:
    """Hold a conversation at the terminal."""
    from bot.bootstrap import make_ask
    from bot.surfaces.cli import app

    serving = _live(options, _unsaid)
    return app.converse(make_ask(serving), serving().index.revision.wording)


def _slack(options: argparse.Namespace) -> int:
    """Serve Slack over Socket Mode."""
    from bot.bootstrap import live, make_ask, make_check_tone
    from bot.settings import Settings, SettingsProblem
    from bot.store import StoreProblem
    from bot.surfaces.slack.app import SlackProblem, serve

    given = {name: value for name in ("index", "council") if (value := getattr(options, name))}
    try:
        settings = Settings.load(**given)
        serving = live(settings.index, settings.council, _report)
        serve(make_ask(serving), make_check_tone(serving), settings)
    except (SettingsProblem, StoreProblem, SlackProblem) as problem:
        _report(str(problem))
        return UNSERVED
    return SERVED


def _health(options: argparse.Namespace) -> int:
    """Verify what is published; exit status 0 when it can be served."""
    serving = _live(options, _unsaid)
    revision = serving().index.revision
    serving.tones()  # what reads drafts is verified when it is first needed
    print(f"{revision.council.title}: revision {revision.name}, {len(revision.sections)} sections, ready to answer.")
    return SERVED


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """A file's bytes, or for "-" those of standard input, which stays open."""
    if name == "-":
        yield sys.stdin.buffer
    else:
        with Path(name).open("rb") as file:
            yield file


def _live(options: argparse.Namespace, report: Callable[[str], None]) -> Live:
    from bot.bootstrap import live

    index = options.index or Path(os.environ.get("PROTOCOL_BOT_INDEX") or "index")
    return live(index, options.council or os.environ.get("PROTOCOL_BOT_COUNCIL"), report)


def _unsaid(_: str) -> None:
    """For what the command raises as well, and main says once."""


def _report(sentence: str) -> None:
    print(sentence, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
