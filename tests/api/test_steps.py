"""Mutations: each is one workflow, a refusal is an answer with a record, a fault undoes the whole request."""

from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from tests.api.conftest import small_case
from tests.api.test_reading import CASES, last_event
from tests.world import PURPOSE

OUTCOME = "{ __typename ... on InvalidInput { problems { path message } } "
SUBMIT = f"""mutation Submit($team: ID!, $case: JSON!) {{
  submitCase(teamId: $team, case: $case) {OUTCOME} ... on CaseSubmitted {{ caseId version }} }}
}}"""
EDIT = f"""mutation Edit($id: ID!, $case: JSON!) {{
  editCase(caseId: $id, case: $case) {OUTCOME} ... on CaseSubmitted {{ version }} ... on CaseUnchanged {{ version }} }}
}}"""
ISSUE = f"""mutation Issue($team: ID!, $terms: GrantTermsInput!) {{
  issueGrant(teamId: $team, terms: $terms) {OUTCOME} ... on GrantChanged {{ grantId state coveredCases }} }}
}}"""
REVOKE = f"""mutation Revoke($id: ID!, $reason: String!) {{
  revokeGrant(id: $id, reason: $reason) {OUTCOME} ... on GrantChanged {{ state }} }}
}}"""
GRANTS = """query Grants($filter: GrantFilter, $case: ID) { grants(filter: $filter, caseId: $case) { nodes {
  id owner recipient state isRunning purpose atHome { profile coveredCases }
} } }"""
RAW = "query Raw($id: ID!) { rawCase(id: $id) { __typename ... on RawCase { basis version } } }"


def case_count(world):
    with connections["owner"].cursor() as owner:
        owner.execute("SELECT count(*) FROM catalog_case")
        return owner.fetchone()[0]


def submitted(ask, world, number):
    team = str(world.cast.team("acme/atlas").pk)
    return ask("alice", SUBMIT, team=team, case=small_case(number)).data["submitCase"]["caseId"]


def test_a_case_is_submitted_edited_and_left_unchanged(ask, world):
    case_id = submitted(ask, world, 31)
    assert last_event(world, "alice") == ("case.submit", "allowed", "role:contributor")
    changed = ask("alice", EDIT, id=case_id, case=small_case(32)).data["editCase"]
    assert changed == {"__typename": "CaseSubmitted", "version": 2}
    same = ask("alice", EDIT, id=case_id, case=small_case(32)).data["editCase"]
    assert same == {"__typename": "CaseUnchanged", "version": 2}


@pytest.mark.parametrize("who", ["bob", "dana", "carol", "olga", "erin"])
def test_nobody_else_submits_for_atlas(ask, world, who):
    before = case_count(world)
    team = str(world.cast.team("acme/atlas").pk)
    assert ask(who, SUBMIT, team=team, case=small_case(33)).data == {"submitCase": {"__typename": "NotAvailable"}}
    assert case_count(world) == before
    assert last_event(world, who)[:2] == ("case.submit", "refused")


def test_an_input_that_cannot_be_is_answered_with_where_and_why(ask, world):
    team = str(world.cast.team("acme/atlas").pk)
    for case in ({}, [], "text", None, {"title": "", "facts": {}}):
        answer = ask("alice", SUBMIT, team=team, case=case)
        if case is None:
            assert answer.codes == ["BAD_USER_INPUT"]
        else:
            outcome = answer.data["submitCase"]
            assert (outcome["__typename"], outcome["problems"][0]["path"]) == ("InvalidInput", "title")


def test_an_unknown_team_and_a_foreign_one_are_answered_alike(ask, world):
    answers = [
        ask("alice", SUBMIT, team=team, case=small_case(34))
        for team in (str(world.cast.team("borealis/lumen").pk), "00000000-0000-7000-8000-000000000000", "nonsense")
    ]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].data == {"submitCase": {"__typename": "NotAvailable"}}


