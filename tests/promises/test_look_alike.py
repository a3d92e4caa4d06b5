"""Promise 4: what does not exist and what is somebody else's look alike: bytes, headers and number of statements."""

import random
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from hub.demo.cast import CAST
from hub.lifecycle.models import PolicyKind
from hub.sharing.models import AccessRequest, Projection
from hub.workflows.break_glass import open_break_glass
from hub.workflows.granting import create_group
from hub.workflows.policy import draft_policy
from hub.workflows.requests import request_access
from redaction import load_pack
from tenants.actors import system_actor
from tenants.models import ServiceToken
from tenants.scoping import acting_as
from tests.promises.asking import LIST, as_owner
from tests.world import PURPOSE

# Of each request alone: what tells requests apart in the logs, and the time.
# What is left of the day falls with every request, whatever it asks for.
OF_THE_REQUEST = {"X-Request-ID", "X-Correlation-ID", "Date", "Caseward-Cost-Left"}
TYPED = "{ __typename ... on NotAvailable { message } ... on InvalidInput { problems { path message } } }"
UNTYPED = "{ __typename ... on NotAvailable { message } }"
TERMS = (
    '{recipient: "cobalt/quarry", profile: "partner", purpose: "AcademicResearch", ceilingClass: INTERNAL,'
    ' ceilingTlp: GREEN, expiresAt: "2030-01-01T00:00:00Z"}'
)
# Every root field that takes an id: by what it is named, and what kind of thing it names.
BY_ID = {
    "case": ("shared", "query($id: ID!) { case(id: $id) " + UNTYPED + " }"),
    "node": ("shared", "query($id: ID!) { node(id: $id) { id __typename } }"),
    "case by the id at home": ("case", "query($id: ID!) { case(id: $id) " + UNTYPED + " }"),
    "node by the id at home": ("case", "query($id: ID!) { node(id: $id) { id __typename } }"),
    "rawCase": ("case", "query($id: ID!) { rawCase(id: $id) " + UNTYPED + " }"),
    "grants of a case": ("shared", "query($id: ID!) { grants(caseId: $id) { nodes { id } pageInfo { hasNextPage } } }"),
    "grants by the id at home": (
        "case", "query($id: ID!) { grants(caseId: $id) { nodes { id } pageInfo { hasNextPage } } }"
    ),
    "disclosures of a case": ("case", "query($id: ID!) { disclosures(filter: {caseId: $id}) { nodes { id } } }"),
    "disclosures by grant": ("grant", "query($id: ID!) { disclosures(filter: {grantId: $id}) { nodes { id } } }"),
    "policyPreview": ("policy", "query($id: ID!) { policyPreview(versionId: $id) " + UNTYPED + " }"),
    "submitCase": ("team", 'mutation($id: ID!) { submitCase(teamId: $id, case: {title: "x"}) ' + TYPED + " }"),
    "editCase": ("case", 'mutation($id: ID!) { editCase(caseId: $id, case: {title: "x"}) ' + TYPED + " }"),
    "withdrawCase": ("case", "mutation($id: ID!) { withdrawCase(caseId: $id) " + TYPED + " }"),
    "addEvidence": (
        "case",
        'mutation($id: ID!) { addEvidence(caseId: $id, evidence: {name: "n", kind: "logs", payload: "x"}) '
        + TYPED + " }",
    ),
    "tagCase": ("case", "mutation($id: ID!) { tagCase(caseId: $id, add: [\"a:b=\\\"c\\\"\"]) " + TYPED + " }"),
    "restrictCase": ("case", "mutation($id: ID!) { restrictCase(caseId: $id) " + TYPED + " }"),
    "unrestrict": ("case", "mutation($id: ID!) { restrictCase(caseId: $id, isRestricted: false) " + TYPED + " }"),
    "raiseSensitivity": ("case", "mutation($id: ID!) { raiseSensitivity(caseId: $id, tlp: RED) " + TYPED + " }"),
    "lowerSensitivity": (
        "case", 'mutation($id: ID!) { lowerSensitivity(caseId: $id, reason: "r", tlp: CLEAR) ' + TYPED + " }"
    ),
    "reviewCase": ("case", "mutation($id: ID!) { reviewCase(caseId: $id, version: 1, verdict: ACCEPT) " + TYPED + " }"),
    "openBreakGlass": ("case", 'mutation($id: ID!) { openBreakGlass(caseId: $id, purpose: "p") ' + TYPED + " }"),
    "closeBreakGlass": ("glass", 'mutation($id: ID!) { closeBreakGlass(id: $id, finding: "f") ' + TYPED + " }"),
    "issueGrant": ("team", "mutation($id: ID!) { issueGrant(teamId: $id, terms: " + TERMS + ") " + TYPED + " }"),
    "approveGrant": ("grant", "mutation($id: ID!) { approveGrant(id: $id) " + TYPED + " }"),
    "rejectGrant": ("grant", 'mutation($id: ID!) { rejectGrant(id: $id, reason: "r") ' + TYPED + " }"),
    "revokeGrant": ("grant", 'mutation($id: ID!) { revokeGrant(id: $id, reason: "r") ' + TYPED + " }"),
    "changeSharingGroup": (
        "group", 'mutation($id: ID!) { changeSharingGroup(groupId: $id, address: "cobalt") ' + TYPED + " }"
    ),
    "requestAccess": (
        "team",
        'mutation($id: ID!) { requestAccess(teamId: $id, owner: "acme", wish: "w", purpose: "AcademicResearch",'
        ' until: "2030-01-01T00:00:00Z") ' + TYPED + " }",
    ),
    "answerAccessRequest": (
        "request", "mutation($id: ID!) { answerAccessRequest(id: $id, isGranted: false) " + TYPED + " }"
    ),
    "proposePolicy": ("policy", "mutation($id: ID!) { proposePolicy(versionId: $id) " + TYPED + " }"),
    "activatePolicy": ("policy", "mutation($id: ID!) { activatePolicy(versionId: $id) " + TYPED + " }"),
    "rejectPolicy": ("policy", 'mutation($id: ID!) { rejectPolicy(versionId: $id, reason: "r") ' + TYPED + " }"),
    "revokeToken": ("token", "mutation($id: ID!) { revokeToken(id: $id) " + UNTYPED + " }"),
}  # fmt: skip


