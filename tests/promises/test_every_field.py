"""Promise 1: no field of the API, however it is asked and by whom, gives raw text to a stranger; all are asked."""

import random
from collections import defaultdict
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from hub.api.schema import schema as api
from hub.demo.cast import CAST
from hub.lifecycle.models import PolicyVersion
from hub.sharing.models import AccessRequest, Projection
from redaction import load_pack
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.promises.asking import RAW
from tests.promises.schema_walk import NESTED, answered, coordinates, operation, variants
from tests.promises.walk_steps import (
    ask_the_auditors_questions,
    count_what_is_kept,
    leave_a_place,
    leave_a_proof,
    pause_a_release,
    report_leaks,
    tell_others,
)

SCHEMA = api._schema
PEOPLE = [member.name for member in CAST]
# Whose raw text somebody may read: his own team's.
OWN = {
    "alice": "acme/atlas",
    "bob": "acme/atlas",
    "dana": "acme/zephyr",
    "rita": "acme/zephyr",
    "carol": "borealis/lumen",
}
PLAIN = {
    "title": "A router sends tickets astray",
    "facts": {"kind": "bug", "model": {"name": "router", "version": "1"}},
}


class Walk:
    """Asks everything, and keeps where it has been and what came back to whom."""

    def __init__(self, ask):
        self.ask, self.world = ask, ask.world
        self.visited, self.leaks, self.codes = set(), [], defaultdict(int)
        self.requests = 0
        self.scanned = set()

    def send(self, who, verb, root, variables, *, in_browser=False):
        """One operation as somebody; the root field's answer."""
        sent = operation(SCHEMA, verb, root, variables)
        answer = self.ask.send(who, sent.text, variables, in_browser=in_browser)
        self.requests += 1
        assert answer.status == 200, (who, root, variables, answer.content)
        self.look(who, answer, (verb, root, variables))
        for code in answer.codes:
            self.codes[code] += 1
        assert not set(answer.codes) & {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "LIMIT_EXCEEDED"}, (
            answer.body
        )
        assert verb == "query" or not answer.codes, (who, root, answer.body)
        data = answer.body.get("data")
        if data is not None:
            self.visited |= sent.visits | set(answered(list(data.values())))
        return data and data[root]

    def look(self, who, answer, what):
        """Whether an answer holds canaries of a team that is strange to its reader."""
        key = (OWN.get(who), answer.content, str(answer.headers.get("Location")))
        if key in self.scanned:
            return
        self.scanned.add(key)
        for team, canaries in self.world.canaries_of.items():
            if team != OWN.get(who):
                self.leaks += [(who, what, leak) for leak in canaries.found_in(answer.content)]


@pytest.fixture(scope="module")
def ids(world):
    """Ids of all sorts of things, of each sort some, as far as anybody could know them."""
    found = {str(case_id) for case_id in world.cases.values()} | {str(grant_id) for grant_id in world.grants.values()}
    for slug, tenant in world.cast.tenants.items():
        with acting_as(system_actor(tenant.pk, "test")):
            one_an_audience = Projection.objects.order_by("audience_id").distinct("audience_id")
            found |= set(one_an_audience.values_list("public_id", flat=True))
            if slug == "acme":
                found |= {str(PolicyVersion.objects.values_list("pk", flat=True)[0])}
    return sorted(found | {str(uuid4()), "c_" + "a" * 26, "", "not an id", str(world.cast.team("acme/atlas").pk)})


@pytest.fixture(scope="module")
def walk(ask, ids):
    """Every query by everybody, with each argument in turn; then every mutation by everybody."""
    walk = Walk(ask)
    canaries = walk.world.canaries
    texts = [
        canaries["person"],
        canaries["email"],
        "refund",
        "refund-bot",
        'avid:sep="P0204"',
        "case.read_raw",
        "grant",
    ]
    cursors = {}

    def values(name, kind):
        match kind:
            case "ID":
                return ids
            case "Int":
                return [1, 7]
            case "Boolean":
                return [True, False]
            case "Date":
                return ["2026-03-04"]
            case "DateTime":
                return ["2026-03-04T00:00:00Z", "2099-01-01T00:00:00Z"]
            case "String" if name in {"model", "version", "channel"}:
                # What the release gate signs holds what it was asked: that comes back, and is no leak.
                return ["refund-bot", "2"]
            case "String":
                return [*cursors, "AAAA"] if name in {"after", "before"} else texts
        raise AssertionError(f"no values for {name}: {kind}")

    leave_a_proof()
    for who in PEOPLE:
        cursors.clear()
        for root in ("cases", "grants", "accessEvents", "disclosures"):
            for order in ("NEWEST", "SEVERITY") if root == "cases" else (None,):
                page = walk.send(who, "query", root, {"order": order} if order else {})
                if page and page["pageInfo"]["endCursor"]:
                    cursors[page["pageInfo"]["startCursor"]] = None
        for root, field in SCHEMA.query_type.fields.items():
            for variables in variants(field, values):
                walk.send(who, "query", root, variables)
    mutate(walk)
    return walk


