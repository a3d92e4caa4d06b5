"""Structured logs: what happened, for which request, and never a body, a parameter or the text of an exception."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware
from structlog.typing import EventDict, Processor, WrappedLogger


class RequestLogMiddleware(RequestMiddleware):
    """Gives each request an id, and logs its start and end by method and path."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Without the query string, which may hold anything."""
        return f"{request.method} {request.path}"


class TaskFailureFilter(logging.Filter):
    """Celery's report of a failed task quotes the exception; its name and id are enough beside the places."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record, and keep it."""
        data = getattr(record, "data", None)
        if isinstance(data, dict) and "name" in data:
            # `context` is the same dictionary with the exception's text, arguments and traceback in it.
            happened = "received" if record.name == "celery.worker.strategy" else data.get("description", "succeeded")
            record.msg, record.args = "task %s %s: %s", (data["name"], data.get("id"), happened)
            record.data = None
        return True


def describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Log an exception's type and places in the code. Messages of databases and parsers quote their input."""
    info = event.pop("exc_info", None)
    if info is True:
        import sys

        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = _chain(error)
        event["places"] = _places(error)
    for name in ("exception", "stack", "stack_info"):
        event.pop(name, None)
    return event


def _chain(error: BaseException) -> str:
    names: list[str] = []
    current: BaseException | None = error
    while current is not None and len(names) < 6:
        names.append(f"{type(current).__module__}.{type(current).__qualname__}".removeprefix("builtins."))
        current = current.__cause__ or current.__context__
    return " < ".join(names)


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return [f"{frame.filename.rsplit('/site-packages/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    describe_exception,
]


def configure(level: str, *, as_json: bool) -> dict[str, Any]:
    """Set structlog up, and give back Django's LOGGING so that every library's log takes the same way."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer(sort_keys=True)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    quiet = {"handlers": ["console"], "level": "WARNING", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"task_failure": {"()": "hub.settings.logs.TaskFailureFilter"}},
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                "foreign_pre_chain": SHARED,
            }
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "structured",
                "filters": ["task_failure"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would print exceptions as they are; everything goes through the root.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            # Statements with their parameters are logged at DEBUG, whatever LOG_LEVEL says.
            "django.db.backends": quiet,
            "psycopg": quiet,
            "httpx": quiet,
            "httpcore": quiet,
        },
    }