# Whose things are strange to whom. Officers and auditors of a tenant know what is in it.
STRANGE = {
    "alice": ["borealis/lumen"], "bob": ["borealis/lumen"], "olga": ["borealis/lumen"], "omar": ["borealis/lumen"],
    "erin": ["borealis/lumen"], "dana": ["acme/atlas", "borealis/lumen"], "rita": ["acme/atlas", "borealis/lumen"],
    "carol": ["acme/atlas"], "dave": ["acme/atlas", "borealis/lumen"], "oscar": ["acme/atlas"],
    "trudy": ["acme/atlas", "borealis/lumen"], "petra": ["acme/atlas", "borealis/lumen"],
}  # fmt: skip
# The grants stand to trudy's team, and the requests for access are its own.
KNOWN = {("trudy", "grant"), ("trudy", "request")}
assert set(STRANGE) == {member.name for member in CAST}


@pytest.fixture(scope="module")
def holdings(ask):
    """The ids of everything that atlas at acme and lumen at borealis have, by kind."""
    world = ask.world
    trudy, rita = world.cast["trudy"], world.cast["rita"]
    found = {}
    for place, case, officer, member in (
        ("acme/atlas", "atlas", "olga", "alice"), ("borealis/lumen", "lumen", "oscar", "carol"),
    ):  # fmt: skip
        tenant_id, asking = world.cast.tenant(place.partition("/")[0]).pk, world.cast[officer]
        ask.token(member)
        with acting_as(asking):
            group = create_group(asking, slug="circle", name="Circle")
            policy = draft_policy(
                asking, kind=PolicyKind.REDACTION_PROFILE, slug="partner", document=load_pack("partner").to_document()
            )
        grant_id = world.share("cobalt/quarry", owner=place, officer=officer, purpose="CustomerManagement")
        with acting_as(trudy):
            request_access(
                trudy, team_id=trudy.team_ids[0], owner=place, wish="Anything", purpose=PURPOSE,
                until=timezone.now() + timedelta(days=9),
            )  # fmt: skip
        world.build()
        with acting_as(system_actor(tenant_id, "test")):
            of_quarry = Projection.objects.filter(
                case_id=world.cases[case], audience__recipient_tenant_id=world.cast.tenant("cobalt").pk
            )
            found[place] = {
                "case": world.cases[case],
                "team": world.cast.team(place).pk,
                "grant": grant_id,
                "group": group.object_id,
                "policy": policy.version_id,
                "request": AccessRequest.objects.get().pk,
                "token": ServiceToken.objects.get(user_id=world.cast.user(member).pk).pk,
            }
            # Borealis has no grant template: there the grant is a proposal, and nothing is built under it.
            if row := of_quarry.first():
                found[place]["shared"] = row.public_id
    with acting_as(rita):
        opened = open_break_glass(rita, case_id=world.cases["atlas_second"], purpose="To be closed")
    found["acme/atlas"]["glass"] = opened.break_glass_id
    for who in STRANGE:
        ask(who, "{ viewer { key } }")
    # That a token was used is written once a minute; here, never again.
    with as_owner() as owner:
        owner.execute("UPDATE tenants_servicetoken SET last_used_at = now() + interval '1 day'")
    return found


def unknown(kind):
    """An id of the same form that nothing has."""
    return (
        "c_" + "".join(random.choices("abcdefghijklmnopqrstuvwxyz234567", k=26)) if kind == "shared" else str(uuid4())
    )