def mutate(walk):
    """Every mutation: by all others first, then by whom it is for; what it needs was made by the steps before."""
    world = walk.world
    atlas, later = str(world.cast.team("acme/atlas").pk), (timezone.now() + timedelta(days=20)).isoformat()
    soon = (timezone.now() - timedelta(minutes=1)).isoformat()
    document = load_pack("partner").to_document()
    selection = {"tags": [], "models": ["router"], "kinds": ["BUG"], "cases": []}
    terms = {
        "recipient": "borealis/lumen", "profile": "partner", "purpose": "AcademicResearch",
        "ceilingClass": "RESTRICTED", "ceilingTlp": "AMBER", "startsAt": soon, "expiresAt": later,
        "selection": selection,
    }  # fmt: skip

    def step(right, root, /, others=True, but=(), **variables):
        for who in random.sample(PEOPLE, len(PEOPLE)) if others else ():
            if who not in (right, *but, *MAY_TOO.get(right, ())):
                answer = walk.send(who, "mutation", root, variables)
                assert answer["__typename"] in {"NotAvailable", "InvalidInput"}, (who, root, answer)
        return walk.send(right, "mutation", root, variables)

    case_id = step("alice", "submitCase", teamId=atlas, case=PLAIN)["caseId"]
    step("alice", "editCase", caseId=case_id, case=PLAIN, others=False)
    step("alice", "editCase", caseId=case_id, case={**PLAIN, "title": "Another"})
    step("alice", "editCase", caseId=case_id, case={"title": ""}, others=False)
    evidence = {"name": "log", "kind": "logs", "mediaType": "text/plain", "payload": "step=route", "digest": ""}
    step("alice", "addEvidence", caseId=case_id, evidence=evidence)
    body = {"name": "bytes", "kind": "outputs", "contentBase64": "c3RlcA=="}
    step("alice", "addEvidence", caseId=case_id, evidence=body, others=False)
    step("alice", "tagCase", caseId=case_id, add=['team:a="b"'], remove=['team:c="d"'], reason="r")
    step("alice", "raiseSensitivity", caseId=case_id, dataClass="INTERNAL", tlp="AMBER", reason="r")
    for level in ("PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"):
        step("alice", "raiseSensitivity", others=False, caseId=case_id, dataClass=level)
    for tlp in ("CLEAR", "GREEN", "AMBER", "AMBER_STRICT", "RED"):
        step("alice", "raiseSensitivity", others=False, caseId=case_id, tlp=tlp)
    step("olga", "lowerSensitivity", caseId=case_id, reason="Only a router", dataClass="INTERNAL", tlp="GREEN")
    zephyr = str(world.cases["zephyr"])
    step("rita", "reviewCase", caseId=zephyr, version=1, verdict="ACCEPT", note="n")
    step("rita", "reviewCase", others=False, caseId=zephyr, version=1, verdict="RETURN")
    bob, team = str(world.cast.user("bob").pk), [atlas]
    step("alice", "restrictCase", caseId=case_id, isRestricted=True, userIds=[bob], teamIds=team)
    step("alice", "restrictCase", caseId=case_id, isRestricted=False)

    grant_id = step("olga", "issueGrant", teamId=atlas, terms=terms)["grantId"]
    outside = {**terms, "recipient": "cobalt"}
    proposed = [step("olga", "issueGrant", others=False, teamId=atlas, terms=outside)["grantId"] for _ in range(2)]
    step("omar", "approveGrant", id=proposed[0])
    step("omar", "rejectGrant", id=proposed[1], reason="Too wide")
    step("olga", "revokeGrant", id=grant_id, reason="Over")
    for level in ("PUBLIC", "INTERNAL", "CONFIDENTIAL"):
        step("olga", "issueGrant", others=False, teamId=atlas, terms={**terms, "ceilingClass": level})
    for tlp in ("CLEAR", "GREEN", "AMBER_STRICT", "RED"):
        step("olga", "issueGrant", others=False, teamId=atlas, terms={**terms, "ceilingTlp": tlp})
    group_id = step("olga", "createSharingGroup", but=("oscar",), slug="circle", name="Circle")["objectId"]
    step("olga", "changeSharingGroup", groupId=group_id, address="cobalt/quarry", isMember=True)

    quarry = str(world.cast.team("cobalt/quarry").pk)
    step("trudy", "requestAccess", teamId=quarry, owner="acme", wish="w", purpose="AcademicResearch", until=later)
    with acting_as(system_actor(world.cast.tenant("acme").pk, "test")):
        request_id = str(AccessRequest.objects.get().pk)
    step("olga", "answerAccessRequest", id=request_id, isGranted=False, answer="No", grantId=grant_id)

    # Of her own team's case: rita reads zephyr's raw anyway.
    glass = step("rita", "openBreakGlass", caseId=zephyr, purpose="An emergency", minutes=5)["breakGlassId"]
    walk.send("olga", "query", "openBreakGlass", {})
    step("olga", "closeBreakGlass", id=glass, finding="Justified")

    drafts = [
        step("olga", "draftPolicy", others=number == 0, but=("oscar",), kind="REDACTION_PROFILE",
             slug=f"narrow-{number}", document=document, name="Narrow", note="n")["versionId"]
        for number in range(2)
    ]  # fmt: skip
    template = {
        "profiles": ["public"], "ceiling_class": "internal", "ceiling_tlp": "GREEN", "max_days": 9,
        "recipients": ["cobalt/*"], "purposes": ["AcademicResearch"],
    }  # fmt: skip
    step("olga", "draftPolicy", others=False, kind="GRANT_TEMPLATE", slug="small", document=template)
    walk.send("olga", "query", "policyPreview", {"versionId": drafts[0]})
    for version_id in drafts:
        step("olga", "proposePolicy", others=version_id == drafts[0], versionId=version_id)
    step("omar", "activatePolicy", versionId=drafts[0], reason="r")
    step("omar", "rejectPolicy", versionId=drafts[1], reason="r")

    hold_and_remedy(step, walk, atlas, case_id)
    run_id = step("olga", "makeDryRun", but=("oscar",))["runId"]
    walk.send("erin", "query", "dispositionRuns", {"first": 5})
    walk.send("erin", "query", "dispositionRun", {"id": run_id, "first": 5})
    step("omar", "confirmDryRun", runId=run_id)

    count_what_is_kept(step, walk)
    tell_others(step, walk)
    report_leaks(walk)
    keep_and_search(step, walk)
    ask_the_auditors_questions(walk)

    wanted = {
        "name": "a token",
        "scopes": ["READ"],
        "purpose": "AcademicResearch",
        "days": 1,
        "teamId": atlas,
        "networks": [],
    }
    for who in PEOPLE:
        issued = walk.send(who, "mutation", "issueToken", {"input": wanted})
        assert issued["__typename"] in {"NotAvailable", "InvalidInput"}, "a token makes no tokens"
    for scope in ("RAW", "CONTRIBUTE", "REVIEW", "GOVERN", "AUDIT", "ADMINISTER", "READ"):
        scoped = {"input": {**wanted, "scopes": [scope]}}
        token = walk.send("alice", "mutation", "issueToken", scoped, in_browser=True)
    step("alice", "revokeToken", id=token["id"])
    step("alice", "withdrawCase", caseId=case_id, reason="r")


