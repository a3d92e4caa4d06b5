"""Taking cases in and changing them: who may, what is recorded, and what projections follow in the same transaction."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from hub.audit.models import AccessEvent
from hub.catalog import queries as catalog
from hub.catalog.models import Case, EvidenceItem
from hub.workflows import evidence, review, sensitivity, submission
from hub.workflows.outcomes import CaseChanged, CaseSubmitted, CaseUnchanged, Invalid, Problem, Refusal
from hub.workflows.projection import BUILD_TASK
from tenants.actors import Actor
from tenants.roles import Role, Scope
from tenants.scoping import acting_as
from tenants.services import add_member
from tenants.work import due_work
from tests.cast import Cast
from tests.catalog.samples import OWN
from tests.workflows.submitting import (
    backstage,
    install_profiles,
    last_event,
    projections,
    state_of,
    submitted,
)

NEVER = UUID(int=7)
Step = Callable[[Actor, UUID], Any]


def changed(actor: Actor, case_id: UUID) -> Any:
    return submission.edit_case(actor, case_id=case_id, draft=OWN | {"title": "Changed"})


def withdrawn(actor: Actor, case_id: UUID) -> Any:
    return submission.withdraw_case(actor, case_id=case_id, reason="duplicate")


def noted(actor: Actor, case_id: UUID) -> Any:
    return evidence.add_evidence(actor, case_id=case_id, name="note", kind="notes", payload="seen")


def uploaded(actor: Actor, case_id: UUID) -> Any:
    return evidence.upload_evidence(
        actor, case_id=case_id, name="log", kind="logs", media_type="text/plain", stream=io.BytesIO(b"x")
    )


def tagged(actor: Actor, case_id: UUID) -> Any:
    return sensitivity.tag_case(actor, case_id=case_id, add=['cwe:id="CWE-1"'])


def raised(actor: Actor, case_id: UUID) -> Any:
    return sensitivity.raise_sensitivity(actor, case_id=case_id, tlp="RED")


def lowered(actor: Actor, case_id: UUID) -> Any:
    return sensitivity.lower_sensitivity(actor, case_id=case_id, tlp="CLEAR", reason="published")


def restricted(actor: Actor, case_id: UUID) -> Any:
    return sensitivity.restrict_case(actor, case_id=case_id)


def reviewed(actor: Actor, case_id: UUID) -> Any:
    return review.review_case(actor, case_id=case_id, version=1, verdict="accept")


WHO = ("alice", "bob", "dana", "rita", "olga", "erin", "carol", "trudy")
ROLES = {
    "changed": {"alice": "role:contributor", "bob": "no_role", "olga": "no_role"},
    "withdrawn": {"alice": "role:contributor", "bob": "no_role", "olga": "role:officer"},
    "noted": {"alice": "role:contributor", "bob": "no_role", "olga": "no_role"},
    "uploaded": {"alice": "role:contributor", "bob": "no_role", "olga": "no_role"},
    "tagged": {"alice": "role:contributor", "bob": "no_role", "olga": "no_role"},
    "raised": {"alice": "role:contributor", "bob": "no_role", "olga": "no_role"},
    "lowered": {"alice": "no_role", "bob": "no_role", "olga": "role:officer"},
    "restricted": {"alice": "role:contributor", "bob": "no_role", "olga": "role:officer"},
    "reviewed": {"alice": "no_role", "bob": "no_role", "olga": "no_role"},
}
ACTIONS = {
    "changed": "case.edit",
    "withdrawn": "case.withdraw",
    "noted": "evidence.add",
    "uploaded": "evidence.add",
    "tagged": "case.tag",
    "raised": "case.sensitivity",
    "lowered": "case.sensitivity",
    "restricted": "case.restrict",
    "reviewed": "case.review",
}
STEPS: dict[str, Step] = {
    step.__name__: step for step in (changed, withdrawn, noted, uploaded, tagged, raised, lowered, restricted, reviewed)
}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", STEPS)
def test_who_may_change_a_case(cast: Cast, name: str, who: str) -> None:
    case_id = submitted(cast)
    basis = ROLES[name].get(who, "not_available")
    before = state_of(cast, case_id)
    actor = cast[who]
    with acting_as(actor):
        answer = STEPS[name](actor, case_id)
    allowed = basis.startswith("role:")
    outcome = "allowed" if allowed else "refused"
    assert last_event(cast, who) == (ACTIONS[name], outcome, basis, f"case:{case_id}")
    if allowed:
        assert isinstance(answer, CaseChanged | CaseSubmitted)
        assert state_of(cast, case_id) != before
    else:
        assert answer == Refusal(basis)
        assert state_of(cast, case_id) == before


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("who", ["alice", "olga", "carol"])
def test_unknown_cases_are_refused_like_foreign_ones(cast: Cast, name: str, who: str) -> None:
    foreign = submitted(cast) if who == "carol" else NEVER
    actor = cast[who]
    with acting_as(actor):
        assert STEPS[name](actor, NEVER) == STEPS[name](actor, foreign) == Refusal("not_available")


@pytest.mark.parametrize(
    ("who", "basis"),
    [
        ("alice", "role:contributor"), ("bob", "no_role"), ("dana", "no_role"), ("rita", "no_role"),
        ("olga", "no_role"), ("erin", "no_role"), ("carol", "unknown"), ("trudy", "unknown"),
    ],
)  # fmt: skip
def test_who_may_submit(cast: Cast, who: str, basis: str) -> None:
    actor, team_id = cast[who], cast.team("acme/atlas").pk
    with acting_as(actor):
        answer = submission.submit_case(actor, team_id=team_id, draft=OWN)
    if basis.startswith("role:"):
        assert isinstance(answer, CaseSubmitted)
        assert last_event(cast, who) == ("case.submit", "allowed", basis, f"case:{answer.case_id}")
    else:
        assert answer == Refusal(basis)
        assert last_event(cast, who) == ("case.submit", "refused", basis, f"team:{team_id}")
        with backstage(cast):
            assert Case.objects.count() == 0


def test_a_submitted_case_asks_for_its_projection(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    install_profiles(cast)
    nudges: list[tuple[Any, ...]] = []
    monkeypatch.setattr("hub.workflows.nudging.nudge", lambda *parts: nudges.append(parts))
    with django_capture_on_commit_callbacks(execute=True):
        case_id = submitted(cast)
    assert nudges == [(BUILD_TASK, cast.tenant("acme").pk)]
    (pending,) = projections(cast, case_id)
    assert (pending.state, pending.data_class, pending.tlp, pending.is_restricted) == (
        "pending", "internal", "GREEN", False,
    )  # fmt: skip
    assert pending.public_id == str(case_id)
    assert [work.tenant_id for work in due_work("projections")] == [cast.tenant("acme").pk]


def test_projections_follow_every_change_of_the_case(cast: Cast) -> None:
    install_profiles(cast)
    case_id = submitted(cast)

    def columns() -> list[tuple[Any, ...]]:
        return [(row.data_class, row.tlp, row.is_restricted, row.recalled_at) for row in projections(cast, case_id)]

    alice, olga = cast["alice"], cast["olga"]
    with acting_as(alice):
        sensitivity.raise_sensitivity(alice, case_id=case_id, data_class="confidential", tlp="RED")
    assert columns() == [("confidential", "RED", False, None)]
    with acting_as(olga):
        sensitivity.lower_sensitivity(olga, case_id=case_id, tlp="GREEN", reason="published")
    assert columns() == [("confidential", "GREEN", False, None)]
    with acting_as(alice):
        sensitivity.restrict_case(alice, case_id=case_id)
        assert changed(alice, case_id) == CaseSubmitted(case_id, 2)
    assert columns() == [("confidential", "GREEN", True, None)] * 2
    with acting_as(alice):
        assert sensitivity.unrestrict_case(alice, case_id=case_id) == CaseChanged(case_id, "unrestricted")
    assert [row[2] for row in columns()] == [False, False]
    before = timezone.now()
    with acting_as(alice):
        submission.withdraw_case(alice, case_id=case_id)
    recalled = [row[3] for row in columns()]
    assert len(recalled) == 2
    assert all(moment is not None and moment >= before for moment in recalled)


def test_the_same_again_changes_nothing(cast: Cast) -> None:
    case_id = submitted(cast)
    alice, before = cast["alice"], state_of(cast, case_id)
    with acting_as(alice):
        assert submission.edit_case(alice, case_id=case_id, draft=OWN) == CaseUnchanged(case_id, 1)
    assert state_of(cast, case_id) == before
    assert last_event(cast) == ("case.edit", "allowed", "role:contributor", f"case:{case_id}")


def test_invalid_input_is_recorded_without_a_word_of_it(cast: Cast) -> None:
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    with acting_as(alice):
        answer = submission.submit_case(alice, team_id=team_id, draft={"title": "x" * 501, "facts": {}})
        assert answer == Invalid((Problem("title", "is longer than 500 characters"),))
        assert last_event(cast) == ("case.submit", "failed", "role:contributor", f"team:{team_id}")
    with backstage(cast):
        event = AccessEvent.objects.order_by("-id")[0]
        assert event.detail == {"problem": "invalid_input"}
        assert Case.objects.count() == 0


def test_an_identity_is_submitted_once(cast: Cast) -> None:
    submitted(cast)
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    with acting_as(alice):
        answer = submission.submit_case(alice, team_id=team_id, draft=OWN)
        assert answer == Invalid.because(
            "source_id", "names a case that the team has already; edit that one, or leave source and source_id out"
        )
        assert last_event(cast)[:2] == ("case.submit", "failed")


@pytest.mark.parametrize("name", ["changed", "noted", "uploaded"])
def test_a_withdrawn_case_is_not_written_on(cast: Cast, name: str) -> None:
    case_id = submitted(cast)
    alice = cast["alice"]
    with acting_as(alice):
        withdrawn(alice, case_id)
        before = state_of(cast, case_id)
        assert STEPS[name](alice, case_id) == Invalid.because("", "the case has been withdrawn")
    assert state_of(cast, case_id) == before


def test_evidence_is_attached_and_removed(cast: Cast) -> None:
    case_id = submitted(cast)
    alice = cast["alice"]
    with acting_as(alice):
        assert noted(alice, case_id) == CaseSubmitted(case_id, 2)
        assert uploaded(alice, case_id) == CaseSubmitted(case_id, 3)
        item = EvidenceItem.objects.get(name="note")
        assert evidence.remove_evidence(alice, case_id=case_id, item_id=item.pk) == CaseSubmitted(case_id, 4)
        gone = evidence.remove_evidence(alice, case_id=case_id, item_id=item.pk)
        assert gone == Invalid.because("item_id", "is no evidence of the case as it is now")
        case = catalog.find_case(case_id)
        assert case is not None
        version = catalog.current_version(case)
        assert version is not None
        document = catalog.raw_document(version)
        assert document is not None
        assert [entry["name"] for entry in document["evidence"]] == ["ticket", "worker.log", "log"]


def test_an_upload_is_capped_by_the_settings(cast: Cast, settings: Any) -> None:
    settings.CASEWARD_EVIDENCE_MAX_BYTES = 2048
    case_id = submitted(cast)
    alice = cast["alice"]
    with acting_as(alice):
        answer = evidence.upload_evidence(
            alice, case_id=case_id, name="log", kind="logs", media_type="text/plain", stream=io.BytesIO(b"x" * 2049)
        )
    assert answer == Invalid.because("file", "The file is larger than 2 KB, the largest that is taken.")
    assert last_event(cast)[:2] == ("evidence.add", "failed")


def test_nothing_is_read_of_an_upload_that_is_refused(cast: Cast) -> None:
    case_id = submitted(cast)
    stream = io.BytesIO(b"secret")
    bob = cast["bob"]
    with acting_as(bob):
        answer = evidence.upload_evidence(
            bob, case_id=case_id, name="log", kind="logs", media_type="text/plain", stream=stream
        )
    assert answer == Refusal("no_role")
    assert stream.tell() == 0


@pytest.mark.parametrize(
    ("payload", "path", "message"),
    [
        (None, "payload", "has no payload"),
        ({"a": "\x00"}, "payload.a", "contains a NUL character; remove it or attach the material as a binary file"),
        ([2**70], "payload[0]", "a whole number beyond 64 bits; write it as a string"),
    ],
)
def test_bad_evidence(cast: Cast, payload: Any, path: str, message: str) -> None:
    case_id = submitted(cast)
    alice = cast["alice"]
    with acting_as(alice):
        answer = evidence.add_evidence(alice, case_id=case_id, name="n", kind="notes", payload=payload)
    assert answer == Invalid.because(path, message)


def test_levels_are_not_removed_like_tags(cast: Cast) -> None:
    case_id = submitted(cast)
    alice, before = cast["alice"], state_of(cast, case_id)
    with acting_as(alice):
        answer = sensitivity.tag_case(alice, case_id=case_id, remove=["tlp:green"])
        assert answer == Invalid.because("remove", "levels are lowered by an officer")
        bad = sensitivity.tag_case(alice, case_id=case_id, add=["urgent"])
        assert bad == Invalid.because("add[0]", 'must be a machine tag like tlp:amber or avid:sep="P0204"')
    assert state_of(cast, case_id) == before


@pytest.mark.parametrize(
    ("levels", "reason", "problem"),
    [
        ({}, "why", ("", "name a data class, a TLP label or both")),
        ({"tlp": "PINK"}, "why", ("tlp", "must be one of: CLEAR, GREEN, AMBER, AMBER+STRICT, RED")),
        ({"data_class": "x"}, "why", ("data_class", "must be one of: public, internal, confidential, restricted")),
        ({"tlp": "CLEAR"}, "  ", ("reason", "is missing: say why the level may come down")),
        ({"tlp": "RED"}, "why", ("", "the level asked for is above the present one")),
    ],
)
def test_lowering_that_makes_no_sense(
    cast: Cast, levels: dict[str, str], reason: str, problem: tuple[str, str]
) -> None:
    case_id = submitted(cast)
    olga, before = cast["olga"], state_of(cast, case_id)
    with acting_as(olga):
        answer = sensitivity.lower_sensitivity(olga, case_id=case_id, reason=reason, **levels)
    assert answer == Invalid.because(*problem)
    assert state_of(cast, case_id) == before


def test_the_reason_for_lowering_is_kept_with_the_tag(cast: Cast) -> None:
    case_id = submitted(cast)
    olga = cast["olga"]
    with acting_as(olga):
        assert lowered(olga, case_id) == CaseChanged(case_id, "levels")
        case = catalog.find_case(case_id)
        assert case is not None
        row = catalog.tags_of(case).get(tag="tlp:clear")
        assert (row.set_by, row.reason) == (olga.person_key, "published")


def test_restriction_keeps_out_everybody_who_is_not_named(cast: Cast) -> None:
    case_id = submitted(cast)
    alice, bob, olga = cast["alice"], cast["bob"], cast["olga"]
    with acting_as(alice):
        answer = sensitivity.restrict_case(alice, case_id=case_id, user_ids=[cast.user("dana").pk])
        assert answer == CaseChanged(case_id, "restricted")
    with acting_as(bob):
        case = catalog.find_case(case_id)
        assert case is not None
        assert catalog.current_version(case) is None
    with acting_as(olga):
        assert changed(olga, case_id) == Refusal("no_role")
        assert sensitivity.unrestrict_case(olga, case_id=case_id) == CaseChanged(case_id, "unrestricted")


def test_a_contributor_who_is_not_named_touches_nothing(cast: Cast) -> None:
    case_id = submitted(cast)
    dana = cast["dana"]
    with acting_as(dana):
        answer = submission.submit_case(
            dana, team_id=cast.team("acme/zephyr").pk, draft=OWN | {"source": "", "source_id": ""}
        )
        assert isinstance(answer, CaseSubmitted)
        sensitivity.restrict_case(dana, case_id=answer.case_id)
    # Alice joins the team, and has not been named on its case.
    with backstage(cast):
        add_member(cast.tenant("acme"), cast.user("alice"), Role.CONTRIBUTOR, cast.team("acme/zephyr"))
    alice = cast["alice"]
    for name in ("changed", "withdrawn", "noted", "tagged", "raised", "restricted"):
        before = state_of(cast, answer.case_id)
        with acting_as(alice):
            assert STEPS[name](alice, answer.case_id) == Refusal("restricted"), name
        assert state_of(cast, answer.case_id) == before
    with acting_as(alice):
        assert sensitivity.unrestrict_case(alice, case_id=answer.case_id) == Refusal("restricted")
        assert withdrawn(alice, case_id) == CaseChanged(case_id, "withdrawn")


def test_only_people_and_teams_of_the_tenant_are_named(cast: Cast) -> None:
    case_id = submitted(cast)
    alice, before = cast["alice"], state_of(cast, case_id)
    with acting_as(alice):
        for unknown in (cast.user("carol").pk, uuid4()):
            answer = sensitivity.restrict_case(alice, case_id=case_id, user_ids=[unknown])
            assert answer == Invalid.because("user_ids", "names nobody of this tenant")
        for unknown in (cast.team("borealis/lumen").pk, uuid4()):
            answer = sensitivity.restrict_case(alice, case_id=case_id, team_ids=[unknown])
            assert answer == Invalid.because("team_ids", "names no team of this tenant")
    assert state_of(cast, case_id) == before


def test_a_key_without_the_right_to_raw_text_submits_and_cannot_edit(cast: Cast) -> None:
    alice = replace(cast["alice"], scopes=frozenset({Scope.CONTRIBUTE}))
    with acting_as(alice):
        answer = submission.submit_case(alice, team_id=cast.team("acme/atlas").pk, draft=OWN)
        assert isinstance(answer, CaseSubmitted)
        for name in ("changed", "noted", "uploaded"):
            assert STEPS[name](alice, answer.case_id) == Refusal("scope_missing:raw")
        assert tagged(alice, answer.case_id) == CaseChanged(answer.case_id, "tagged")
        assert lowered(alice, answer.case_id) == Refusal("scope_missing:govern")
        assert withdrawn(alice, answer.case_id) == CaseChanged(answer.case_id, "withdrawn")