def measured(ask, who, query, **variables):
    """Status, body, headers and number of statements of an answer."""
    statements = []

    def note(execute, sql, params, many, context):
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        answer = ask(who, query, **variables)
    assert len(statements) > 3, "the statements of a request were not seen"
    headers = {name: value for name, value in answer.headers.items() if name not in OF_THE_REQUEST}
    return answer.status, answer.content, headers, len(statements)


@pytest.mark.parametrize("who", STRANGE)
@pytest.mark.parametrize("field", BY_ID)
def test_forbidden_and_unknown_ids_look_alike(ask, holdings, who, field):
    kind, query = BY_ID[field]
    places = [place for place in STRANGE[who] if kind in holdings[place] and (who, kind) not in KNOWN]
    if (who, field) == ("rita", "openBreakGlass"):
        places.remove("acme/atlas")  # in an emergency a reviewer opens any case of the tenant
    of_unknown = measured(ask, who, query, id=unknown(kind))
    for place in places:
        of_forbidden = measured(ask, who, query, id=str(holdings[place][kind]))
        assert of_forbidden[:3] == of_unknown[:3], place
        assert of_forbidden[3] == of_unknown[3], f"{place}: other number of statements"


@pytest.mark.parametrize("who", ["trudy", "dana", "oscar"])
def test_asking_an_owner_looks_alike_whether_or_not_there_is_one(ask, holdings, who):
    query = (
        'mutation($team: ID!, $owner: String!) { requestAccess(teamId: $team, owner: $owner, wish: "w",'
        ' purpose: "AcademicResearch", until: "2030-01-01T00:00:00Z") '
        + TYPED.replace("{ __", "{ ... on Done { objectId } __")
        + " }"
    )
    team = str(
        ask.world.cast.team({"trudy": "cobalt/quarry", "dana": "acme/zephyr", "oscar": "borealis/drift"}[who]).pk
    )
    answers = [
        measured(ask, who, query, team=team, owner=owner)
        for owner in ("acme/atlas", "acme/nobody", "acme", "nobody", "borealis/lumen", "acme/atlas/x")
    ]
    assert answers[0][0] == 200
    assert b'"Done"' in answers[0][1]
    assert answers.count(answers[0]) == len(answers)


OWN = {
    "alice": "acme/atlas",
    "bob": "acme/atlas",
    "dana": "acme/zephyr",
    "rita": "acme/zephyr",
    "carol": "borealis/lumen",
}


@pytest.mark.parametrize("who", STRANGE)
def test_filters_and_counts_tell_nothing_of_what_is_redacted(ask, holdings, who):
    query = "query($f: CaseFilter) { cases(filter: $f) { totalCount nodes { owner } pageInfo { hasNextPage } } }"
    canaries = ask.world.canaries
    hidden = {"text": canaries["person"]}, {"dataSource": f"s3://support/{canaries['email']}/2026"}
    missing = {"text": "Zzyzx Quuxington"}, {"dataSource": "s3://support/nobody@example.org/2026"}
    for there, not_there in zip(hidden, missing, strict=True):
        if who in OWN:  # a team searches its own cases as its internal profile shows them
            found = ask(who, query, f=there).data["cases"]
            assert {node["owner"] for node in found["nodes"]} <= {OWN[who]}
            assert found["totalCount"] == len(found["nodes"])
        else:
            assert measured(ask, who, query, f=there) == measured(ask, who, query, f=not_there)


def test_keys_that_open_nothing_look_alike(ask, holdings):
    expired, revoked = ask.world.cast.token("bob"), ask.world.cast.token("dave")
    with as_owner() as owner:
        for text, change in ((expired, "expires_at = now() - interval '1 second'"), (revoked, "revoked_at = now()")):
            prefix = text.split("_")[1]
            assert owner.execute(f"UPDATE tenants_servicetoken SET {change} WHERE prefix = %s", [prefix]).rowcount == 1
    made_up = ask.token("alice")[:-4] + "AAAA"
    answers = []
    for key in (expired, revoked, made_up):
        sent = {"Authorization": f"Bearer {key}"}
        response = ask.client.post("/graphql", {"query": LIST}, content_type="application/json", headers=sent)
        kept = {name: value for name, value in response.headers.items() if name not in OF_THE_REQUEST}
        answers.append((response.status_code, response.content, kept))
    assert answers[0][0] == 401
    assert answers.count(answers[0]) == 3


def test_a_recipient_in_the_owners_tenant_learns_nothing_from_an_owners_id(ask, world):
    """Dana's team has a grant that covers the case, under a ceiling that the case is above."""
    query = "query($id: ID!) { grants(caseId: $id) { nodes { id } } }"
    world.share("acme/zephyr", ceiling_class="public")
    assert ask("alice", query, id=str(world.cases["atlas"])).data["grants"]["nodes"]
    answers = {ask("dana", query, id=id).content for id in (str(world.cases["atlas"]), str(uuid4()))}
    assert len(answers) == 1
    assert ask("dana", query, id=str(uuid4())).data == {"grants": {"nodes": []}}
