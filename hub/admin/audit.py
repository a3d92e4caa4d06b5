"""The access record for auditors: what people did, who read this organisation's cases, and pulling both."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from hub.audit.models import AccessEvent, Disclosure
from hub.audit.queries import DisclosureFilter, disclosures_seen_by, private_values
from hub.sharing.models import SharingGrant
from hub.sharing.purposes import known_purposes
from hub.workflows.exporting import ExportSubject
from tenants.models import Team, Tenant

from .base import GovernedAdmin
from .doors import AUDITORS, actor_of
from .filters import between, pick
from .panels import Panel
from .people import name_of, person_column
from .pulling import ACTIONS, OUTCOMES, PullDisclosuresForm, PullEventsForm, people_of_tenant, pull
from .wording import action_in_words

SECTION = "Access record"
KINDS = [("user", "People"), ("token", "Service tokens"), ("system", "Background work"), ("operator", "Operators")]


def purposes(request: HttpRequest) -> Iterable[tuple[str, str]]:
    """The known purposes."""
    return [(purpose, purpose) for purpose in known_purposes()]


class AccessEventAdmin(GovernedAdmin):
    """What this organisation's people, tokens and processes did, or were refused."""

    section, icon, title = SECTION, "history", "Access events"
    explanation = (
        "Everything that people, tokens and processes of this organisation did or were refused, newest first. Nobody "
        "can change or delete a row. Looking at this page is on record too."
    )
    viewed_by = AUDITORS
    viewed_by_platform_auditor = True
    steps = (pull(ExportSubject.EVENTS, PullEventsForm),)
    searched_ids = ("pk", "object_id", "request_id", "user_id", "token_id")
    list_display = ("occurred_at", "who", "what", "outcome_shown", "basis", "purpose", "object_kind", "object_id")
    list_filter: ClassVar[list[Any]] = [
        pick(
            "person",
            "actor_key",
            lambda request: people_of_tenant(actor_of(request)),
            lambda key: Q(user_id=key.removeprefix("user:")),
        ),
        pick("kind of actor", "actor_kind", KINDS),
        pick("action", "action", ACTIONS),
        pick("outcome", "outcome", OUTCOMES),
        pick("purpose", "purpose", purposes),
        *between("occurred_at"),
    ]
    fields = (
        "id", "occurred_at", "who", "actor_key", "actor_kind", "what", "outcome_shown", "basis", "purpose",
        "object_kind", "object_id", "request_id", "address", "details", "committed",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessEvent]:
        """With the names of people."""
        rows: QuerySet[AccessEvent] = super().get_queryset(request).annotate(actor_key_name=name_of("actor_key"))
        return rows

    who = person_column("actor_key", "Who")

    @admin.display(description="Did what")
    def what(self, row: AccessEvent) -> str:
        """The action in words."""
        return action_in_words(row.action)

    @admin.display(description="Outcome")
    def outcome_shown(self, row: AccessEvent) -> str:
        """Allowed, refused or failed."""
        return row.outcome.capitalize()

    @admin.display(description="Address")
    def address(self, row: AccessEvent) -> str:
        """Where from, as far as retention has left it."""
        return private_values([row.pk]).get(row.pk, {}).get("address", "not kept")

    @admin.display(description="Detail")
    def details(self, row: AccessEvent) -> SafeString:
        """Ids, counts and codes that belong to the action."""
        return entries(row.detail)

    @admin.display(description="Commitments")
    def committed(self, row: AccessEvent) -> SafeString:
        """What stands in the record for personal values that retention may remove."""
        return entries(row.commitments)

    def get_related(self, request: HttpRequest, row: AccessEvent) -> dict[str, Any]:
        """This organisation's cases that left in the same operation."""
        rows = disclosures_seen_by(actor_of(request), DisclosureFilter()).filter(event_id=row.pk)
        listed = tuple(
            (str(found.pk), len(found.case_ids), ", ".join(found.fields), "yes" if found.is_raw else "no")
            for found in rows
        )
        return {"panels": [Panel(
            "Own cases disclosed", "What of this organisation's cases left in this operation. Other owners' cases are "
            "on their own record.", ("Disclosure", "Cases", "Fields", "Raw"), listed, "None.",
        )]}  # fmt: skip

    related_template = "hub_admin/panels.html"


