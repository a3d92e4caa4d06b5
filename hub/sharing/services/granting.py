"""Issues, approves, rejects and revokes sharing grants, and keeps what a grant says consistent."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from hub.catalog.models import CaseKind
from hub.lifecycle.models import PolicyKind, PolicyVersion, VersionState
from hub.lifecycle.queries import active_versions
from redaction.sensitivity import DataClass, Tlp
from tenants.models import Team, Tenant
from tenants.queries import find_recipient

from ..locks import hold_coverage
from ..models import Audience, GrantState, RedactionProfile, SharingGrant, SharingGroup, SharingGroupMember
from ..purposes import is_known
from ..templates import parse_template
from ..terms import GROUP_PREFIX, SELECTION_KEYS, GrantTerms
from .audiences import audience_of_group, audience_of_team
from .covering import cover_grant, selected_cases
from .requesting import request_for_grant

LONGEST_SELECTION = 500


@dataclass(eq=False)
class GrantProblem(Exception):
    """What is wrong with the terms of a grant: the entry, and what to do about it."""

    path: str
    message: str


@dataclass(eq=False)
class GrantRefusal(Exception):
    """Why a step cannot be taken with a grant: `same_person`, `not_proposed`, `not_active` or `expired`."""

    basis: str


def issue(team: Team, terms: GrantTerms, *, issued_by: str) -> SharingGrant:
    """A new grant: active inside an active grant template, else a proposal for a second person."""
    with transaction.atomic():
        hold_coverage(team.tenant_id)
        profile = _check(team, terms)
        audience = _audience(team, terms.recipient)
        template = template_for(team.tenant_id, terms, reached(audience))
        grant = SharingGrant.objects.create(
            tenant_id=team.tenant_id,
            team=team,
            owner_label=team.address,
            audience=audience,
            recipient_tenant_id=audience.recipient_tenant_id,
            recipient_team_id=audience.recipient_team_id,
            group_id=audience.group_id,
            recipient_label=audience.label,
            profile=profile,
            purpose=terms.purpose,
            ceiling_class=DataClass.parse(terms.ceiling_class).value,
            ceiling_tlp=Tlp.parse(terms.ceiling_tlp).value,
            selection={key: [str(value) for value in terms.selection.get(key) or []] for key in SELECTION_KEYS},
            starts_at=terms.starts_at,
            expires_at=terms.expires_at,
            state=GrantState.ACTIVE if template else GrantState.PROPOSED,
            template_version=template,
            issued_by=issued_by,
        )
        _take_effect(grant)
    return grant


def approve(grant_id: UUID, *, by: str) -> SharingGrant:
    """Let a proposed grant take effect, by someone other than who proposed it."""
    with transaction.atomic():
        grant = _lock(grant_id, GrantState.PROPOSED, "not_proposed")
        if by == grant.issued_by:
            raise GrantRefusal("same_person")
        if grant.expires_at <= timezone.now():
            raise GrantRefusal("expired")
        grant.state, grant.approved_by, grant.approved_at = GrantState.ACTIVE, by, timezone.now()
        grant.save(update_fields=["state", "approved_by", "approved_at"])
        _take_effect(grant)
    return grant


def reject(grant_id: UUID, *, by: str, reason: str) -> SharingGrant:
    """Turn a proposed grant down. Its proposer may do that too: withdrawing lets nothing out."""
    with transaction.atomic():
        grant = _lock(grant_id, GrantState.PROPOSED, "not_proposed")
        grant.state, grant.revoked_by, grant.revoked_at = GrantState.REJECTED, by, timezone.now()
        grant.reason = reason[:500]
        grant.save(update_fields=["state", "revoked_by", "revoked_at", "reason"])
    return grant


def revoke(grant_id: UUID, *, by: str, reason: str) -> SharingGrant:
    """End an active grant now; the next read comes back without it."""
    with transaction.atomic():
        grant = _lock(grant_id, GrantState.ACTIVE, "not_active")
        grant.state, grant.revoked_by, grant.revoked_at = GrantState.REVOKED, by, timezone.now()
        grant.reason = reason[:500]
        grant.save(update_fields=["state", "revoked_by", "revoked_at", "reason"])
        _take_effect(grant)
    return grant


def template_for(tenant_id: UUID, terms: GrantTerms, recipients: tuple[str, ...]) -> PolicyVersion | None:
    """The oldest active grant template that admits these terms, if one does."""
    versions = active_versions(tenant_id, PolicyKind.GRANT_TEMPLATE).order_by("decided_at", "pk")
    return next((version for version in versions if parse_template(version.document).admits(terms, recipients)), None)


def terms_of(grant: SharingGrant) -> GrantTerms:
    """The terms of a grant as it stands."""
    return GrantTerms(
        recipient=grant.recipient_label,
        profile=grant.profile.slug,
        purpose=grant.purpose,
        ceiling_class=grant.ceiling_class,
        ceiling_tlp=grant.ceiling_tlp,
        starts_at=grant.starts_at,
        expires_at=grant.expires_at,
        selection=grant.selection,
    )


def reached(audience: Audience) -> tuple[str, ...]:
    """The addresses an audience reaches: its own, or every member's of its group."""
    if audience.group_id is None:
        return (audience.label,)
    members = SharingGroupMember.objects.filter(group_id=audience.group_id).order_by("label")
    return tuple(members.values_list("label", flat=True))


