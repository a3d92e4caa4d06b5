"""Questions to the access record as pages: each asks a workflow, shows a chart and tables, and exports its rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from hub.audit.queries import DisclosureFilter, EventFilter
from hub.sharing.models import SharingGrant
from hub.workflows import questioning
from hub.workflows.exporting import ExportFormat, ExportSubject, decide_export
from hub.workflows.outcomes import Refusal
from tenants.actors import Actor
from tenants.models import Team, Tenant

from .charts import Chart, bars, per_day_chart
from .doors import AUDITORS, actor_of, decide_page, tenant_of, turn_away
from .panels import Panel, moment
from .people import names_of
from .pulling import download
from .question_forms import USUAL_DAYS, CaseForm, PeriodForm, ReaderForm, TermsForm
from .steps import StepForm, send
from .wording import REFUSALS, action_in_words

MODEL = "audit.question"
MEASURES = {"operations": "operations", "disclosures": "answers with your cases"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a question shows, and what of the record its export holds."""

    panels: list[Panel]
    chart: Chart | None = None
    subject: ExportSubject = ExportSubject.EVENTS
    conditions: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One page: its words, its form, and how it is answered."""

    name: str
    title: str
    explanation: str
    form: type[StepForm]
    answer: Callable[[Actor, Any], Shown | Refusal]
    needs_input: bool = True


def who_read_case(actor: Actor, form: CaseForm) -> Shown | Refusal:
    """Who read this case."""
    period = form.period()
    condition = DisclosureFilter(case_id=form.cleaned_data["case"], since=period.since, until=period.until)
    return _disclosed(actor, form, condition, "who_read_case", with_cases=False)


def under_terms(actor: Actor, form: TermsForm) -> Shown | Refusal:
    """Which reads happened under a grant or purpose."""
    period, given = form.period(), form.cleaned_data
    condition = DisclosureFilter(
        grant_id=given["grant"], purpose=given["purpose"] or None, since=period.since, until=period.until
    )
    return _disclosed(actor, form, condition, "under_terms", with_cases=True)


def what_was_read(actor: Actor, form: ReaderForm) -> Shown | Refusal:
    """What somebody read."""
    period, who = form.period(), form.cleaned_data["who"]
    kind, _, key = who.partition(":")
    team = next((team.pk for team in Team.objects.filter(pk=key)), None) if kind == "team" else None
    condition = EventFilter(
        actor_key=None if kind == "team" else who, actions=questioning.ask.READS, since=period.since,
        until=period.until,
    )  # fmt: skip
    found = questioning.what_was_read(actor, condition=condition, team_id=team)
    if isinstance(found, Refusal):
        return found
    rows = tuple(
        (action_in_words(row["action"]), row["object_id"] or "a list", row["outcome"].capitalize(), row["times"],
         moment(row["last"]))
        for row in found.rows
    )  # fmt: skip
    table = Panel("What was read", "Cases of others under the ids by which they were read.",
                  ("What", "Case", "Outcome", "Times", "Last"), rows, "Nothing was read.")  # fmt: skip
    # The record names people, not their teams at the time, so a team's export is made person by person.
    exported = {"events": condition} if team is None else None
    return Shown([table], _chart("Reads", found, form), ExportSubject.EVENTS, exported)


def what_was_refused(actor: Actor, form: PeriodForm) -> Shown | Refusal:
    """What was refused, and why."""
    period = form.period()
    found = questioning.what_was_refused(actor, period=period)
    if isinstance(found, Refusal):
        return found
    names = names_of(actor, (row["actor_key"] for row in found.rows))
    rows = tuple(
        (action_in_words(row["action"]), reason_of(row["basis"]), names[row["actor_key"]], row["times"],
         moment(row["last"]))
        for row in found.rows
    )  # fmt: skip
    table = Panel("Refused", "What people and tokens of this organisation asked for and did not get.",
                  ("Action", "Why", "Who", "Times", "Last"), rows, "Nothing was refused.")  # fmt: skip
    condition = EventFilter(outcomes=("refused",), since=period.since, until=period.until)
    return Shown([table], _chart("Refusals", found, form), ExportSubject.EVENTS, {"events": condition})


def token_volumes(actor: Actor, form: StepForm) -> Shown | Refusal:
    """How much each token did today, against its own history."""
    found = questioning.how_much_tokens_did(actor)
    if isinstance(found, Refusal):
        return found
    names = names_of(actor, (f"token:{entry.token_id}" for entry in (*found.volumes, *found.reads)))
    names |= names_of(actor, (f"token:{event.object_id}" for event in found.alerts))
    rows = tuple(
        (
            names[f"token:{entry.token_id}"], MEASURES[measure], entry.operations,
            bars(f"Last {len(entry.history)} days", entry.history, [str(value) for value in entry.history], 140, 24)
            if entry.history else "first used today",
            f"{entry.score:.1f}" if entry.score is not None else "too new to tell",
            "unusual: look at it" if entry.is_unusual else "as usual" if entry.score is not None else "–",
        )
        for measure, volumes in (("operations", found.volumes), ("disclosures", found.reads)) for entry in volumes
    )  # fmt: skip
    table = Panel("Tokens used today", "A day against the median of the token's own last 28 days, in robust standard "
                  "deviations; more than 3.5, and at least 20, is unusual. Own tokens by all that they did; tokens of "
                  "anybody by the answers that held a case of yours.",
                  ("Token", "What", "Today", "Days before", "Deviation", ""), rows,
                  "No token was used today.")  # fmt: skip
    alerts = Panel("Alerts", "Raised in the last 30 days, once a token and day. Escalation rules see them as the "
                   "trigger unusual_volume, with the case that the token was shown last.",
                   ("When", "Token", "What", "On that day", "Deviation"), tuple(
                       (moment(event.occurred_at), names[f"token:{event.object_id}"],
                        MEASURES.get(event.detail["measure"], "–"), event.detail["count"],
                        f"{event.detail['score_in_tenths'] / 10:.1f}")
                       for event in found.alerts
                   ), "No token did more than usual.")  # fmt: skip
    condition = EventFilter(actor_kind="token", since=timezone.now() - timedelta(days=USUAL_DAYS))
    return Shown([alerts, table], None, ExportSubject.EVENTS, {"events": condition})


def recalled(actor: Actor, form: StepForm) -> Shown | Refusal:
    """Who holds something that was taken back."""
    found = questioning.who_holds_recalled(actor)
    if isinstance(found, Refusal):
        return found
    rows = tuple(
        (entry.recipient, entry.case_id, entry.public_id, entry.reason, moment(entry.first_read_at),
         moment(entry.taken_back_at))
        for entry in found
    )  # fmt: skip
    table = Panel("Held by recipients", "They read it before it was taken back: these are the teams to talk to.",
                  ("Recipient", "Case", "Id there", "Why", "First read", "Taken back"), rows,
                  "Nobody holds anything that was taken back.")  # fmt: skip
    return Shown([table])


def _disclosed(
    actor: Actor, form: PeriodForm, condition: DisclosureFilter, name: str, *, with_cases: bool
) -> Shown | Refusal:
    found = questioning.who_read(actor, condition=condition, question=name)
    if isinstance(found, Refusal):
        return found
    names, places = names_of(actor, (row["reader_key"] for row in found.rows)), places_of(tenant_of(actor))
    rows = tuple(
        (names[row["reader_key"]], places.get(row["reader_tenant_id"], "another organisation"),
         row["times"], "raw text" if row["had_raw"] else "redacted", moment(row["first"]), moment(row["last"]))
        for row in found.rows
    )  # fmt: skip
    panels = [Panel("Readers", "Wherever they are: colleagues and own tokens by name, others by the end of their key.",
                    ("Who", "Where", "Times", "What", "First", "Last"), rows,
                    "Nobody read it in these days.")]  # fmt: skip
    if with_cases:
        cases = tuple((row["case_id"], row["times"], moment(row["last"])) for row in found.cases)
        panels.append(Panel("Cases", "This organisation's cases that left.", ("Case", "Times", "Last"), cases, "None."))
    return Shown(panels, _chart("Reads", found, form), ExportSubject.DISCLOSURES, {"disclosures": condition})


def places_of(tenant_id: UUID) -> dict[UUID, str]:
    """Organisations that an auditor may know: his own, and those that grants name as recipients."""
    known: dict[UUID, str] = {}
    grants = SharingGrant.objects.filter(tenant_id=tenant_id).order_by("pk")
    for recipient_id, label in grants.values_list("recipient_tenant_id", "recipient_label"):
        if recipient_id is not None:
            known.setdefault(recipient_id, label.partition("/")[0])
    return known | {tenant.pk: tenant.name for tenant in Tenant.objects.filter(pk=tenant_id)}


def reason_of(basis: str) -> str:
    """A basis with its words, where there are some; the code stands in the record."""
    words = REFUSALS.get(basis, "")
    return f"{basis}: {words}" if words and words != "Not available." else basis


def _chart(label: str, found: questioning.Answer, form: PeriodForm) -> Chart:
    first, last = form.days()
    return per_day_chart(label, found.per_day, first, last)


QUESTIONS: tuple[Question, ...] = (
    Question("case", "Who read this case?", "Everybody who received one case, at home and elsewhere.",
             CaseForm, who_read_case),
    Question("reader", "What did they read?", "What a person, a team or a token read or asked for in a period.",
             ReaderForm, what_was_read),
    Question("terms", "What was read under this grant or purpose?", "Readers and cases of one grant or one purpose.",
             TermsForm, under_terms),
    Question("refused", "What was refused, and why?", "By action, reason and person.", PeriodForm, what_was_refused,
             needs_input=False),
    Question("volume", "Does a token do more than usual?", "Each token's day against its own history.", StepForm,
             token_volumes, needs_input=False),
    Question("recalled", "Who holds what was recalled?", "Recipients of withdrawn cases and revoked grants.", StepForm,
             recalled, needs_input=False),
)  # fmt: skip


def show_questions(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """All questions; looking at them is on record like every page."""
    _let_in(request, "")
    questioning.record_index(actor_of(request))
    return TemplateResponse(
        request, "hub_admin/questions.html", {**context, "title": "Questions", "questions": _links()}
    )


def show_question(request: HttpRequest, context: dict[str, Any], name: str) -> HttpResponseBase:
    """One question: its form, and once it can be asked its answer; by POST the rows behind it as a file."""
    _let_in(request, name)
    actor = actor_of(request)
    question = next((entry for entry in QUESTIONS if entry.name == name), None)
    if question is None:
        turn_away(request, MODEL, object_id=name)
    is_asked = bool(request.GET) or not question.needs_input
    form = question.form(request.GET if is_asked else None, actor=actor)
    shown = question.answer(actor, form) if is_asked and form.is_valid() else None
    if shown is None:
        questioning.record_index(actor, name)
    if isinstance(shown, Refusal):
        turn_away(request, MODEL, object_id=name)
    if request.method == "POST" and shown is not None and shown.conditions is not None:
        form_of_file = next((item for item in ExportFormat if item.value == request.POST.get("format")), None)
        if form_of_file is None or decide_export(actor, shown.subject, str(form_of_file)) is not None:
            turn_away(request, MODEL, object_id=name, step="export")
        return send(download(actor, shown.subject, form_of_file, **shown.conditions))
    return TemplateResponse(
        request,
        "hub_admin/question.html",
        {
            **context, "title": question.title, "question": question, "form": form, "shown": shown,
            "formats": [("csv", "CSV"), ("jsonl", "JSON lines"), ("ocsf", "OCSF")],
            "here": request.get_full_path(), "index": reverse("admin:questions"),
        },
    )  # fmt: skip


def _let_in(request: HttpRequest, name: str) -> None:
    decision = decide_page(request, AUDITORS)
    if not decision.allowed:
        turn_away(request, MODEL, decision, object_id=name)


def _links() -> Iterable[dict[str, str]]:
    return [
        {"url": reverse("admin:question", args=[entry.name]), "title": entry.title, "explanation": entry.explanation}
        for entry in QUESTIONS
    ]