class DisclosureAdmin(GovernedAdmin):
    """Who read this organisation's cases, wherever the readers are."""

    section, icon, title = SECTION, "outbound", "Disclosures"
    explanation = (
        "Who received what of this organisation's cases: other organisations, other teams, and one's own. One row per "
        "operation, with the grant and the policy version that it rests on."
    )
    viewed_by = AUDITORS
    viewed_by_platform_auditor = True
    tenant_field = "owner_tenant_id"
    steps = (pull(ExportSubject.DISCLOSURES, PullDisclosuresForm),)
    searched_ids = ("pk", "event_id", "case_ids__contains", "grant_ids__contains", "policy_version_ids__contains")
    list_display = ("occurred_at", "reader", "cases", "raw", "purpose", "fields_shown", "grants")
    list_filter: ClassVar[list[Any]] = [
        pick("reader", "from", [("outside", "Other organisations"), ("inside", "This organisation")],
             lambda value: Q(reader_tenant_id=F("owner_tenant_id")) if value == "inside"
             else ~Q(reader_tenant_id=F("owner_tenant_id"))),
        pick("raw", "raw", [("yes", "Raw text"), ("no", "Redacted")], lambda value: Q(is_raw=value == "yes")),
        pick("purpose", "purpose", purposes),
        *between("occurred_at"),
    ]  # fmt: skip
    fields = (
        "id", "event_id", "occurred_at", "reader", "reader_key", "raw", "purpose", "fields_shown", "case_ids",
        "grant_ids", "policy_version_ids",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Disclosure]:
        """With the readers' organisations, as the grants to them name them, and one's own teams and people."""
        recipient = SharingGrant.objects.filter(recipient_tenant_id=OuterRef("reader_tenant_id"))
        place = Func(OuterRef("reader_team_ids"), F("pk"), function="array_position", output_field=IntegerField())
        team = Team.objects.alias(place=place).filter(place__isnull=False)
        rows: QuerySet[Disclosure] = (
            super()
            .get_queryset(request)
            .annotate(
                reader_name=name_of("reader_key"),
                reader_place=Coalesce(
                    Subquery(team.order_by("address").values("address")[:1]),
                    Subquery(Tenant.objects.filter(pk=OuterRef("reader_tenant_id")).values("slug")[:1]),
                    Subquery(recipient.order_by("pk").values(
                        place=Func(F("recipient_label"), Value("/"), Value(1), function="split_part",
                                   output_field=TextField()))[:1]),
                    Value("another organisation"),
                    output_field=TextField(),
                ),
            )
        )  # fmt: skip
        return rows

    @admin.display(description="Reader")
    def reader(self, row: Any) -> str:
        """The person where he is a colleague, and the place."""
        is_named = row.reader_name and row.reader_name != row.reader_key
        return f"{row.reader_name} ({row.reader_place})" if is_named else str(row.reader_place)

    @admin.display(description="Cases")
    def cases(self, row: Disclosure) -> str:
        """The id of one, the number of several."""
        return str(row.case_ids[0]) if len(row.case_ids) == 1 else f"{len(row.case_ids)} cases"

    @admin.display(description="What")
    def raw(self, row: Disclosure) -> str:
        """Whether raw text left."""
        return "raw text" if row.is_raw else "redacted"

    @admin.display(description="Fields")
    def fields_shown(self, row: Disclosure) -> str:
        """Which fields left."""
        return ", ".join(row.fields)

    @admin.display(description="Grant")
    def grants(self, row: Disclosure) -> Any:
        """The grants it rests on; an own team needs none."""
        ids = ", ".join(str(grant) for grant in row.grant_ids)
        return format_html('<span class="cw-id">{}</span>', ids) if ids else "own team"


def entries(values: Mapping[str, Any]) -> SafeString:
    """A small map, an entry a line."""
    lines = format_html_join("", "<li>{}: {}</li>", ((name.replace("_", " "), value) for name, value in values.items()))
    return format_html("<ul>{}</ul>", lines) if values else format_html("{}", "–")
