"""From what was typed to what Slack is handed; every failure becomes a sentence and an incident in the log."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Any

from bot.domain import Question, UnusableQuestionError
from bot.surfaces.slack import render
from bot.surfaces.slack.threads import Threads

if TYPE_CHECKING:
    from bot.domain import Ask
    from bot.surfaces.slack.incoming import Asked

LOG = logging.getLogger(__name__)
TITLE = "Protocol"
APOLOGY = (
    "Sorry, something went wrong and you were not answered. Please try again; "
    "if it happens again, give whoever runs this bot the number {number}."
)


class UnansweredError(Exception):
    """Asking failed unexpectedly; the message is an apology that names the incident in the log."""


class Replies:
    """Asks, and renders the Answer for Slack."""

    def __init__(self, ask: Ask) -> None:
        self._ask, self._threads = ask, Threads()

    def in_thread(self, asked: Asked) -> dict[str, Any]:
        """The answer to a message, read after what was quoted before in its thread. Raises UnansweredError."""
        return self._found(Question(asked.text, self._threads.quoted(asked)), asked)

    def in_thread_always(self, asked: Asked) -> dict[str, Any]:
        """The same, with the apology in place of a failure."""
        try:
            return self.in_thread(asked)
        except UnansweredError as error:
            return render.sentence(str(error))

    def always(self, text: str) -> dict[str, Any]:
        """The answer to what was typed by itself, or the apology."""
        try:
            return self._found(Question(text), None)
        except UnansweredError as error:
            return render.sentence(str(error))

    def _found(self, question: Question, asked: Asked | None) -> dict[str, Any]:
        try:
            answer = self._ask(question)
            if asked is None:
                return render.message(answer, render.TOP_ACKNOWLEDGED)
            self._threads.remember(asked, answer)
            return render.message(answer)
        except UnusableQuestionError as error:
            return render.sentence(str(error))
        except Exception as error:  # noqa: BLE001 - the edge: a person waits, and its text may hold the question
            raise UnansweredError(incident(error)) from None

    def section(self, value: str) -> dict[str, Any]:
        """The modal for the value of a button: the section as it stands today, or why it cannot be shown."""
        try:
            document, number = render.section_named(value)
            answer = self._ask(Question(number))
            for citation in (*answer.citations, *answer.choices):
                if (citation.section.document, citation.section.number) == (document, number):
                    return render.whole_section(citation, answer.wording)
            return render.notice(TITLE, answer.message)
        except Exception as error:  # noqa: BLE001 - as above
            return render.notice(TITLE, incident(error))


def incident(error: Exception) -> str:
    """An apology with a number, under which the log has the kind of the error and nothing more."""
    number = secrets.token_hex(4)
    LOG.error("Incident %s: %s.", number, type(error).__name__)
    return APOLOGY.format(number=number)
