"""The only publisher: a message is a nudge, the row is the to-do. Losing a nudge loses nothing but time."""

from typing import Any

import structlog
from celery import current_app
from django.db import transaction

log = structlog.get_logger(__name__)


def nudge(task: str, *ids: Any) -> None:
    """Ask a worker to look now. Ids only, no retry, at most 100 ms; a broker that is away is logged and forgotten."""
    try:
        current_app.send_task(task, args=[str(value) for value in ids], ignore_result=True, retry=False, expires=30)
    except Exception as error:
        log.warning("nudge_lost", task=task, error=type(error).__name__)


def nudge_on_commit(task: str, *ids: Any) -> None:
    """Nudge once the rows are there to be found."""
    transaction.on_commit(lambda: nudge(task, *ids))