def keep_and_search(step, walk):
    """A search that is kept, and a copy that is told to drop what its reader may not see any more."""
    for order in ("OLDEST", "OCCURRED", "SEVERITY", "NEWEST"):
        search = {"name": "mine", "filter": {"kinds": ["INCIDENT"]}, "order": order}
        kept = walk.send("carol", "mutation", "saveSearch", search)
    walk.send("carol", "mutation", "saveSearch", {**search, "filter": {"text": "refund"}, "order": "RELEVANCE"})
    walk.send("carol", "query", "savedSearches", {})
    walk.send("carol", "query", "cases", {"savedSearchId": kept["id"], "first": 3})
    step("carol", "deleteSearch", id=kept["id"])
    for who in ("erin", "oscar"):
        assert walk.send(who, "mutation", "saveSearch", search)["__typename"] == "NotAvailable"
    assert walk.send("carol", "mutation", "saveSearch", {**search, "name": " "})["__typename"] == "InvalidInput"

    copy = walk.send("carol", "query", "cases", {"changedSince": "beginning", "first": 50})
    step("olga", "revokeGrant", others=False, id=str(walk.world.grants["carol"]), reason="Over")
    since = copy["pageInfo"]["endCursor"]
    gone = walk.send("carol", "query", "cases", {"changedSince": since, "first": 50})["tombstones"]
    assert {tombstone["id"] for tombstone in gone} < {node["id"] for node in copy["nodes"]}
    assert len(gone) == 2


