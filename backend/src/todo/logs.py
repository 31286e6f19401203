"""Structured logs: one event a line, the libraries' own events included."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

from todo.settings import LogFormat, LogLevel

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
)


def configure_logging(
    level: LogLevel, chosen: LogFormat | None, stream: TextIO | None = None
) -> None:
    """Send every log event to `stream` (standard output); JSON unless that is a terminal."""
    target = stream or sys.stdout
    as_json = chosen is LogFormat.JSON or (chosen is None and not target.isatty())
    handler = logging.StreamHandler(target)
    handler.setFormatter(_formatter(as_json))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # Alembic announces itself whenever the revision is read, and every probe reads it.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _formatter(as_json: bool) -> logging.Formatter:
    rendering: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
        if as_json
        else [structlog.dev.ConsoleRenderer()]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events carry `name`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