def test_evidence_comes_as_a_value_or_as_bytes_with_their_digest(ask, world):
    query = f"""mutation Add($id: ID!, $evidence: EvidenceInput!) {{
      addEvidence(caseId: $id, evidence: $evidence) {OUTCOME} ... on CaseSubmitted {{ version }} }}
    }}"""
    case_id = submitted(ask, world, 35)

    def add(**evidence):
        return ask("alice", query, id=case_id, evidence={"name": "log", "kind": "logs", **evidence}).data["addEvidence"]

    assert add(payload={"lines": ["a"]}) == {"__typename": "CaseSubmitted", "version": 2}
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert add(contentBase64="aGVsbG8=", mediaType="text/plain", digest=digest)["version"] == 3
    assert add(contentBase64="aGVsbG8=", digest="0" * 64)["__typename"] == "InvalidInput"
    assert add(contentBase64="%%%")["problems"][0]["path"] == "evidence.contentBase64"
    assert add()["problems"][0]["path"] == "evidence"
    assert add(payload=1, contentBase64="aGVsbG8=")["problems"][0]["path"] == "evidence"


def test_tags_levels_restriction_review_and_withdrawal_are_steps_of_their_own(ask, world):
    case_id = submitted(ask, world, 36)

    def change(who, call):
        text = f"mutation {{ step: {call} {{ __typename ... on CaseChanged {{ change }} }} }}".replace(
            "ID", f'"{case_id}"'
        )
        return ask(who, text).data["step"]

    done = [
        change("alice", 'tagCase(caseId: ID, add: ["team:queue=\\"returns\\""])'),
        change("alice", "raiseSensitivity(caseId: ID, tlp: RED)"),
        change("olga", 'lowerSensitivity(caseId: ID, tlp: AMBER, reason: "it was a slip")'),
        change("alice", "restrictCase(caseId: ID)"),
        change("alice", "restrictCase(caseId: ID, isRestricted: false)"),
        change("alice", "withdrawCase(caseId: ID)"),
    ]
    assert [outcome["change"] for outcome in done] == [
        "tagged", "levels", "levels", "restricted", "unrestricted", "withdrawn",
    ]  # fmt: skip
    assert change("alice", 'lowerSensitivity(caseId: ID, tlp: CLEAR, reason: "x")') == {"__typename": "NotAvailable"}
    assert change("bob", "reviewCase(caseId: ID, version: 1, verdict: ACCEPT)") == {"__typename": "NotAvailable"}


def terms(recipient="borealis/drift", **others):
    until = (timezone.now() + timedelta(days=10)).isoformat()
    return {
        "recipient": recipient, "profile": "partner", "purpose": PURPOSE, "ceilingClass": "RESTRICTED",
        "ceilingTlp": "AMBER", "expiresAt": until, **others,
    }  # fmt: skip


def test_a_grant_opens_cases_for_its_recipient_until_it_is_revoked(ask, world):
    team = str(world.cast.team("acme/atlas").pk)
    assert ask("dave", CASES, first=5).data["cases"]["totalCount"] == 0
    issued = ask("olga", ISSUE, team=team, terms=terms(selection={"models": ["ticket-router"]})).data["issueGrant"]
    assert issued["state"] == "ACTIVE"
    world.build()
    assert ask("dave", CASES, first=50).data["cases"]["totalCount"] >= 12
    received = ask("dave", GRANTS, filter={"isIssued": False}).data["grants"]["nodes"]
    assert [(row["id"], row["owner"], row["isRunning"], row["atHome"]) for row in received] == [
        (issued["grantId"], "acme/atlas", True, None)
    ]
    shown = ask("olga", GRANTS, filter={"isIssued": True, "states": ["ACTIVE"]}).data["grants"]["nodes"]
    assert issued["grantId"] in {row["id"] for row in shown}
    assert {row["atHome"]["profile"] for row in shown} == {"partner"}
    refused = ask("dave", REVOKE, id=issued["grantId"], reason="mine").data["revokeGrant"]
    assert refused == {"__typename": "NotAvailable"}
    assert ask("omar", REVOKE, id=issued["grantId"], reason="over").data["revokeGrant"]["state"] == "REVOKED"
    assert ask("dave", CASES, first=5).data["cases"]["totalCount"] == 0


