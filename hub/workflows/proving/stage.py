"""The two synthetic tenants: their teams, service accounts, marked cases, and what each shares with the other."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.recording import record
from hub.catalog.models import Case
from hub.lifecycle.models import PolicyKind
from hub.lifecycle.queries import active_versions
from hub.sharing.models import GrantState, Projection, SharingGrant, WorkState
from hub.sharing.services.profiles import install_shipped_profiles, install_shipped_templates
from hub.sharing.terms import GrantTerms
from tenants import services
from tenants.actors import Actor, operator_at_console, system_actor
from tenants.decisions import allow
from tenants.loading import load_actor
from tenants.models import Team, Tenant, User
from tenants.roles import Role, Scope
from tenants.scoping import acting_as

from ..granting import issue_grant, revoke_grant
from ..outcomes import CaseSubmitted, GrantAnswer, Refusal
from ..sensitivity import raise_sensitivity, restrict_case
from ..submission import edit_case, submit_case, withdraw_case
from .marks import MarkedCase, mark_case

PROCESS = "isolation"
SLUGS = ("isolation-north", "isolation-south")
TEAMS = {"owners": "Owners", "readers": "Readers", "neighbours": "Neighbours"}
# Who comes: the owner, the team that a grant names, a team that none names, and the auditor of the tenant.
PEOPLE: dict[str, tuple[Role, str | None]] = {
    "owner": (Role.CONTRIBUTOR, "owners"),
    "reader": (Role.READER, "readers"),
    "neighbour": (Role.READER, "neighbours"),
    "auditor": (Role.AUDITOR, None),
}
PURPOSE, OTHER_PURPOSE = "ResearchAndDevelopment", "LegalCompliance"
# By these tags the grants choose; `fresh` is new in each run, so that the whole way of a case is gone through again.
SHARED, ELSEWHERE, LATER, REVOKED = (f'isolation:under="{name}"' for name in ("grant", "purpose", "start", "revoked"))
CASES: dict[str, tuple[str, ...]] = {
    "shared": (SHARED,),
    "restricted": (SHARED,),
    "above": (SHARED,),
    "private": (),
    "elsewhere": (ELSEWHERE,),
    "later": (LATER,),
    "revoked": (REVOKED,),
}
# Of all these, what the grant names and nothing else keeps back.
VISIBLE = ("shared", "fresh")
GRANT_DAYS = 60
RENEW_BEFORE = timedelta(days=7)


class StageError(Exception):
    """The synthetic tenants cannot be set up; the message says what stands in the way."""


@dataclass(slots=True)
class Side:
    """One synthetic tenant, and what is known of it."""

    tenant_id: UUID
    slug: str
    teams: dict[str, UUID] = field(default_factory=dict)
    users: dict[str, UUID] = field(default_factory=dict)
    cases: dict[str, UUID] = field(default_factory=dict)
    marked: dict[str, MarkedCase] = field(default_factory=dict)
    grants: dict[str, UUID] = field(default_factory=dict)

    @property
    def system(self) -> Actor:
        """The background process that acts in it."""
        return system_actor(self.tenant_id, PROCESS)

    def actor(self, who: str) -> Actor:
        """One of its service accounts as a token of his would act."""
        return load_actor(self.users[who], self.tenant_id, PURPOSE)


def set_stage(run: str) -> tuple[Side, Side]:
    """Make what is missing, and one fresh case on each side; the two sides. Safe to repeat, and to be killed in."""
    north, south = (_find_or_make(slug) for slug in SLUGS)
    for side, other in ((north, south), (south, north)):
        with acting_as(side.system, durable=True):
            _submit_cases(side, run)
        with acting_as(side.system, durable=True):
            _issue_grants(side, other)
        with acting_as(side.system, durable=True):
            _withdraw_leftovers(side)
            _submit(side, "fresh", run, mark_case(f"{side.slug}/fresh", run), (SHARED,))
    return north, south


def clear_stage(sides: tuple[Side, Side]) -> None:
    """Take the fresh cases back."""
    for side in sides:
        with acting_as(side.system, durable=True):
            withdraw_case(side.system, case_id=side.cases["fresh"], reason="The proof has ended")


def fresh_state(side: Side, other: Side) -> str:
    """How far the fresh case's projection for the other side's readers is: pending, ready or withheld."""
    with acting_as(side.system, durable=True):
        row = Projection.objects.filter(
            case_id=side.cases["fresh"], audience__recipient_team_id=other.teams["readers"]
        ).first()
        return row.state if row is not None and (row.is_in_force or row.state != WorkState.READY) else "pending"


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A token of this run: its id, and the text that opens; never stored, never shown."""

    token_id: UUID
    text: str = field(repr=False)


