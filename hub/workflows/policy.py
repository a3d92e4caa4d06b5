"""Changing who sees what: a draft, a proposal, a look at what it would change, and a second person's decision."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.escalation.rules import RuleError as EscalationRuleError
from hub.escalation.rules import parse_rule as parse_escalation_rule
from hub.lifecycle import queries as lifecycle_queries
from hub.lifecycle import services as lifecycle
from hub.lifecycle.models import PolicyKind, PolicyVersion
from hub.lifecycle.services import LifecycleRefusal
from hub.retention.rules import RuleError, parse_rule
from hub.sharing.background import BUILD_TASK, PROJECTIONS
from hub.sharing.locks import hold_coverage
from hub.sharing.models import GrantCoverage, GrantState, RedactionProfile, SharingGrant
from hub.sharing.services import granting
from hub.sharing.services.profiles import create_profile
from hub.sharing.services.requesting import request_for_profile
from hub.sharing.templates import TemplateError, parse_template
from redaction import PolicyError, parse_policy
from tenants import permissions
from tenants.actors import Actor
from tenants.decisions import refuse
from tenants.roles import Action
from tenants.work import note_work

from .nudging import nudge_on_commit
from .outcomes import Invalid, PolicyAnswer, Refusal

# Each kind with what reads its document; a document that nothing can read is never proposed.
READERS: dict[PolicyKind, tuple[Callable[[Mapping[str, Any]], object], type[Exception]]] = {
    PolicyKind.REDACTION_PROFILE: (parse_policy, PolicyError),
    PolicyKind.GRANT_TEMPLATE: (parse_template, TemplateError),
    PolicyKind.RETENTION_RULE: (parse_rule, RuleError),
    PolicyKind.ESCALATION_RULE: (parse_escalation_rule, EscalationRuleError),
}
DEFAULT_PROTECTION = 20
LONGEST_NAME, LONGEST_NOTE = 120, 500
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class PolicyPreview:
    """What activating a version would change, in numbers: nobody decides blind."""

    version_id: UUID
    is_stale: bool
    cases: int
    audiences: int
    grants: int
    grants_outside: int


def draft_policy(
    actor: Actor,
    *,
    kind: PolicyKind,
    slug: str,
    document: Mapping[str, Any],
    name: str = "",
    note: str = "",
    protection: int = DEFAULT_PROTECTION,
) -> PolicyAnswer | Refusal | Invalid:
    """Begin a version of a policy; a slug that is not there yet makes the policy, and a profile with it."""
    decision = permissions.decide(actor, Action.DRAFT_POLICY, on=None)
    if actor.tenant_id is None or not decision.allowed:
        record(actor, AuditAction.POLICY_DRAFT, f"policy:{slug}", decision)
        return Refusal(decision.basis)
    problem = _problem_with_words(slug, name, note) or _problem(kind, document)
    if problem is not None:
        return problem
    with transaction.atomic():
        policy = lifecycle_queries.find_policy(actor.tenant_id, kind, slug)
        if policy is None and kind is PolicyKind.REDACTION_PROFILE:
            version = create_profile(actor.tenant_id, slug, name or slug, protection, document, author=actor.person_key)
        else:
            policy = policy or lifecycle.create_policy(actor.tenant_id, kind, slug, name or slug)
            version = lifecycle.begin_draft(policy, document, author=actor.person_key, note=note)
        record(
            actor, AuditAction.POLICY_DRAFT, f"policy_version:{version.pk}", decision,
            kind=kind.value, slug=slug, number=version.number, digest=version.digest,
        )  # fmt: skip
    return _answer(version)


def edit_policy(
    actor: Actor, *, version_id: UUID, document: Mapping[str, Any], note: str | None = None
) -> PolicyAnswer | Refusal | Invalid:
    """Change a draft; whoever does so cannot activate it later."""
    version = _find(actor, version_id)
    problem = _problem(PolicyKind(version.policy.kind), document) if version else None
    problem = problem or _problem_with_words(None, "", note or "")
    if problem is not None and permissions.decide(actor, Action.DRAFT_POLICY, on=None).allowed:
        return problem
    return _step(
        actor, version_id, Action.DRAFT_POLICY, AuditAction.POLICY_DRAFT,
        lambda: lifecycle.edit_draft(version_id, document, editor=actor.person_key, note=note),
    )  # fmt: skip


def propose_policy(actor: Actor, *, version_id: UUID) -> PolicyAnswer | Refusal:
    """Hand a draft to a second person; from here on nobody changes it."""
    return _step(
        actor, version_id, Action.DRAFT_POLICY, AuditAction.POLICY_PROPOSE, lambda: lifecycle.propose(version_id)
    )


def activate_policy(actor: Actor, *, version_id: UUID, reason: str = "") -> PolicyAnswer | Refusal:
    """Let a proposed version govern, as someone who neither wrote nor edited it.

    Readers keep getting the former version's projections until the new ones are all there.
    """

    def activate() -> PolicyVersion:
        hold_coverage(_tenant_id(actor))
        version = lifecycle.activate(version_id, by=actor.person_key, reason=reason[:500])
        profile = RedactionProfile.objects.filter(policy_id=version.policy_id).first()
        if profile is not None:
            request_for_profile(profile)
            note_work(version.tenant_id, PROJECTIONS)
            nudge_on_commit(BUILD_TASK, version.tenant_id)
        return version

    return _step(actor, version_id, Action.ACTIVATE_POLICY, AuditAction.POLICY_ACTIVATE, activate)


def reject_policy(actor: Actor, *, version_id: UUID, reason: str) -> PolicyAnswer | Refusal | Invalid:
    """Turn a proposal down, with a reason."""
    if not reason.strip():
        return Invalid.because("reason", "Say why, so that the author can do better.")
    return _step(
        actor, version_id, Action.DRAFT_POLICY, AuditAction.POLICY_REJECT,
        lambda: lifecycle.reject(version_id, by=actor.person_key, reason=reason.strip()[:500]),
    )  # fmt: skip


def preview_policy(actor: Actor, *, version_id: UUID) -> PolicyPreview | Refusal:
    """What activating this version would change: what is built again, which grants it touches or leaves outside."""
    version = _find(actor, version_id)
    decision = permissions.decide(actor, Action.DRAFT_POLICY, on=None) if version else refuse("unknown")
    if version is None or not decision.allowed:
        record(actor, AuditAction.POLICY_PROPOSE, f"policy_version:{version_id}", decision)
        return Refusal(decision.basis)
    coverage = GrantCoverage.objects.filter(profile__policy_id=version.policy_id)
    grants = SharingGrant.objects.filter(tenant_id=version.tenant_id, state=GrantState.ACTIVE)
    touched = grants.filter(profile__policy_id=version.policy_id)
    outside = 0
    if version.policy.kind == PolicyKind.GRANT_TEMPLATE:
        touched = grants.filter(template_version__policy_id=version.policy_id)
        template = parse_template(version.document)
        outside = sum(
            not template.admits(granting.terms_of(grant), granting.reached(grant.audience))
            for grant in touched.select_related("profile", "audience")
        )
    return PolicyPreview(
        version_id=version.pk,
        is_stale=lifecycle_queries.is_stale(version),
        cases=coverage.values("case_id").distinct().count(),
        audiences=coverage.values("audience_id").distinct().count(),
        grants=touched.count(),
        grants_outside=outside,
    )


def _step(
    actor: Actor, version_id: UUID, action: Action, audit_action: AuditAction, take: Callable[[], PolicyVersion]
) -> PolicyAnswer | Refusal:
    found = _find(actor, version_id)
    decision = permissions.decide(actor, action, on=None) if found else refuse("unknown")
    if found is None or not decision.allowed:
        record(actor, audit_action, f"policy_version:{version_id}", decision)
        return Refusal(decision.basis)
    try:
        with transaction.atomic():
            version = take()
            record(
                actor, audit_action, f"policy_version:{version_id}", decision,
                policy=version.policy_id, number=version.number, state=str(version.state), digest=version.digest,
            )  # fmt: skip
    except LifecycleRefusal as refusal:
        record(actor, audit_action, f"policy_version:{version_id}", refuse(refusal.basis))
        return Refusal(refusal.basis)
    return _answer(version)


def _problem(kind: PolicyKind, document: Mapping[str, Any]) -> Invalid | None:
    if kind not in READERS:
        return Invalid.because("kind", f"Policies of this kind are not kept here; known are {', '.join(READERS)}.")
    read, error_type = READERS[kind]
    try:
        read(document)
    except error_type as error:
        return Invalid.because("document", str(error))
    return None


def _problem_with_words(slug: str | None, name: str, note: str) -> Invalid | None:
    if slug is not None and not _SLUG.fullmatch(slug):
        return Invalid.because("slug", "Use 1 to 40 lower-case letters, digits, hyphens and underscores.")
    if len(name) > LONGEST_NAME or "\0" in name:
        return Invalid.because("name", f"Use up to {LONGEST_NAME} characters.")
    if len(note) > LONGEST_NOTE or "\0" in note:
        return Invalid.because("note", f"Say in up to {LONGEST_NOTE} characters why this change is made.")
    return None


def _find(actor: Actor, version_id: UUID) -> PolicyVersion | None:
    version = lifecycle_queries.find_version(version_id)
    return version if version is not None and version.tenant_id == actor.tenant_id else None


def _tenant_id(actor: Actor) -> UUID:
    if actor.tenant_id is None:
        raise ValueError("A policy belongs to a tenant, and the actor has none.")
    return actor.tenant_id


def _answer(version: PolicyVersion) -> PolicyAnswer:
    return PolicyAnswer(version.pk, version.number, str(version.state))