def test_grants_of_a_case_are_named_as_each_side_knows_it(ask, world):
    at_home = ask("olga", GRANTS, case=str(world.cases["atlas"])).data["grants"]["nodes"]
    assert {row["recipient"] for row in at_home} >= {"borealis/lumen", "cobalt/quarry"}
    rows = ask("carol", CASES, first=50).data["cases"]["nodes"]
    known = next(row["id"] for row in rows if row["owner"] == "acme/atlas")
    (read_by,) = ask("carol", GRANTS, case=known).data["grants"]["nodes"]
    assert (read_by["id"], read_by["atHome"]) == (str(world.grants["carol"]), None)
    assert ask("carol", GRANTS, case=str(world.cases["atlas"])).data["grants"]["nodes"] == []
    assert ask("dave", GRANTS, case=known).data["grants"]["nodes"] == []


def test_a_grant_outside_every_template_takes_a_second_person(ask, world):
    team = str(world.cast.team("acme/atlas").pk)
    step = "mutation Approve($id: ID!) { approveGrant(id: $id) { __typename ... on GrantChanged { state } } }"
    until = (timezone.now() + timedelta(days=300)).isoformat()
    proposed = ask("olga", ISSUE, team=team, terms=terms(ceilingTlp="RED", expiresAt=until)).data["issueGrant"]
    assert proposed["state"] == "PROPOSED"
    assert ask("olga", step, id=proposed["grantId"]).data["approveGrant"] == {"__typename": "NotAvailable"}
    assert ask("omar", step, id=proposed["grantId"]).data["approveGrant"]["state"] == "ACTIVE"


def test_glass_is_broken_by_a_reviewer_and_mended_by_an_officer(ask, world):
    case_id = str(world.cases["atlas"])
    assert ask("rita", RAW, id=case_id).data["rawCase"] == {"__typename": "NotAvailable"}
    opened = ask(
        "rita",
        """mutation Open($id: ID!) { openBreakGlass(caseId: $id, purpose: "a customer is in danger", minutes: 5) {
             __typename ... on BreakGlassOpened { breakGlassId } } }""",
        id=case_id,
    ).data["openBreakGlass"]
    glass = opened["breakGlassId"]
    assert ask("rita", RAW, id=case_id).data["rawCase"]["basis"] == f"break_glass:{glass}"
    (waiting,) = ask("olga", "{ openBreakGlass { id person purpose isRunning } }").data["openBreakGlass"]
    assert waiting == {"id": glass, "person": "Rita", "purpose": "a customer is in danger", "isRunning": True}
    assert ask("rita", "{ openBreakGlass { id } }").codes == ["NOT_AVAILABLE"]
    close = 'mutation Close($id: ID!) { closeBreakGlass(id: $id, finding: "justified") { __typename } }'
    assert ask("rita", close, id=glass).data["closeBreakGlass"] == {"__typename": "NotAvailable"}
    assert ask("olga", close, id=glass).data["closeBreakGlass"] == {"__typename": "Done"}
    assert ask("rita", RAW, id=case_id).data["rawCase"] == {"__typename": "NotAvailable"}


def test_a_policy_takes_two_people(ask, world):
    document = {
        "profiles": ["partner"], "ceiling_class": "internal", "ceiling_tlp": "GREEN", "max_days": 5,
        "recipients": ["cobalt/*"], "purposes": [PURPOSE],
    }  # fmt: skip
    draft = """mutation Draft($document: JSON!) {
      draftPolicy(kind: GRANT_TEMPLATE, slug: "small", document: $document) {
        __typename ... on PolicyChanged { versionId state number } ... on InvalidInput { problems { path } }
      } }"""
    version = ask("olga", draft, document=document).data["draftPolicy"]
    assert (version["state"], version["number"]) == ("DRAFT", 1)
    wrong = ask("olga", draft, document={**document, "max_days": "many"}).data["draftPolicy"]
    assert wrong == {"__typename": "InvalidInput", "problems": [{"path": "document"}]}

    def step(who, name):
        text = f"mutation Step($id: ID!) {{ {name}(versionId: $id) {{ __typename ... on PolicyChanged {{ state }} }} }}"
        return ask(who, text, id=version["versionId"]).data[name]

    assert step("olga", "proposePolicy")["state"] == "PROPOSED"
    preview = "query P($id: ID!) { policyPreview(versionId: $id) { ... on PolicyPreview { isStale grants } } }"
    assert ask("omar", preview, id=version["versionId"]).data["policyPreview"] == {"isStale": False, "grants": 0}
    assert step("olga", "activatePolicy") == {"__typename": "NotAvailable"}
    assert step("alice", "activatePolicy") == {"__typename": "NotAvailable"}
    assert step("omar", "activatePolicy")["state"] == "ACTIVE"


