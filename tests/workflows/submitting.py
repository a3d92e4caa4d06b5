"""Cases, events and projections as the tests of the catalog's workflows look at them."""

from typing import Any
from uuid import UUID

from hub.audit.models import AccessEvent
from hub.catalog.models import Case, CaseVersion
from hub.sharing.models import Projection
from hub.sharing.services.profiles import install_shipped_profiles
from hub.workflows.outcomes import CaseSubmitted
from hub.workflows.submission import submit_case
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.catalog.samples import OWN


def install_profiles(cast: Cast) -> None:
    """Give acme its redaction profiles, so that submitted cases ask for projections."""
    with backstage(cast):
        install_shipped_profiles(cast.tenant("acme").pk, by=cast["olga"].person_key)


def backstage(cast: Cast) -> Any:
    """As background work of acme, which sees every row of the tenant."""
    return acting_as(system_actor(cast.tenant("acme").pk, "test"))


def submitted(cast: Cast, **changes: Any) -> UUID:
    """The sample, submitted by alice through the workflow."""
    alice = cast["alice"]
    with acting_as(alice):
        answer = submit_case(alice, team_id=cast.team("acme/atlas").pk, draft=OWN | changes)
    assert isinstance(answer, CaseSubmitted), answer
    return answer.case_id


def last_event(cast: Cast, who: str = "alice") -> tuple[str, str, str, str]:
    """Action, outcome, basis and object of the newest event of somebody's tenant."""
    tenant = cast.tenant_of(who)
    with acting_as(system_actor(tenant.pk, "test")):
        event = AccessEvent.objects.order_by("-id")[0]
    return event.action, event.outcome, event.basis, f"{event.object_kind}:{event.object_id}"


def state_of(cast: Cast, case_id: UUID) -> tuple[Any, ...]:
    """Everything that a refused step must leave as it was."""
    with backstage(cast):
        case = Case.objects.get(pk=case_id)
        return (
            case.status, case.data_class, case.tlp, case.is_restricted, case.current_version_id, case.withdrawn_at,
            CaseVersion.objects.filter(case=case).count(), sorted(case.tags.values_list("tag", flat=True)),
        )  # fmt: skip


def projections(cast: Cast, case_id: UUID) -> list[Projection]:
    """Every projection row of a case, oldest first."""
    with backstage(cast):
        return list(Projection.objects.filter(case_id=case_id).order_by("created_at", "pk"))
