"""A logger for Slack's libraries that says where something went wrong, and never what was in it.

slack_bolt and slack_sdk write whole requests (the question, who asked) to their logs at DEBUG, on a bad signature, and
in the text of exceptions.
"""

from __future__ import annotations

import logging

LIBRARIES = ("slack_bolt", "slack_sdk")


def quiet_logger() -> logging.Logger:
    """The logger to hand to App, WebClient and SocketModeHandler; the libraries' other loggers are silenced."""
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    logger = logging.getLogger("bot.surfaces.slack.library")
    logger.setLevel(logging.WARNING)  # explicit: the libraries look at `level` themselves, and copy it to their own
    if not logger.filters:
        logger.addFilter(_only_where)
    return logger


def _only_where(record: logging.LogRecord) -> bool:
    kind = record.exc_info[0] if record.exc_info else None
    record.msg = f"Slack library, {record.module}:{record.lineno}" + (f", {kind.__name__}" if kind else "")
    record.args = record.exc_info = record.exc_text = record.stack_info = None
    return True
