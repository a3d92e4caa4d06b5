"""Destinations and deliveries over GraphQL: the same two people, the same record, and never a secret."""

import pytest

from hub.escalation.outbox.models import Delivery, Destination
from hub.workflows.delivery import deliver
from tests.escalation.conftest import outbox  # noqa: F401 - a fixture
from tests.outgoing.listening import listening, reply

DONE = "__typename ... on Done { objectId } ... on InvalidInput { problems { path message } }"
PROPOSE = f"mutation($slug: String!, $terms: DestinationTermsInput!) {{ r: proposeDestination(slug: $slug, kind: WEBHOOK, terms: $terms) {{ {DONE} }} }}"  # noqa: E501
CHANGE = f"mutation($id: ID!, $terms: DestinationTermsInput!) {{ r: changeDestination(id: $id, terms: $terms) {{ {DONE} }} }}"  # noqa: E501
SECRET = """mutation($id: ID!, $use: SecretUse!, $secret: String!) {
    r: rotateDestinationSecret(id: $id, use: $use, secret: $secret) {
        __typename ... on SecretInPlace { shownOnce } ... on InvalidInput { problems { message } } } }"""
LIST = """{ r: destinations { __typename ... on Destinations { nodes {
    id slug state settings { name value } secretSince inboundSecretSince approvedBy } } } }"""
DELIVERIES = """query($id: ID, $states: [DeliveryState!]) { r: deliveries(destinationId: $id, states: $states) {
    __typename ... on Deliveries { nodes { id kind state reason attempts responseStatus } } } }"""


def step(name):
    return f"mutation($id: ID!) {{ r: {name}(id: $id) {{ {DONE} }} }}"


@pytest.fixture
def desk(outbox, client):  # noqa: F811
    """Asks as somebody, by a key of his."""
    tokens = {}

    def ask(who, document, **variables):
        tokens.setdefault(who, outbox.stage.cast.token(who))
        answer = client.post("/graphql", {"query": document, "variables": variables}, content_type="application/json",
                             headers={"Authorization": f"Bearer {tokens[who]}"}).json()  # fmt: skip
        return answer["data"]["r"] if answer.get("data") else answer

    ask.outbox = outbox
    return ask


def test_a_destination_from_its_proposal_to_a_replayed_letter(desk):
    with listening() as listener:
        terms = {"name": "Our hooks", "settings": [{"name": "url", "value": listener.url()}]}
        made = desk("olga", PROPOSE, slug="hooks", terms=terms)
        assert made["__typename"] == "Done"
        id_ = made["objectId"]
        secret = desk("olga", SECRET, id=id_, use="OUTGOING", secret="")["shownOnce"]
        inbound = desk("olga", SECRET, id=id_, use="INBOUND", secret="")["shownOnce"]
        assert (secret[:6], inbound[:6]) == ("whsec_", "whsec_")
        assert desk("olga", step("sendTest"), id=id_)["__typename"] == "Done"
        assert deliver(desk.outbox.tenant_id) == 1
        assert desk("olga", step("approveDestination"), id=id_) == {"__typename": "NotAvailable"}
        assert desk("omar", step("approveDestination"), id=id_) == {"__typename": "Done", "objectId": id_}
        (shown,) = desk("olga", LIST)["nodes"]
        assert (shown["slug"], shown["state"], shown["settings"]) == ("hooks", "ACTIVE", terms["settings"])
        assert shown["approvedBy"] == f"user:{desk.outbox.stage.cast.user('omar').pk}"
        assert secret not in str(shown)
        assert None not in (shown["secretSince"], shown["inboundSecretSince"])
        listener.answer = lambda handler: reply(handler, 422)
        desk.outbox.queue(id_, 1)
        deliver(desk.outbox.tenant_id)
        (dead,) = desk("olga", DELIVERIES, id=id_, states=["DEAD"])["nodes"]
        assert (dead["kind"], dead["reason"], dead["attempts"], dead["responseStatus"]) == (
            "notification", "http_422", 1, 422,
        )  # fmt: skip
        listener.answer = lambda handler: reply(handler, 200)
        assert desk("olga", step("replayDelivery"), id=dead["id"])["__typename"] == "Done"
        assert deliver(desk.outbox.tenant_id) == 1
        states = [node["state"] for node in desk("olga", DELIVERIES, id=id_)["nodes"]]
        assert states == ["DELIVERED", "DELIVERED"]
        assert desk("omar", CHANGE, id=id_, terms=terms | {"name": "Elsewhere"})["__typename"] == "Done"
        assert desk("olga", LIST)["nodes"][0]["state"] == "PROPOSED"
        assert desk("olga", step("disableDestination"), id=id_)["__typename"] == "Done"
    actions = [event.action for event in desk.outbox.events(actor_kind="token")]
    assert actions.count("destination.change") == 8
    assert (actions.count("destination.list"), actions.count("delivery.list"), actions.count("delivery.replay")) == (
        2, 2, 1,
    )  # fmt: skip


@pytest.mark.parametrize("who", ["alice", "rita", "carol", "oscar"])
def test_others_see_and_change_nothing_and_it_is_on_record(desk, who):
    destination_id = str(desk.outbox.active(url="https://receiver.example/"))
    dead = desk.outbox.queue(destination_id, 1)
    desk.outbox.update(Delivery, state="dead")
    terms = {"name": "Mine", "settings": [{"name": "url", "value": "https://mine.example/"}]}
    tries = [
        (CHANGE, {"id": destination_id, "terms": terms}),
        (SECRET, {"id": destination_id, "use": "OUTGOING", "secret": ""}),
        *((step(name), {"id": destination_id}) for name in ("approveDestination", "disableDestination", "sendTest")),
        (step("replayDelivery"), {"id": str(dead)}),
    ]  # fmt: skip
    if who != "oscar":
        tries += [(PROPOSE, {"slug": "mine", "terms": terms}), (LIST, {}), (DELIVERIES, {})]
    for document, variables in tries:
        assert desk(who, document, **variables) == {"__typename": "NotAvailable"}, document
    with desk.outbox.stage.backstage():
        assert Destination.objects.get().name == "A receiver"
        assert Delivery.objects.get().state == "dead"
    tenant = "acme" if who in {"alice", "rita"} else "borealis"
    refused = desk.outbox.stage.count_events(tenant, outcome="refused", actor_kind="token")
    assert refused == len(tries)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": ""}, "name"), ({"profile": "none"}, "profile"), ({"settings": []}, "settings.url"),
        ({"settings": [{"name": "url", "value": "http://10.0.0.1/"}]}, "settings.url"),
        ({"settings": [{"name": "to", "value": "x"}]}, "settings.to"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_terms_is_said(desk, changes, path):
    terms = {"name": "Hooks", "settings": [{"name": "url", "value": "https://receiver.example/"}]} | changes
    answer = desk("olga", PROPOSE, slug="hooks", terms=terms)
    assert answer["__typename"] == "InvalidInput"
    assert answer["problems"][0]["path"] == path
    assert desk("alice", PROPOSE, slug="no slug", terms=terms) == {"__typename": "NotAvailable"}
