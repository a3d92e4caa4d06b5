"""Tokens that do more than usual: one alert a day on record, and a trigger that escalation rules can act on."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from hub.audit.models import AccessEvent
from hub.escalation.models import RemediationTicket, Trigger
from hub.workflows.escalation import run_escalation
from hub.workflows.volume_alerts import raise_volume_alerts, sweep_volumes
from tenants.models import TenantWork
from tenants.work import note_work
from tests.cast import Cast
from tests.escalation.rule_documents import govern, rule
from tests.workflows.submitting import backstage, submitted

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper"])
TOKEN = UUID(int=7)
EVENT = (
    "INSERT INTO audit.access_event (id, format, tenant_id, occurred_at, actor_kind, actor_key, token_id, purpose,"
    " action, outcome, basis, object_kind, object_id, request_id, commitments, detail)"
    " VALUES (%s, 1, %s, %s, 'token', %s, %s, '', 'case.list', 'allowed', 'own_team', 'cases', '', '', '{}', '{}')"
)
DISCLOSURE = (
    "INSERT INTO audit.access_disclosure (id, event_id, format, occurred_at, reader_tenant_id, reader_team_ids,"
    " reader_key, owner_tenant_id, owner_team_ids, case_ids, fields, grant_ids, policy_version_ids, is_raw, purpose)"
    " VALUES (%s, %s, 1, %s, %s, '{}', %s, %s, '{}', %s::uuid[], '{title}', '{}', '{}', false, '')"
)


def history(cast: Cast, days: int, each: int, today: int, *, case: UUID | None = None, reader: str = "acme") -> None:
    """So many operations of one token on each of the last days and today; of a case where one is named, else of none.

    Days that have passed are written as the keeper, since nobody else could date an event back.
    """
    with connections["keeper"].cursor() as keeper:
        for back in range(days, -1, -1):
            moment = datetime.now(UTC) - timedelta(days=back)
            for number in range(each if back else today):
                event = UUID(int=(int(moment.timestamp() * 1000) << 80) | (back << 40) | (number << 8) | bool(case))
                tenant_id = cast.tenant(reader).pk
                if case is None:
                    keeper.execute(EVENT, [event, tenant_id, moment, f"token:{TOKEN}", TOKEN])
                else:
                    owner_id = cast.tenant("acme").pk
                    keeper.execute(DISCLOSURE, [event, event, moment, tenant_id, f"token:{TOKEN}", owner_id, [case]])


def alerts(cast: Cast) -> list[dict[str, Any]]:
    with backstage(cast):
        return [event.detail for event in AccessEvent.objects.filter(action="token.alert").order_by("pk")]


def test_an_alert_is_on_record_once_a_day_and_another_day_is_as_usual(cast: Cast) -> None:
    history(cast, 10, 2, 40)
    tenant_id = cast.tenant("acme").pk
    assert [raise_volume_alerts(tenant_id) for _ in range(3)] == [1, 0, 0]
    (alert,) = alerts(cast)
    today = datetime.now(UTC).date().isoformat()
    assert (alert["measure"], alert["count"], alert["day"], alert["case"]) == ("operations", 40, today, None)
    assert alert["score_in_tenths"] > 35
    with backstage(cast):
        # Nothing of this organisation's own was read, so no rule of its has anything to look at.
        assert Trigger.objects.count() == 0
        assert TenantWork.objects.filter(kind="volumes").count() == 1


@pytest.mark.parametrize(("days", "each", "today"), [(10, 30, 35), (3, 2, 200), (10, 2, 19)])
def test_what_is_as_usual_too_new_or_too_little_raises_none(cast: Cast, days: int, each: int, today: int) -> None:
    history(cast, days, each, today)
    assert raise_volume_alerts(cast.tenant("acme").pk) == 0
    assert alerts(cast) == []


def test_a_token_of_elsewhere_that_reads_own_cases_opens_a_ticket_by_a_rule(cast: Cast) -> None:
    condition = "trigger == 'unusual_volume' && token_operations > 30 && token_score > 5.0"
    govern(cast, rule(title="A token reads far more than usual", condition=condition, triggers=["unusual_volume"]))
    case = submitted(cast)
    run_escalation(cast.tenant("acme").pk)
    history(cast, 10, 2, 40, case=case, reader="borealis")
    with backstage(cast):
        note_work(cast.tenant("acme").pk, "volumes")
    assert sweep_volumes() == 1
    assert sweep_volumes() == 0
    (alert,) = alerts(cast)
    assert (alert["measure"], alert["count"], alert["case"]) == ("disclosures", 40, str(case))
    run_escalation(cast.tenant("acme").pk)
    with backstage(cast):
        ticket = RemediationTicket.objects.get()
        assert (ticket.title, [link.case_id for link in ticket.links.all()]) == (
            "A token reads far more than usual", [case],
        )  # fmt: skip


def test_a_rule_that_asks_less_of_it_stays_quiet(cast: Cast) -> None:
    govern(cast, rule(condition="trigger == 'unusual_volume' && token_operations > 1000", triggers=["unusual_volume"]))
    case = submitted(cast)
    history(cast, 10, 2, 40, case=case, reader="borealis")
    raise_volume_alerts(cast.tenant("acme").pk)
    run_escalation(cast.tenant("acme").pk)
    with backstage(cast):
        assert Trigger.objects.filter(kind="unusual_volume").count() == 1
        assert RemediationTicket.objects.count() == 0