def test_asking_for_access_tells_nothing_about_the_owner(ask, world):
    text = """mutation Ask($team: ID!, $owner: String!, $until: DateTime!) {
      requestAccess(teamId: $team, owner: $owner, wish: "router cases", purpose: "AcademicResearch", until: $until) {
        __typename ... on Done { objectId } } }"""
    team = str(world.cast.team("borealis/drift").pk)
    until = (timezone.now() + timedelta(days=10)).isoformat()
    answers = [ask("dave", text, team=team, owner=owner, until=until) for owner in ("acme/atlas", "no/such", "\u202e")]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].data == {"requestAccess": {"__typename": "Done", "objectId": None}}


def test_a_group_is_made_and_its_members_change(ask, world):
    made = ask("olga", 'mutation { createSharingGroup(slug: "ring", name: "Ring") { ... on Done { objectId } } }').data
    group = made["createSharingGroup"]["objectId"]
    change = """mutation Change($id: ID!, $in: Boolean!) {
      changeSharingGroup(groupId: $id, address: "borealis/drift", isMember: $in) { __typename } }"""
    for is_member in (True, False):
        answer = ask("olga", change, id=group, **{"in": is_member})
        assert answer.data == {"changeSharingGroup": {"__typename": "Done"}}
    assert ask("alice", change, id=group, **{"in": True}).data == {"changeSharingGroup": {"__typename": "NotAvailable"}}


def test_a_token_makes_no_token(ask, world):
    text = 'mutation { issueToken(input: {name: "x", scopes: [READ]}) { __typename } }'
    assert ask("carol", text).data == {"issueToken": {"__typename": "NotAvailable"}}
    assert last_event(world, "carol") == ("token.issue", "refused", "needs_person")


def test_steps_before_a_fault_are_undone_with_it(ask, world, monkeypatch):
    from hub.api.catalog import mutations

    before = case_count(world)
    team = str(world.cast.team("acme/atlas").pk)

    def fail(*args, **kwargs):
        raise RuntimeError("no")

    monkeypatch.setattr(mutations.sensitivity, "tag_case", fail)
    text = f"""mutation Two($team: ID!, $case: JSON!, $id: ID!) {{
      submitCase(teamId: $team, case: $case) {OUTCOME} }}
      tagCase(caseId: $id) {{ __typename }}
    }}"""
    answer = ask("alice", text, team=team, case=small_case(37), id=str(world.cases["atlas"]))
    assert (answer.status, answer.codes, answer.body["data"]) == (500, ["INTERNAL_ERROR"], None)
    assert case_count(world) == before
    assert last_event(world, "alice") == ("operation.fail", "failed", "fault")


def test_a_refused_step_stays_on_record_beside_one_that_is_done(ask, world):
    team = str(world.cast.team("acme/atlas").pk)
    text = f"""mutation Two($own: ID!, $other: ID!, $case: JSON!) {{
      done: submitCase(teamId: $own, case: $case) {OUTCOME} }}
      refused: submitCase(teamId: $other, case: $case) {OUTCOME} }}
    }}"""
    other = str(world.cast.team("borealis/lumen").pk)
    answer = ask("alice", text, own=team, other=other, case=small_case(38)).data
    assert (answer["done"]["__typename"], answer["refused"]["__typename"]) == ("CaseSubmitted", "NotAvailable")
    assert last_event(world, "alice") == ("case.submit", "refused", "unknown")