def _take_effect(grant: SharingGrant) -> None:
    cover_grant(grant)
    if grant.state in {GrantState.ACTIVE, GrantState.REVOKED}:
        request_for_grant(grant)


def _lock(grant_id: UUID, state: GrantState, otherwise: str) -> SharingGrant:
    tenant_id = SharingGrant.objects.values_list("tenant_id", flat=True).get(pk=grant_id)
    # The same order as everywhere: first the lock on coverage, then rows.
    hold_coverage(tenant_id)
    grant = SharingGrant.objects.select_related("profile").select_for_update(of=("self",)).get(pk=grant_id)
    if grant.state != state:
        raise GrantRefusal(otherwise)
    return grant


def _check(team: Team, terms: GrantTerms) -> RedactionProfile:
    profile = (
        RedactionProfile.objects.filter(
            tenant_id=team.tenant_id, slug=terms.profile, policy__versions__state=VersionState.ACTIVE
        )
        .distinct()
        .first()
    )
    if profile is None:
        raise GrantProblem("profile", "There is no such profile with an active policy; name one of your profiles.")
    if not is_known(terms.purpose):
        raise GrantProblem("purpose", "Not a purpose of the dpv-purpose taxonomy; an example is AcademicResearch.")
    for path, levels in (("ceilingClass", DataClass), ("ceilingTlp", Tlp)):
        try:
            levels.parse(terms.ceiling_class if levels is DataClass else terms.ceiling_tlp)
        except ValueError as error:
            raise GrantProblem(path, f"{error}.".capitalize()) from None
    _check_term(team.tenant_id, terms)
    _check_selection(team, terms)
    return profile


def _check_term(tenant_id: UUID, terms: GrantTerms) -> None:
    now = timezone.now()
    if terms.expires_at <= terms.starts_at:
        raise GrantProblem("expiresAt", "A grant ends after it starts; choose a later end.")
    if terms.expires_at <= now:
        raise GrantProblem("expiresAt", "The end lies in the past; choose a later one.")
    longest = Tenant.objects.values_list("grant_max_days", flat=True).get(pk=tenant_id)
    if terms.expires_at > now + timedelta(days=longest):
        raise GrantProblem("expiresAt", f"Grants of this tenant end within {longest} days; choose an earlier end.")


def _check_selection(team: Team, terms: GrantTerms) -> None:
    for key, values in terms.selection.items():
        path = f"selection.{key}"
        if key not in SELECTION_KEYS:
            raise GrantProblem(path, f"Not a way to select; use {', '.join(SELECTION_KEYS)}.")
        if not isinstance(values, list) or len(values) > LONGEST_SELECTION:
            raise GrantProblem(path, f"Give a list of at most {LONGEST_SELECTION} values.")
        if any(not str(value).strip() or "\0" in str(value) for value in values):
            raise GrantProblem(path, "Values must not be empty.")
    unknown = [kind for kind in terms.selection.get("kinds") or [] if kind not in CaseKind.values]
    if unknown:
        raise GrantProblem("selection.kinds", f"Kinds are {', '.join(CaseKind.values)}.")
    named = terms.selection.get("cases") or []
    try:
        ids = {UUID(str(value)) for value in named}
    except ValueError:
        raise GrantProblem("selection.cases", "Give case ids as UUIDs.") from None
    if ids and selected_cases(team.tenant_id, team.pk, {"cases": [str(value) for value in ids]}).count() != len(ids):
        raise GrantProblem("selection.cases", "Some of these are not cases of this team; name its own cases only.")


def _audience(team: Team, address: str) -> Audience:
    if address.startswith(GROUP_PREFIX):
        group = SharingGroup.objects.filter(tenant_id=team.tenant_id, slug=address.removeprefix(GROUP_PREFIX)).first()
        if group is None:
            raise GrantProblem("recipient", "There is no such sharing group in this tenant; create it first.")
        return audience_of_group(group)
    recipient = find_recipient(address)
    if recipient is None:
        raise GrantProblem(
            "recipient", "No recipient has this address; give the whole address as the recipient told you, tenant/team."
        )
    if recipient.team_id == team.pk:
        raise GrantProblem("recipient", "A team reads its own cases without a grant; name another recipient.")
    return audience_of_team(team.tenant_id, recipient.tenant_id, recipient.team_id, recipient.label)
