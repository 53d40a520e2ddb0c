"""The command `protocol-bot`: ask, tone, matters, chat, slack, serve, health.

argparse, not typer: the first answer is due in a quarter of a second, and typer alone takes 0.06 s to import
(docs/decisions/0003). For the same reason each command imports what it needs when it runs, and a question that a
running bot answers needs next to nothing (docs/decisions/0013): not even typing or pathlib.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from contextlib import contextmanager

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from bot.live import Live

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: its thread pool takes 0.05 s and helps nobody here

_MOST_READ = 1_000_000  # bytes of a draft: far over what is checked, so that it is refused with its own sentence
SERVED, UNSERVED, MISUSED = 0, 1, 2  # exit statuses: any Answer; nothing can be served; wrong usage


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    given = sys.argv[1:] if argv is None else argv
    options = _parser(given[0] if given else "").parse_args(given)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold what was asked
    try:
        status = _asked_next_door(options) if options.run is _ask else None
        return _run(options) if status is None else status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has gone
        return SERVED


def _parser(named: str) -> argparse.ArgumentParser:
    """All commands, with the options of the one that is named: to add the others' would take 3 ms."""
    said = "The protocol's own words, and where they stand."
    parser = argparse.ArgumentParser("protocol-bot", description=said, formatter_class=_help)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, described, add) in _COMMANDS.items():
        command = commands.add_parser(name, help=described, formatter_class=_help)
        command.set_defaults(run=run)
        if name == named:
            if add:
                add(command)
            command.add_argument("--index", help="the folder with published revisions (default: index)")
            command.add_argument("--council", help="the council's name (default: the only one, or model)")
            command.add_argument("--knowledge", help=argparse.SUPPRESS)  # common to both commands; not read here
    return parser


def _help(prog: str) -> argparse.HelpFormatter:
    """A formatter of one width: argparse's own imports shutil, for every option, to ask how wide the terminal is."""
    return argparse.HelpFormatter(prog, width=96)


def _add_ask(command: argparse.ArgumentParser) -> None:
    command.add_argument("text", nargs="*", help="the question")
    command.add_argument("--json", action="store_true", help="print the answer as JSON")
    command.add_argument("--batch", metavar="FILE", help='JSON lines {"id", "text"}; - for standard input')


def _add_tone(command: argparse.ArgumentParser) -> None:
    command.add_argument("draft", nargs="?", metavar="FILE", help="the draft; - or nothing for standard input")
    command.add_argument("--json", action="store_true", help="print the report as JSON")
    command.add_argument("--batch", metavar="FILE", help='JSON lines {"id", "text"}; - for standard input')


def _add_matters(command: argparse.ArgumentParser) -> None:
    from bot.domain import Owner

    command.add_argument("--owner", choices=[str(owner) for owner in Owner if owner is not Owner.UNCLEAR])
    command.add_argument("--area", help="only matters of areas with this word, such as housing")
    command.add_argument("--format", choices=("table", "markdown", "csv"), default="table")


def _asked_next_door(options: argparse.Namespace) -> int | None:
    """Ask a bot that runs already, if there is one; None where the question must be answered here."""
    if not options.text or options.batch is not None:
        return None
    from bot import local

    place = local.place(_index(options), _council(options))
    said = local.asked(place, " ".join(options.text), as_json=options.json) if place else None
    if said is None:
        return None
    status, out, err = said
    sys.stdout.buffer.write(out)
    sys.stdout.buffer.flush()
    sys.stderr.write(err)
    return status


def _run(options: argparse.Namespace) -> int:
    from bot.domain import UnservableError

    try:
        return int(options.run(options))
    except UnservableError as fault:
        _report(str(fault))
        return UNSERVED


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
    from bot import local
    from bot.bootstrap import live, make_ask, make_check_tone
    from bot.hatch import hatch
    from bot.settings import Settings, SettingsProblem
    from bot.store import StoreProblem
    from bot.surfaces.slack.app import SlackProblem, serve

    given = {name: value for name in ("index", "council") if (value := getattr(options, name))}
    try:
        settings = Settings.load(**given)
        place = local.place(str(settings.index), settings.council)
        serving = live(settings.index, place.council if place else settings.council, _report)
        with hatch(serving, place, _report):
            serve(make_ask(serving), make_check_tone(serving), settings)
    except (SettingsProblem, StoreProblem, SlackProblem) as problem:
        _report(str(problem))
        return UNSERVED
    return SERVED


def _serve(options: argparse.Namespace) -> int:
    """Keep the protocol ready, so that ask answers at once."""
    from bot import local

    place = local.place(_index(options), _council(options))  # before what it answers with is imported
    options.council = place.council if place else options.council
    from bot.serve import serve

    serve(_live(options, _report), place, _report)
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
        with open(name, "rb") as file:  # noqa: PTH123 - pathlib, as above
            yield file


def _live(options: argparse.Namespace, report: Callable[[str], None]) -> Live:
    from pathlib import Path

    from bot.bootstrap import live

    return live(Path(_index(options)), _council(options), report)


def _index(options: argparse.Namespace) -> str:
    return options.index or os.environ.get("PROTOCOL_BOT_INDEX") or "index"


def _council(options: argparse.Namespace) -> str | None:
    return options.council or os.environ.get("PROTOCOL_BOT_COUNCIL") or None


def _unsaid(_: str) -> None:
    """For what the command raises as well, and main says once."""


def _report(sentence: str) -> None:
    print(sentence, file=sys.stderr)


_COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int], str, Callable[[argparse.ArgumentParser], None] | None]]
_COMMANDS = {
    "ask": (_ask, "answer a question, a batch, or (without a text) hold a conversation", _add_ask),
    "tone": (_tone, "check the tone of a draft e-mail before it is sent; nothing is kept", _add_tone),
    "matters": (_matters, "who decides what: the council's catalogue, with its clauses", _add_matters),
    "chat": (_chat, "hold a conversation at the terminal", None),
    "slack": (_slack, "serve Slack over Socket Mode", None),
    "serve": (_serve, "keep the protocol ready, so that ask answers at once", None),
    "health": (_health, "verify what is published; exit status 0 when it can be served", None),
}


if __name__ == "__main__":
    sys.exit(main())
