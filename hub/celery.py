"""The Celery application: workers, the keeper and beat start from here, and nudges find their broker through it."""

import os
from typing import Any

from celery import Celery, bootsteps, signals
from celery.worker import state

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.production")

app = Celery("caseward", set_as_current=True)
app.config_from_object("django.conf:settings", namespace="CELERY")

LOST_CHECK_SECONDS = 5.0


class Reconnect(bootsteps.StartStopStep):
    """Reconnects a worker all of whose slots are held by messages that it is done with.

    An acknowledgement that finds no broker is logged and forgotten, and its message would hold a slot for ever: with
    every slot held the worker listens to nothing, so it would not notice either that the broker had gone and come back.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.timer: Any = None

    def start(self, parent: Any) -> None:
        """Look again and again, as long as this connection lasts."""
        self.timer = parent.timer.call_repeatedly(LOST_CHECK_SECONDS, self.check, (parent,))

    def stop(self, parent: Any) -> None:
        """The next connection has a timer of its own."""
        if self.timer is not None:
            self.timer.cancel()

    def check(self, parent: Any) -> None:
        """Nothing to do, and nothing can be taken: what raises here makes the worker connect anew."""
        if not state.reserved_requests and not parent.task_consumer.channel.qos.can_consume():
            raise ConnectionResetError("The broker has not heard that the worker is done.")


app.steps["consumer"].add(Reconnect)


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
