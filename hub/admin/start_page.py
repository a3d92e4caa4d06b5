"""The start page: what waits for a decision, what was withheld and why, what ends soon; each role sees its own."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.html import format_html

from hub.audit.actions import Outcome
from hub.audit.models import AccessEvent, Disclosure
from hub.catalog.models import BreakGlass
from hub.escalation.models import GateWaiver
from hub.lifecycle import queries as lifecycle
from hub.sharing.models import AccessRequest, GrantState, Projection, SharingGrant, WorkState
from hub.sharing.models.requests import RequestState
from hub.sharing.reasons import explain
from tenants.actors import Actor, ActorKind
from tenants.models import Invitation, Membership, ServiceToken, Team, Tenant, User
from tenants.roles import Role

from .doors import tenant_of
from .isolation import isolation_panel
from .panels import Figure, Panel, link_to, list_url, moment
from .people import name_of
from .remediation import remediation_parts
from .retention_hints import retention_hints
from .wording import action_in_words

SOON = timedelta(days=14)
LISTED = 8


@dataclass(frozen=True, slots=True)
class StartPage:
    """Figures on top, panels below."""

    figures: list[Figure] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)


def show_start_page(actor: Actor) -> StartPage:
    """The page for everything the actor is, the most urgent first."""
    page = StartPage()
    if actor.kind is ActorKind.OPERATOR:
        _show_platform(page)
    if actor.kind is ActorKind.AUDITOR:
        _show_whole_record(page)
    if actor.tenant_id is None:
        return page
    if Role.OFFICER in actor.roles:
        _show_decisions(page, actor)
        _show_remediation(page, actor)
        figures, panel = retention_hints(tenant_of(actor), actor.person_key)
        page.figures.extend(figures)
        page.panels.append(panel)
        _show_withheld(page, actor)
        _show_ending(page, actor)
    if Role.AUDITOR in actor.roles:
        _show_record(page, actor)
    if Role.ADMINISTRATOR in actor.roles:
        _show_members(page, actor)
    if Role.REVIEWER in actor.roles:
        if Role.OFFICER not in actor.roles:
            _show_remediation(page, actor)
        _show_own_break_glass(page, actor)
    return page


def _show_decisions(page: StartPage, actor: Actor) -> None:
    tenant_id = tenant_of(actor)
    policies = lifecycle.waiting_versions(tenant_id).annotate(author_name=name_of("author"))
    grants = (
        SharingGrant.objects.filter(tenant_id=tenant_id, state=GrantState.PROPOSED)
        .select_related("profile")
        .annotate(issued_by_name=name_of("issued_by"))
        .order_by("issued_at")
    )
    requests = AccessRequest.objects.filter(tenant_id=tenant_id, state=RequestState.OPEN).order_by("created_at")
    waivers = (
        GateWaiver.objects.filter(tenant_id=tenant_id, decided_at=None, expires_at__gt=timezone.now())
        .select_related("pause")
        .annotate(requested_by_name=name_of("requested_by"))
        .order_by("requested_at")
    )
    opened = BreakGlass.objects.filter(tenant_id=tenant_id, closed_at=None).select_related("user").order_by("opened_at")
    page.figures.extend(
        [
            Figure("Open break-glass", opened.count(), list_url("catalog", "breakglass") + "?state=open", True),
            Figure("Policies to decide", policies.count(), list_url("lifecycle", "policyversion") + "?state=proposed"),
            Figure("Grants to decide", grants.count(), list_url("sharing", "sharinggrant") + "?standing=proposed"),
            Figure("Waivers to decide", waivers.count(), list_url("escalation", "gatewaiver") + "?state=waits"),
            Figure("Access requests", requests.count(), list_url("sharing", "accessrequest") + "?state=open"),
        ]
    )
    rows: list[tuple[Any, ...]] = [
        (link_to("catalog", "breakglass", row.pk, "Break-glass"), f"by {row.user.display_name}", row.opened_at)
        for row in opened[:LISTED]
    ]
    rows += [
        (
            link_to("lifecycle", "policyversion", row.pk, f"{row.policy.name}, version {row.number}"),
            _by(row.author, actor, row.author_name),
            row.proposed_at,
        )
        for row in policies[:LISTED]
    ]
    rows += [
        (
            link_to("sharing", "sharinggrant", row.pk, f"Grant to {row.recipient_label}"),
            _by(row.issued_by, actor, row.issued_by_name),
            row.issued_at,
        )
        for row in grants[:LISTED]
    ]
    rows += [
        (
            link_to("escalation", "gatewaiver", row.pk, f"Waiver for {row.pause.model_name}"),
            _by(row.requested_by, actor, row.requested_by_name),
            row.requested_at,
        )
        for row in waivers[:LISTED]
    ]
    rows += [
        (link_to("sharing", "accessrequest", row.pk, "Access request"), f"from {row.requester_label}", row.created_at)
        for row in requests[:LISTED]
    ]
    page.panels.append(
        Panel(
            "Waits for a decision",
            "Policies, and grants outside a template, take two people: what you wrote yourself, a colleague decides.",
            ("What", "Whose", "Since"),
            tuple((what, whose, moment(since)) for what, whose, since in rows),
            "Nothing waits.",
        )
    )


def _show_remediation(page: StartPage, actor: Actor) -> None:
    figures, panels = remediation_parts(actor)
    page.figures.extend(figures)
    page.panels.extend(panels)


def _show_withheld(page: StartPage, actor: Actor) -> None:
    withheld = (
        Projection.objects.filter(
            tenant_id=tenant_of(actor), state=WorkState.WITHHELD, version=F("case__current_version")
        )
        .values("reason")
        .annotate(cases=Count("case_id", distinct=True), last=Count("pk"))
        .order_by("-cases", "reason")
    )
    pending = Projection.objects.filter(tenant_id=tenant_of(actor), state=WorkState.PENDING).count()
    url = list_url("sharing", "projection")
    rows = tuple(
        (format_html('<a href="{}?state=withheld&amp;reason={}" class="text-link">{}</a>', url, row["reason"],
                     explain(row["reason"])),
         row["cases"], row["last"])
        for row in withheld
    )  # fmt: skip
    still = f" {pending} projections are still being built." if pending else ""
    page.panels.append(
        Panel(
            "Withheld",
            f"What could not be redacted with certainty is not shown to anybody.{still}",
            ("Why", "Cases", "Projections"),
            rows,
            "Nothing is withheld.",
            f"{url}?state=withheld",
        )
    )


def _show_ending(page: StartPage, actor: Actor) -> None:
    now = timezone.now()
    ending = (
        SharingGrant.objects.filter(
            tenant_id=tenant_of(actor), state=GrantState.ACTIVE, expires_at__gt=now, expires_at__lte=now + SOON
        )
        .select_related("profile")
        .order_by("expires_at")
    )
    rows = tuple(
        (link_to("sharing", "sharinggrant", row.pk, row.recipient_label), row.profile.name, row.purpose,
         moment(row.expires_at))
        for row in ending[:LISTED]
    )  # fmt: skip
    page.panels.append(
        Panel(
            "Ends within two weeks",
            "A grant ends on its date without anybody doing anything. To go on sharing, issue a new one.",
            ("Recipient", "Profile", "Purpose", "Ends"),
            rows,
            "No grant ends soon.",
            list_url("sharing", "sharinggrant") + "?standing=running",
        )
    )


def _show_record(page: StartPage, actor: Actor) -> None:
    now = timezone.now()
    events = AccessEvent.objects.filter(tenant_id=tenant_of(actor), occurred_at__gte=now - timedelta(days=1))
    given = Disclosure.objects.filter(owner_tenant_id=tenant_of(actor), occurred_at__gte=now - timedelta(days=7))
    refused = events.filter(outcome=Outcome.REFUSED)
    page.figures.extend(
        [
            Figure("Events, last 24 hours", events.count(), list_url("audit", "accessevent")),
            Figure("Refused, last 24 hours", refused.count(), list_url("audit", "accessevent") + "?outcome=refused"),
            Figure("Disclosures, last 7 days", given.count(), list_url("audit", "disclosure")),
            Figure("Raw, last 7 days", given.filter(is_raw=True).count(), list_url("audit", "disclosure") + "?raw=yes"),
        ]
    )
    by_basis = refused.values("action", "basis").annotate(times=Count("pk")).order_by("-times")[:LISTED]
    page.panels.append(
        Panel(
            "Refused in the last 24 hours",
            "What people and tokens of this organisation asked for and did not get, by reason.",
            ("Action", "Basis", "Times"),
            tuple((action_in_words(row["action"]), row["basis"], row["times"]) for row in by_basis),
            "Nothing was refused.",
            list_url("audit", "accessevent") + "?outcome=refused",
        )
    )
    page.panels.append(isolation_panel())


def _show_whole_record(page: StartPage) -> None:
    """For platform auditors: PostgreSQL shows them the events of every tenant."""
    now = timezone.now()
    events = AccessEvent.objects.filter(occurred_at__gte=now - timedelta(days=1))
    given = Disclosure.objects.filter(occurred_at__gte=now - timedelta(days=7))
    refused = events.filter(outcome=Outcome.REFUSED)
    page.figures.extend(
        [
            Figure("Events, last 24 hours", events.count(), list_url("audit", "accessevent")),
            Figure("Refused, last 24 hours", refused.count(), list_url("audit", "accessevent") + "?outcome=refused"),
            Figure("Disclosures, last 7 days", given.count(), list_url("audit", "disclosure")),
        ]
    )
    page.panels.append(isolation_panel())


def _show_members(page: StartPage, actor: Actor) -> None:
    now = timezone.now()
    own = Q(tenant_id=tenant_of(actor))
    page.figures.extend(
        [
            Figure(
                "Members", Membership.objects.filter(own).values("user_id").distinct().count(),
                list_url("tenants", "membership"),
            ),
            Figure(
                "Open invitations", Invitation.objects.filter(own, accepted_at=None, expires_at__gt=now).count(),
                list_url("tenants", "invitation"),
            ),
            Figure(
                "Tokens in use", ServiceToken.objects.filter(own, revoked_at=None, expires_at__gt=now).count(),
                list_url("tenants", "servicetoken"),
            ),
        ]
    )  # fmt: skip


def _show_own_break_glass(page: StartPage, actor: Actor) -> None:
    opened = BreakGlass.objects.filter(tenant_id=tenant_of(actor), user_id=actor.user_id or UUID(int=0), closed_at=None)
    page.panels.append(
        Panel(
            "Your break-glass",
            "Each opens the raw text of one case to you alone, until it ends or an officer closes it.",
            ("Case", "Opened", "Ends"),
            tuple(
                (
                    link_to("catalog", "breakglass", row.pk, str(row.case_id)),
                    moment(row.opened_at),
                    moment(row.expires_at),
                )
                for row in opened.order_by("-opened_at")[:LISTED]
            ),
            "You have none open.",
        )
    )


def _show_platform(page: StartPage) -> None:
    # What the hub has made for its own proofs counts as nobody.
    real, own = Tenant.objects.filter(is_synthetic=False), Q(memberships__tenant__is_synthetic=True)
    page.figures.extend(
        [
            Figure("Organisations", real.count(), list_url("tenants", "tenant")),
            Figure("Teams", Team.objects.filter(tenant__in=real).count(), list_url("tenants", "team")),
            Figure("Accounts", User.objects.exclude(own).count(), list_url("tenants", "user")),
        ]
    )
    page.panels.append(isolation_panel())


def _by(key: str, actor: Actor, name: str) -> str:
    return "yours: a colleague decides" if key == actor.person_key else f"by {name}"