def hold_and_remedy(step, walk, atlas, case_id):
    """Legal holds, tickets and waivers."""
    in_a_month = (timezone.now() + timedelta(days=30)).date().isoformat()
    order = {"authority": "A court", "reason": "r", "reviewOn": in_a_month}
    held = step("olga", "holdCases", caseIds=[case_id], **order)["holdId"]
    query = {"tags": ['team:a="b"'], "models": ["router"], "kinds": ["bug"], "dataClasses": ["internal"]}
    step("olga", "holdMatchingCases", but=("oscar",), selection={**query, "teamIds": [atlas]}, **order)
    walk.send("olga", "query", "legalHolds", {})
    step("olga", "proposeHoldRelease", holdId=held, reason="r")
    step("omar", "decideHoldRelease", holdId=held, release=True)

    # Refused or turned down: the walk goes on to read what an erasure would take away.
    person = {
        "names": ["Nobody Atall"],
        "emails": ["nobody@nowhere.example"],
        "phones": [],
        "others": ["AC-0099-1122-33"],
    }
    asked = step("olga", "requestErasure", but=("oscar",), reference="DSR 1", person=person)["erasureId"]
    leave_a_place(walk.world, asked)
    walk.send("olga", "query", "erasures", {})
    walk.send("olga", "query", "erasure", {"id": asked})
    places = {"erasureId": asked, "placeIds": None, "reason": "r"}
    step("olga", "decideErasurePlaces", **places, decision="LEAVE", group="UNDECIDED")
    for group in ("HELD", "WHOLE", "ENCODED", "DERIVED", "PSEUDONYM", "MADE_FROM", "UNREADABLE"):
        step("olga", "decideErasurePlaces", others=False, **places, decision="ERASE", group=group)
    step("olga", "decideErasurePlaces", others=False, **{**places, "placeIds": [asked]}, decision="WAIT", group=None)
    step("omar", "approveErasure", erasureId=asked)
    step("omar", "declineErasure", erasureId=asked, reason="r")

    due = {"severity": "high", "dueAt": (timezone.now() + timedelta(days=2)).isoformat()}
    ticket_id = step("alice", "openRemediationTicket", teamId=atlas, title="Retrain", caseIds=[case_id], **due)["id"]
    bob = str(walk.world.cast.user("bob").pk)
    step(
        "alice", "changeRemediationTicket", id=ticket_id, state="IN_PROGRESS", note="n", dueAt=due["dueAt"], ownerId=bob
    )
    walk.send("alice", "query", "remediationTicket", {"id": ticket_id})
    walk.send("alice", "query", "remediationTickets", {})
    pause_a_release(walk, ticket_id)
    for who in PEOPLE:
        waiver = {"pauseId": str(uuid4()), "reason": "r", "expiresAt": due["dueAt"]}
        assert walk.send(who, "mutation", "requestGateWaiver", waiver)["__typename"] == "NotAvailable"
        decided = walk.send(who, "mutation", "decideGateWaiver", {"id": str(uuid4()), "approve": True})
        assert decided["__typename"] == "NotAvailable"


# Who may do what somebody does: left out among the others.
MAY_TOO = {"alice": ("olga", "omar"), "olga": ("omar",), "omar": ("olga",)}


def test_no_canary_comes_back_to_a_stranger(walk):
    print(f"{walk.requests} requests, {len(walk.scanned)} different answers")
    assert walk.requests > 1500
    assert walk.leaks == []


def test_every_place_of_the_schema_was_visited(walk):
    wanted = coordinates(SCHEMA)
    visited = set(walk.visited)
    for name, interface in SCHEMA.type_map.items():
        for member in SCHEMA.get_possible_types(interface) if hasattr(interface, "resolve_type") else ():
            if not hasattr(interface, "types"):
                visited |= {f"{name}.{field}" for field in interface.fields if f"{member.name}.{field}" in visited}
    visited |= {place for place in NESTED if place.partition("(")[0] in visited}
    assert wanted - visited == set()
    assert len(wanted) > 400


def test_every_error_was_one_of_the_closed_list(walk):
    # Bad input: an order by relevance, asked for without the words that it is about.
    assert set(walk.codes) == {"NOT_AVAILABLE", "BAD_CURSOR", "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("who", "case"), [("alice", "atlas"), ("bob", "atlas"), ("dana", "zephyr"), ("carol", "lumen")]
)
def test_the_owner_gets_his_own(ask, who, case):
    canaries = ask.world.canaries_of[OWN[who]]
    answer = ask(who, RAW, id=str(ask.world.cases[case]))
    found = {leak.planted.value for leak in canaries.found_in(answer.content)}
    assert found == {value for _, value in canaries.values.values()}


def test_the_search_sees_a_canary_in_any_clothes(world):
    value = world.canaries["email"]
    for dressed in (value.upper(), value.encode().hex(), value.replace("@", "%40"), value.replace("@", "&#64;")):
        assert value in {leak.planted.value for leak in world.canaries.found_in(f'{{"x": "{dressed}"}}')}
