"""No raw text leaves: whatever is told to whichever kind of destination, no canary of the raw case is in any byte."""

import orjson
import pytest

from hub.escalation.outbox.models import Delivery, DeliveryKind, Destination
from hub.outgoing.signing import new_secret
from hub.workflows import delivery
from hub.workflows.tickets import change_ticket, open_ticket
from tests.escalation.systems import GitHub, Jira
from tests.escalation.test_connectors import mail_server  # noqa: F401 - a fixture
from tests.outgoing.listening import listening, reply
from tests.sharing.stage import EMAIL, NAME

CANARIES = (NAME, "Kowalska", EMAIL, "desk77", "Anna")
TICKET_TITLE, NOTE = "Ring up Anna Kowalska", "She answers at refund.desk77@mail.example.org"


def told_everything(outbox, mail_server):  # noqa: F811
    """Every kind of message to every kind of destination, about a case with a name and an address in it."""
    case = outbox.stage.submit(write_up={"results": f"{NAME} wrote again; see {EMAIL}."})
    bodies = []
    with (
        listening() as hooks,
        listening() as github,
        listening() as jira,
        listening() as slack,
        listening() as dispatch,
    ):
        dispatch.answer = lambda handler: reply(handler, 204)
        GitHub(github), Jira(jira)
        destinations = [
            outbox.active("webhook", "hooks", secret=new_secret(), url=hooks.url()),
            outbox.active("github", "issues", secret="ghp_token123", repository="acme/models", api=github.url("")),
            outbox.active("jira", "jira", secret="api-token-1", url=jira.url(""), project="ML", issue_type="Task",
                          user="bot@acme.example"),
            outbox.active("slack", "chat", secret=slack.url("/services/x")),
            outbox.active("dispatch", "dispatch", secret="ghp_token123", repository="acme/models", event="retrain",
                          api=dispatch.url("")),
            outbox.active("email", "mail", secret="", to="oncall@acme.example"),
        ]  # fmt: skip
        outbox.update(Destination, is_mirror=False, ceiling_class="restricted", ceiling_tlp="RED")
        with outbox.stage.backstage():
            Destination.objects.filter(kind__in=["webhook", "github", "jira"]).update(is_mirror=True)
        team = outbox.stage.cast.team("acme/atlas").pk
        ticket = outbox.do("alice", open_ticket, team_id=team, title=TICKET_TITLE, case_ids=[case.pk]).object_id
        outbox.do("alice", change_ticket, ticket_id=ticket, note=NOTE)
        outbox.do("alice", change_ticket, ticket_id=ticket, state="resolved", note=NOTE)
        for destination_id in destinations:
            for kind in DeliveryKind.values:
                outbox.queue(destination_id, kind, kind=kind, case_id=case.pk, ticket_id=ticket)
        for _ in range(4):
            outbox.stage.build()
            delivery.deliver(outbox.tenant_id)
            outbox.update(Delivery, next_attempt_at="2026-01-01T00:00:00Z")
        for listener in (hooks, github, jira, slack, dispatch):
            bodies += [asked.body + asked.path.encode() + str(asked.headers).encode() for asked in listener.asked]
    return bodies, b"".join(mail_server.got)


def test_no_canary_is_in_any_outgoing_byte(outbox, mail_server):  # noqa: F811
    bodies, mail = told_everything(outbox, mail_server)
    rows = outbox.rows()
    assert [(row.kind, row.reason) for row in rows if row.state != "delivered"] == []
    assert len(rows) == 6 * len(DeliveryKind.values) + 3 * 3
    everything = [*bodies, mail, *(row.body.encode() for row in rows), *(str(row.payload).encode() for row in rows)]
    assert len(bodies) >= 5 * len(DeliveryKind.values)
    for canary in CANARIES:
        assert [piece for piece in everything if canary.lower().encode() in piece.lower()] == []
    # It is not for want of text: the redacted one is there.
    assert sum(b"The router sends refunds to billing" in piece for piece in bodies) > 10
    assert b"TLP:" in mail


@pytest.mark.parametrize("kind", ["slack", "email"])
def test_a_message_for_people_is_title_tlp_and_link(outbox, settings, mail_server, kind):  # noqa: F811
    settings.CASEWARD_PUBLIC_URL = "https://hub.example"
    case = outbox.stage.submit()
    with listening() as slack:
        given = {"secret": slack.url("/services/x")} if kind == "slack" else {"secret": "", "to": "oncall@acme.example"}
        destination_id = outbox.active(kind, "people", **given)
        outbox.update(Destination, ceiling_class="restricted", ceiling_tlp="RED")
        outbox.queue(destination_id, 1, case_id=case.pk, ticket_id=case.pk)
        for _ in range(2):
            delivery.deliver(outbox.tenant_id)
            outbox.stage.build()
            outbox.update(Delivery, next_attempt_at="2026-01-01T00:00:00Z")
    (row,) = outbox.rows()
    assert row.state == "delivered"
    link = f"https://hub.example/admin/escalation/remediationticket/{case.pk}/change/"
    title, marking = "The router sends refunds to billing", f"TLP:{case.tlp}"
    expected = (
        {"text": f"{title} [{marking}] {link}"}
        if kind == "slack"
        else {"subject": f"[{marking}] {title}", "text": f"{title}\n{marking}\n{link}\n"}
    )
    assert orjson.loads(row.body) == expected
