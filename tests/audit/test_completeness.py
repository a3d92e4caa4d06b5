"""No door without a record: every field of the schema, page of the officers' site and task is gone through once."""

from uuid import uuid4

import pytest
from celery import current_app
from django.db import connections
from django.test import Client

import hub.workflows.tasks  # noqa: F401 - registers the tasks
from hub.admin.site import site
from hub.api.schema import schema as api
from hub.audit.sealing import seal
from hub.demo.cast import CAST
from tests.promises.schema_walk import operation, variants

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper"])
SCHEMA = api._schema
ROOTS = [("query", name) for name in SCHEMA.query_type.fields] + [
    ("mutation", name) for name in SCHEMA.mutation_type.fields
]
ASKED_BY = ("alice", "rita", "olga", "erin", "carol")
# What a root field needs to be acted on at all.
NEEDED = {
    "submitCase": {"case": {"title": "A router sends tickets astray", "facts": {"kind": "bug"}}},
    "editCase": {"case": {"title": "A router sends tickets astray", "facts": {"kind": "bug"}}},
    "addEvidence": {"evidence": {"name": "log", "kind": "logs", "payload": {"line": 1}}},
}
# Input that nobody could act on is answered before anything is decided; nothing was read or changed.
NOT_ACTED_ON = {"Invalid", "InvalidInput"}
# Tasks that may end without an event, and why.
MAY_BE_SILENT = {
    "keeper.seal": "It writes the log itself, checkpoint by checkpoint; an event for each seal would never end.",
    "keeper.look_through": "The same, with a look at every row.",
    "keeper.expire": "It announces each month that it drops; here none is over.",
    "keeper.partitions": "It records each partition that it makes; here all are there already.",
    "projections.sweep": "It records each projection that it builds; here none is wanted.",
    "projections.build": "The same for one tenant.",
    "escalation.deliver": "It records each attempt before anything leaves; here nothing is due.",
    "escalation.deliver_due": "The same for every tenant.",
    "mirrors.sweep": "It records each difference that it finds; here no ticket is mirrored.",
    "mirrors.reconcile": "The same for one tenant.",
    "feeds.sweep": "It records each push before anything leaves; here no feed is set up.",
    "feeds.push": "The same for one tenant.",
    "escalation.volumes": "It records each alert that it raises; here no token does more than usual.",
    "disposition.sweep": "It records each batch that it disposes of; here nobody has confirmed a dry run.",
    "disposition.count_storage": "It records each counting; here every tenant was counted within the day.",
    "disposition.run": "The same for one tenant.",
    "erasure.sweep": "It records each batch that it erases; here nobody has asked for an erasure.",
    "erasure.run": "The same for one tenant.",
    "ledger.sweep": "It writes down outside what others have recorded.",
    "escalation.sweep": "It records what each rule makes of each trigger; here nothing has happened.",
    "escalation.run": "The same for one tenant.",
    "isolation.prove": "It records each proof; here no address is given, so none is made.",
    "sharing.check": "It notes work to be done; whoever does it records what he did.",
}
# Tasks that take the id of a tenant.
FOR_ONE_TENANT = {
    "projections.build", "escalation.deliver", "escalation.run", "disposition.run", "mirrors.reconcile",
    "feeds.push",
    "erasure.run",
}  # fmt: skip


def events():
    with connections["keeper"].cursor() as keeper:
        keeper.execute("SELECT count(*) FROM audit.access_event")
        return keeper.fetchone()[0]


def values(name, kind):
    given = {"Int": 1, "Boolean": True, "Date": "2026-03-04", "DateTime": "2099-01-01T00:00:00Z", "ID": str(uuid4())}
    return [given.get(kind, "acme" if name in {"owner", "tenant"} else "partner")]


def test_every_field_of_the_schema_is_on_record(cast):
    client = Client()
    tokens = {who: cast.token(who) for who in ASKED_BY}
    silent, never = [], []
    for verb, root in ROOTS:
        owner = SCHEMA.query_type if verb == "query" else SCHEMA.mutation_type
        variables = next(variants(owner.fields[root], values)) | NEEDED.get(root, {})
        recorded = 0
        for who in ASKED_BY:
            before = events()
            answer = client.post(
                "/graphql", {"query": operation(SCHEMA, verb, root, variables).text, "variables": variables},
                content_type="application/json", headers={"Authorization": f"Bearer {tokens[who]}"},
            ).json()  # fmt: skip
            written = events() - before
            recorded += written
            told = (answer.get("data") or {}).get(root) or {}
            kind = told.get("__typename") if isinstance(told, dict) else None
            if not written and kind not in NOT_ACTED_ON:
                silent.append((verb, root, who, kind, [error["message"] for error in answer.get("errors", [])]))
        if not recorded:
            never.append((verb, root))
    assert (silent, never) == ([], [])


def test_every_page_of_the_officers_site_is_on_record(cast):
    assert len(site._registry) > 10
    people = [person.name for person in CAST if person.name in {"olga", "erin", "rita", "petra"}]
    for model in site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        opened = 0
        for who in people:
            browser = Client()
            browser.force_login(cast.user(who), backend="tenants.authentication.LoginBackend")
            for page in (path, f"{path}{uuid4()}/change/"):
                before = events()
                opened += browser.get(page).status_code == 200
                assert events() > before, (who, page)
        assert opened or model._meta.model_name in {"membership", "invitation", "servicetoken"}, path


def test_every_task_records_or_is_known_to_be_silent():
    tasks = {name for name in current_app.tasks if not name.startswith("celery.")}
    silent = set()
    for name in sorted(tasks):
        before = events()
        arguments = [str(uuid4())] if name in FOR_ONE_TENANT else []
        current_app.tasks[name].apply(args=arguments, throw=True)
        if events() == before:
            silent.add(name)
    assert silent <= set(MAY_BE_SILENT)
    assert set(MAY_BE_SILENT) <= tasks
    # Whatever they recorded can be sealed, and then nothing is left.
    seal()
    assert seal().rows == 0
