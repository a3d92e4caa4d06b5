"""The background steps by name, and how often each looks for work on its own: losing every nudge loses only time."""

from uuid import UUID

from celery import shared_task

from hub.sharing.background import BUILD_TASK

from . import detecting  # noqa: F401 - its signal ends the detection process with the worker
from .keeping import keep_partitions_task, look_through_record_task, seal_record_task
from .projection import build_projections, sweep_projections
from .sharing_check import check_sharing

SWEEP_TASK = "projections.sweep"
CHECK_TASK = "sharing.check"


@shared_task(name=SWEEP_TASK, ignore_result=True)
def sweep_projections_task() -> None:
    """Look for projections to build, tenant by tenant."""
    sweep_projections()


@shared_task(name=BUILD_TASK, ignore_result=True)
def build_projections_task(tenant_id: str) -> None:
    """A nudge: build one tenant's projections now."""
    build_projections(UUID(tenant_id))


@shared_task(name=CHECK_TASK, ignore_result=True)
def check_sharing_task() -> None:
    """Look for coverage and projections that an earlier step has missed, and for what an older engine has built."""
    check_sharing()


# Beat's schedule: a name, a task, and after how many seconds it is due again.
SWEEPS: list[tuple[str, str, int]] = [
    ("build projections", SWEEP_TASK, 15),
    ("check sharing", CHECK_TASK, 30),
    ("keep partitions", keep_partitions_task.name, 600),
    ("seal the record", seal_record_task.name, 3),
    ("look through the record", look_through_record_task.name, 3600),
]
