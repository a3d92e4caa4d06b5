"""The Celery application: workers, the keeper and beat start from here, and nudges find their broker through it."""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.production")

app = Celery("caseward", set_as_current=True)
app.config_from_object("django.conf:settings", namespace="CELERY")


@signals.import_modules.connect
def load_tasks(sender: Any = None, **_: Any) -> None:
    """When a worker or beat starts: import the tasks, and put the sweeps on beat's schedule."""
    if sender is not app:
        return
    from hub.workflows.tasks import SWEEPS

    app.conf.beat_schedule = {
        # A sweep that nobody took before the next one is due has no meaning any more.
        name: {"task": task, "schedule": float(seconds), "options": {"expires": float(seconds)}}
        for name, task, seconds in SWEEPS
    }


@signals.setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Celery leaves logging as the settings have set it up; its own format would print exceptions."""
