"""Logs say what happened and where, and never quote what was being worked on."""

import io
import json
import logging
import logging.config

import pytest
import structlog
from celery import Celery

from hub.settings import logs

CANARY = "Marta-Quell-4711"


@pytest.fixture
def lines():
    """The JSON lines that a block of code logs."""
    stream = io.StringIO()
    config = logs.configure("INFO", as_json=True)
    config["handlers"]["console"]["stream"] = stream
    logging.config.dictConfig(config)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.config.dictConfig(logs.configure("INFO", as_json=True))


def fail():
    raise ValueError(f"could not parse {CANARY}")


@pytest.mark.parametrize("logger", [structlog.get_logger("hub.x"), logging.getLogger("django.request")])
def test_exceptions_are_logged_without_their_text(lines, logger):
    try:
        fail()
    except ValueError:
        logger.exception("failed")
    (line,) = lines()
    assert (line["event"], line["level"], line["error"]) == ("failed", "error", "ValueError")
    assert line["places"][-1].endswith(" fail")
    assert CANARY not in json.dumps(line)


def test_failed_task_is_logged_without_its_error_and_arguments(lines):
    # Not the current application: that one is the hub's, and nudges go through it.
    app = Celery("x", broker="memory://", set_as_current=False)

    @app.task(name="x.task")
    def task(_value):
        fail()

    task.apply(args=[CANARY])
    (line,) = [line for line in lines() if line["logger"] == "celery.app.trace"]
    assert line["event"].startswith("task x.task ")
    assert line["error"] == "ValueError"
    assert CANARY not in json.dumps(lines())


def test_query_string_is_not_logged(lines, rf):
    from django.http import HttpResponse

    logs.RequestLogMiddleware(lambda request: HttpResponse("ok"))(rf.get("/admin/x/", {"q": CANARY}))
    started, finished = lines()
    assert (started["request"], finished["request"]) == ("GET /admin/x/", "GET /admin/x/")
    assert started["request_id"] == finished["request_id"]
    assert CANARY not in json.dumps([started, finished])


def test_statements_are_never_logged(lines):
    logging.getLogger("django.db.backends").debug("SELECT %s", CANARY)
    assert lines() == []