def issue_keys(sides: tuple[Side, Side]) -> tuple[dict[tuple[str, str], IssuedKey], str]:
    """A token for everybody on both sides, for a day at most, and one more that has been revoked already."""
    keys = {}
    for side in sides:
        tenant = Tenant(pk=side.tenant_id, slug=side.slug)
        for who, user_id in side.users.items():
            with acting_as(side.actor(who), durable=True):
                token, key = services.issue_token(
                    tenant, User.objects.get(pk=user_id), "proof of isolation", tuple(Scope), purpose=PURPOSE, days=1
                )
                keys[side.slug, who] = IssuedKey(token.pk, key.text)
    side = sides[0]
    with acting_as(side.actor("reader"), durable=True):
        user = User.objects.get(pk=side.users["reader"])
        tenant = Tenant(pk=side.tenant_id, slug=side.slug)
        token, key = services.issue_token(tenant, user, "proof of isolation", (Scope.READ,), purpose=PURPOSE, days=1)
        services.revoke_token(token)
    return keys, key.text


def revoke_keys(sides: tuple[Side, Side]) -> None:
    """End every token of the synthetic tenants: those of this run, and of any that was killed."""
    for side in sides:
        with acting_as(side.system, durable=True):
            services.revoke_tokens_of(side.tenant_id)


def _find_or_make(slug: str) -> Side:
    console = operator_at_console(PROCESS)
    with acting_as(console, durable=True):
        tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is not None and not tenant.is_synthetic:
            raise StageError(f"A real organisation has the short name {slug}; the proof needs it for itself.")
        if tenant is None:
            tenant = services.create_tenant(slug, f"Synthetic: {slug}", is_synthetic=True)
            record(console, AuditAction.TENANT_CREATE, f"tenant:{tenant.pk}", allow("synthetic"))
        side = Side(tenant.pk, slug)
        known = {team.slug: team.pk for team in Team.objects.filter(tenant=tenant)}
        for name, title in TEAMS.items():
            side.teams[name] = known[name] if name in known else services.create_team(tenant, name, title).pk
        accounts = dict(
            User.objects.filter(memberships__tenant=tenant, is_service=True).values_list("email", "pk").distinct()
        )
        for who, (role, team) in PEOPLE.items():
            found = next((pk for email, pk in accounts.items() if email.startswith(f"{who}@")), None)
            if found is None:
                place = Team.objects.get(pk=side.teams[team]) if team else None
                found = services.create_service_account(tenant, who, f"Synthetic {who}", role=role, team=place).pk
            side.users[who] = found
    with acting_as(side.system, durable=True):
        install_shipped_profiles(side.tenant_id, by=side.system.person_key)
        if not active_versions(side.tenant_id, PolicyKind.GRANT_TEMPLATE).exists():
            recipients = [f"{other}/*" for other in SLUGS if other != slug]
            install_shipped_templates(side.tenant_id, by=side.system.person_key, recipients=recipients)
    return side


