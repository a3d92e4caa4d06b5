"""Erasures: one officer asks and another decides; what was found stands here as places, never as words."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from hub.retention.models import ErasurePlace, ErasureRequest, ErasureState, PlaceDecision, PlaceMatch
from hub.retention.persons import PersonValues
from hub.retention.queries import places_of
from hub.workflows import erasure
from hub.workflows.erasure_places import describe
from tenants.actors import Actor

from .base import GovernedAdmin
from .disposed import case_link
from .doors import AUDITORS, OFFICERS
from .filters import pick
from .panels import Panel, moment
from .people import name_of, person_column
from .retention_rules import SECTION
from .steps import ReasonForm, Step, StepForm, choice, identifier, paragraph, text

SHOWN = 200
GROUPS = [
    ("undecided", "Everything that is not decided yet"),
    ("held", "Everything that a legal hold keeps"),
    *((match.value, match.label) for match in PlaceMatch),
]
DECISIONS = [(value, label) for value, label in PlaceDecision.choices if value]
VALUE_WORDS = {"names": "names", "emails": "e-mail addresses", "phones": "telephone numbers", "others": "other values"}


class PersonForm(StepForm):
    """The person's values; they are sealed, and no page shows them again."""

    reference = text("Reference", "Your own file number for the request. It stays on record: do not name the person.")
    names = paragraph("Names", "One a line, in full.", required=False, max_length=4000)
    emails = paragraph("E-mail addresses", "One a line.", required=False, max_length=4000, rows=3)
    phones = paragraph("Telephone numbers", "One a line.", required=False, max_length=4000, rows=3)
    others = paragraph(
        "Other values", "Addresses, account and card numbers, user names; one a line.", required=False, max_length=8000
    )


class DecisionForm(StepForm):
    """What becomes of which places."""

    group = choice("Which", GROUPS)
    place = identifier("Or one place", "Its id, from the list. Then the group above does not count.")
    decision = choice("Decision", DECISIONS)
    reason = paragraph(
        "Reason", "Needed for what is left. Kept on record: do not name the person.", required=False, max_length=500
    )

    def accept(self, problem_path: str, message: str) -> None:
        """Workflows speak of places."""
        super().accept({"places": "group"}.get(problem_path, problem_path), message)


def ask(actor: Actor, row: None, given: Mapping[str, Any]) -> Any:
    """Ask for an erasure."""
    lines = {
        kind: tuple(dict.fromkeys(line.strip() for line in given[kind].splitlines() if line.strip()))
        for kind in VALUE_WORDS
    }
    return erasure.request_erasure(actor, reference=given["reference"], values=PersonValues(**lines))


def decide(actor: Actor, row: ErasureRequest, given: Mapping[str, Any]) -> Any:
    """Decide about one place or a group."""
    one = given["place"]
    return erasure.decide_places(
        actor, erasure_id=row.pk, decision=given["decision"], reason=given["reason"],
        place_ids=[one] if one else (), group="" if one else given["group"],
    )  # fmt: skip


def is_open(row: ErasureRequest) -> bool:
    """Whether places can be decided about."""
    return row.state == ErasureState.PROPOSED


