"""The detection process of this worker: started at its first use after the fork, kept, ended with the worker."""

import os
from typing import Any

from celery.signals import worker_process_shutdown

from redaction import Analysis, Budget, DetectionProcess, Document, Withheld

_started: tuple[int, DetectionProcess] | None = None


def detection() -> DetectionProcess:
    """The one of this process. A child made by fork starts its own and leaves its parent's alone."""
    global _started
    if _started is None or _started[0] != os.getpid():
        _started = (os.getpid(), DetectionProcess(Budget()))
    return _started[1]


def analyse_each(documents: list[Document]) -> list[Analysis | Withheld]:
    """Analyse documents in the detection process, in one batch; what cannot be vouched for is an answer of its own."""
    return list(detection().analyse_many(documents))


@worker_process_shutdown.connect
def stop_detection(**_: Any) -> None:
    """End the detection process of this worker, if it has one."""
    global _started
    if _started is not None and _started[0] == os.getpid():
        _started[1].close()
    _started = None