def _submit_cases(side: Side, run: str) -> None:
    for name, tags in CASES.items():
        _submit(side, name, run, mark_case(f"{side.slug}/{name}"), tags)
    case = Case.objects.get(pk=side.cases["restricted"])
    if not case.is_restricted:
        _must(restrict_case(side.system, case_id=case.pk, user_ids=[side.users["owner"]]), "restrict a case")
    case = Case.objects.get(pk=side.cases["above"])
    if case.tlp != "RED":
        _must(raise_sensitivity(side.system, case_id=case.pk, tlp="RED"), "raise a case")


def _submit(side: Side, name: str, run: str, marked: MarkedCase, tags: tuple[str, ...]) -> None:
    """The case of this name, as it should be: submitted in this run, or brought back to its marks."""
    source_id = f"{name}.{run}"
    known = Case.objects.filter(team_id=side.teams["owners"], source=PROCESS, withdrawn_at__isnull=True)
    found = known.filter(source_id__startswith=f"{name}.").first() if name != "fresh" else None
    outcome: object
    if found is not None:
        outcome = edit_case(side.system, case_id=found.pk, draft=marked.draft(found.source_id, tags))
        side.cases[name] = found.pk
    else:
        outcome = submit_case(side.system, team_id=side.teams["owners"], draft=marked.draft(source_id, tags))
        if isinstance(outcome, CaseSubmitted):
            side.cases[name] = outcome.case_id
    _must(outcome, f"submit the case {name}")
    side.marked[name] = marked


def _issue_grants(side: Side, other: Side) -> None:
    now = timezone.now()
    wanted: dict[str, tuple[str, str, datetime]] = {
        "shared": (SHARED, PURPOSE, now),
        "elsewhere": (ELSEWHERE, OTHER_PURPOSE, now),
        "later": (LATER, PURPOSE, now + timedelta(days=GRANT_DAYS - 1)),
        "revoked": (REVOKED, PURPOSE, now),
    }
    standing = SharingGrant.objects.filter(tenant_id=side.tenant_id).order_by("-issued_at")
    for name, (tag, purpose, starts_at) in wanted.items():
        found = next((grant for grant in standing if grant.selection.get("tags") == [tag]), None)
        if found is not None and _still_serves(name, found, now):
            side.grants[name] = found.pk
            continue
        answer = issue_grant(
            side.system,
            team_id=side.teams["owners"],
            terms=GrantTerms(
                recipient=f"{other.slug}/readers", profile="partner", purpose=purpose, ceiling_class="restricted",
                ceiling_tlp="AMBER", starts_at=starts_at, expires_at=now + timedelta(days=GRANT_DAYS),
                selection={"tags": [tag]},
            ),
        )  # fmt: skip
        if not isinstance(answer, GrantAnswer) or answer.state != GrantState.ACTIVE:
            raise StageError(f"The grant `{name}` of {side.slug} was not issued.")
        side.grants[name] = answer.grant_id
        if name == "revoked":
            _must(revoke_grant(side.system, grant_id=answer.grant_id, reason="To be tried"), "revoke a grant")


def _still_serves(name: str, grant: SharingGrant, now: datetime) -> bool:
    if name == "revoked":
        return grant.state == GrantState.REVOKED
    if grant.state != GrantState.ACTIVE or grant.revoked_at is not None:
        return False
    return grant.starts_at > now + RENEW_BEFORE if name == "later" else grant.expires_at > now + RENEW_BEFORE


def _withdraw_leftovers(side: Side) -> None:
    """Fresh cases of runs that were killed."""
    old = Case.objects.filter(
        tenant_id=side.tenant_id, withdrawn_at__isnull=True, created_at__lt=timezone.now() - timedelta(hours=1)
    ).exclude(pk__in=side.cases.values())
    for case_id in old.values_list("pk", flat=True):
        with transaction.atomic():
            withdraw_case(side.system, case_id=case_id, reason="Left over")


def _must(outcome: object, what: str) -> None:
    if isinstance(outcome, Refusal) or type(outcome).__name__ == "Invalid":
        raise StageError(f"It was not possible to {what} on the synthetic side: {outcome}.")