class ErasureRequestAdmin(GovernedAdmin):
    """Erasures, the newest first."""

    section, icon, title = SECTION, "person_remove", "Erasure requests"
    explanation = (
        "A person asks for erasure. One officer enters what names the person; the hub searches everything that the "
        "organisation keeps and proposes what goes; another officer decides, above all where a legal hold stands. "
        "At the end the hub searches once more and certifies that nothing is left."
    )
    viewed_by = OFFICERS | AUDITORS
    searched_ids = ("pk", "event_id", "places__pk", "places__case_id", "places__item_id")
    list_display = ("reference", "standing", "place_count_shown", "requested_at", "requester", "decider", "proven_at")
    list_filter: ClassVar[list[Any]] = [pick("state", "state", ErasureState.choices)]
    fields = (
        "id", "reference", "standing", "values", "requester", "requested_at", "looked_at", "decider", "decided_at",
        "decline_reason", "erased_count", "left_count", "places_digest", "proof_rows", "proven_at", "event_id",
    )  # fmt: skip
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("-pk",)
    related_template = "hub_admin/panels.html"
    steps = (
        Step(
            name="request",
            label="Ask for an erasure",
            explanation="The hub looks for these values in everything that your organisation keeps, in any spelling "
            "and encoding it knows. They are kept sealed until the erasure has ended, and shown to nobody.",
            run=ask,
            roles=OFFICERS,
            form=PersonForm,
            done="The search begins.",
            on_row=False,
        ),
        Step(
            name="decide",
            label="Decide about places",
            explanation="Erase: it goes as soon as the whole is approved. Erase when its holds have ended: it waits "
            "for the release. Leave: it stays, for the reason that you give.",
            run=decide,
            roles=OFFICERS,
            form=DecisionForm,
            done="Decided.",
            is_offered=lambda row, actor: is_open(row),
        ),
        Step(
            name="approve",
            label="Approve and erase",
            explanation="Everything that is to be erased goes now, and cannot be brought back. Keys of audiences that "
            "know the person by a pseudonym are dropped: what was shared under them cannot be linked any more.",
            run=lambda actor, row, given: erasure.approve_erasure(actor, erasure_id=row.pk),
            roles=OFFICERS,
            done="Approved. Erasing begins.",
            is_grave=True,
            is_offered=lambda row, actor: is_open(row) and row.requested_by != actor.person_key,
        ),
        Step(
            name="decline",
            label="Decline",
            explanation="Nothing is erased, and the values are forgotten.",
            run=lambda actor, row, given: erasure.decline_erasure(actor, erasure_id=row.pk, reason=given["reason"]),
            roles=OFFICERS,
            form=ReasonForm,
            done="Declined.",
            is_offered=lambda row, actor: row.state in (ErasureState.SEARCHING, ErasureState.PROPOSED),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ErasureRequest]:
        """Without the sealed values, with numbers of places and names of people."""
        rows: QuerySet[ErasureRequest] = super().get_queryset(request)
        names = {f"{field}_name": name_of(field) for field in ("requested_by", "decided_by")}
        undecided = Count("places", filter=Q(places__decision="", places__erased_at=None))
        return rows.defer("sealed_values").annotate(place_count=Count("places"), undecided=undecided, **names)

    requester = person_column("requested_by", "Asked for by")
    decider = person_column("decided_by", "Decided by")

    @admin.display(description="State")
    def standing(self, row: Any) -> str:
        """How far it is."""
        if is_open(row):
            return f"waits for decisions; {row.undecided} of {row.place_count} places are open"
        return str(row.get_state_display())

    @admin.display(description="Places")
    def place_count_shown(self, row: Any) -> int:
        """How many places were found."""
        return int(row.place_count)

    @admin.display(description="Looked for")
    def values(self, row: ErasureRequest) -> str:
        """How many values of which kind; the values themselves are sealed."""
        return ", ".join(f"{count} {VALUE_WORDS[kind]}" for kind, count in row.value_counts.items())

    @admin.display(description="Rows looked at")
    def looked_at(self, row: ErasureRequest) -> int:
        """By the search that is running or was last."""
        return row.searched_rows

    def get_related(self, request: HttpRequest, row: ErasureRequest) -> dict[str, Any]:
        """The places: what is to be decided first."""
        found = places_of(row)[:SHOWN]
        return {"panels": [Panel(
            "Places", f"The first {SHOWN}: what is to be decided first, then case by case. By id; never what they say.",
            ("What", "Item", "Case", "How", "Decision", "Erased", "Place"),
            tuple((describe(place.kind), place.item_id,
                   case_link(request, place.case_id) if place.case_id else "–",
                   place.get_match_display(), decision_in_words(place), moment(place.erased_at), str(place.pk))
                  for place in found),
            "Nothing was found." if row.state != ErasureState.SEARCHING else "The search is running.",
        )]}  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Each erasure once, however many places of a case it names."""
        if not search_term:
            return queryset, False
        condition = self._id_condition(search_term.strip())
        if condition is None:
            return queryset.none(), False
        return queryset.filter(pk__in=ErasureRequest.objects.filter(condition).values("pk")), False


def decision_in_words(place: ErasurePlace) -> str:
    """What was decided, and whether a hold stands on it."""
    words = str(place.get_decision_display()) if place.decision else "to be decided"
    return f"{words}; a legal hold stands on it" if place.is_held and place.erased_at is None else words
