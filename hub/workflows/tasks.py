"""The background steps by name, and how often each looks for work on its own: losing every nudge loses only time."""

from uuid import UUID

from celery import shared_task
from django.conf import settings

from hub.escalation.outbox.mirroring import RECONCILE_TASK
from hub.escalation.outbox.queueing import DELIVER_TASK
from hub.escalation.services.noticing import RUN_TASK
from hub.sharing.background import BUILD_TASK

from . import detecting  # noqa: F401 - its signal ends the detection process with the worker
from .delivery import deliver, sweep_deliveries
from .disposition import sweep_dispositions_task
from .erasing import sweep_erasures_task
from .escalation import run_escalation, sweep_escalation
from .feeding import PUSH_TASK, push_feeds, sweep_feeds
from .keeping import keep_partitions_task, look_through_record_task, seal_record_task
from .ledger import write_down_task
from .mirrors import reconcile_mirrors, sweep_mirrors
from .projection import build_projections, sweep_projections
from .proving.proving import PROVE_TASK
from .record_expiry import expire_record_task
from .sharing_check import check_sharing
from .storage import sweep_storage_task
from .volume_alerts import sweep_volumes

SWEEP_TASK = "projections.sweep"
CHECK_TASK = "sharing.check"
DELIVERY_SWEEP_TASK = "escalation.deliver_due"
MIRROR_SWEEP_TASK = "mirrors.sweep"

ESCALATION_SWEEP_TASK = "escalation.sweep"
FEEDS_SWEEP_TASK = "feeds.sweep"
VOLUMES_SWEEP_TASK = "escalation.volumes"


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


@shared_task(name=DELIVERY_SWEEP_TASK, ignore_result=True)
def sweep_deliveries_task() -> None:
    """Look for deliveries that are due, tenant by tenant."""
    sweep_deliveries()


@shared_task(name=DELIVER_TASK, ignore_result=True)
def deliver_task(tenant_id: str) -> None:
    """A nudge: send one tenant's deliveries now."""
    deliver(UUID(tenant_id))


@shared_task(name=MIRROR_SWEEP_TASK, ignore_result=True)
def sweep_mirrors_task() -> None:
    """Compare mirrored tickets that are due, tenant by tenant."""
    sweep_mirrors()


@shared_task(name=RECONCILE_TASK, ignore_result=True)
def reconcile_mirrors_task(tenant_id: str) -> None:
    """A nudge: compare one tenant's mirrored tickets now."""
    reconcile_mirrors(UUID(tenant_id))


@shared_task(name=ESCALATION_SWEEP_TASK, ignore_result=True)
def sweep_escalation_task() -> None:
    """Look for triggers that no rule has seen, clocks that ran out and cases that have waited."""
    sweep_escalation()


@shared_task(name=RUN_TASK, ignore_result=True)
def run_escalation_task(tenant_id: str) -> None:
    """A nudge: run one tenant's rules now."""
    run_escalation(UUID(tenant_id))


@shared_task(name=FEEDS_SWEEP_TASK, ignore_result=True)
def sweep_feeds_task() -> None:
    """Look for parts of the record that its receivers are still to be told, tenant by tenant."""
    sweep_feeds()


@shared_task(name=PUSH_TASK, ignore_result=True)
def push_feeds_task(tenant_id: str) -> None:
    """A nudge: push one tenant's feeds now."""
    push_feeds(UUID(tenant_id))


@shared_task(name=VOLUMES_SWEEP_TASK, ignore_result=True)
def sweep_volumes_task() -> None:
    """Look for tokens that do more than usual, tenant by tenant."""
    sweep_volumes()


# Beat's schedule: a name, a task, and after how many seconds it is due again.
SWEEPS: list[tuple[str, str, int]] = [
    ("build projections", SWEEP_TASK, 15),
    ("check sharing", CHECK_TASK, 30),
    ("send deliveries", DELIVERY_SWEEP_TASK, 10),
    ("compare mirrored tickets", MIRROR_SWEEP_TASK, 30),
    ("push the record", FEEDS_SWEEP_TASK, 5),
    ("look at what tokens do", VOLUMES_SWEEP_TASK, 30),
    ("dispose of what is due", sweep_dispositions_task.name, 30),
    ("erase persons", sweep_erasures_task.name, 30),
    ("count what is kept", sweep_storage_task.name, 3600),
    ("run escalation rules", ESCALATION_SWEEP_TASK, 30),
    ("write the ledger down outside", write_down_task.name, 15),
    ("keep partitions", keep_partitions_task.name, 600),
    ("seal the record", seal_record_task.name, 3),
    ("expire the record", expire_record_task.name, 3600),
    ("look through the record", look_through_record_task.name, 3600),
    ("prove isolation", PROVE_TASK, settings.CASEWARD_PROOF_MINUTES * 60),
]
