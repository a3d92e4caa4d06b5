"""Buttons of the site: each shows a form with what will happen, and asks one workflow."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from hub.workflows.administration import record_admin_view
from hub.workflows.disposition import DryRunMade
from hub.workflows.outcomes import Done, GrantAnswer, Invalid, PolicyAnswer, Refusal
from tenants.actors import Actor
from tenants.roles import Role

from .doors import actor_of, decide_page, turn_away
from .wording import refusal_in_words

REFUSED = 403
UNCHANGED = 422


class StepForm(forms.Form):
    """What a step asks for. It checks forms only; what is allowed, the workflow decides."""

    def __init__(self, *args: Any, actor: Actor, row: models.Model | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor, self.row = actor, row
        self.prepare()

    def prepare(self) -> None:
        """Fill choices and initial values from the actor and the row, where a form has such."""

    def offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        """Fill a field's choices."""
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def accept(self, problem_path: str, message: str) -> None:
        """Show a workflow's problem at its field, or above the form where no field is meant."""
        name = problem_path.split(".")[-1].partition("[")[0]
        self.add_error(name if name in self.fields else None, message)


@dataclass(frozen=True, slots=True)
class Download:
    """A file that a step answers with: complete and on record, or pages that are recorded one by one as they leave."""

    name: str
    content_type: str
    content: bytes | Iterator[bytes]


@dataclass(frozen=True, slots=True)
class ShownOnce:
    """A secret that the answer shows, and nothing else ever will."""

    message: str
    secret: str


Run = Callable[[Actor, Any, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One button: its words, its form, whose it is, when it is offered, and the workflow that it asks."""

    name: str
    label: str
    explanation: str
    run: Run
    roles: frozenset[Role]
    to_operator: bool = False
    to_auditor: bool = False
    form: type[StepForm] = StepForm
    done: str = "Done, and on record."
    on_row: bool = True
    is_grave: bool = False
    is_offered: Callable[[Any, Actor], bool] = field(default=lambda row, actor: True)


def may_take(request: HttpRequest, step: Step) -> bool:
    """Whether the step is made for this person's roles. The workflow decides again, and about more."""
    return decide_page(request, step.roles, to_operator=step.to_operator, to_auditor=step.to_auditor).allowed


def show_step(
    model_admin: "ModelAdmin[Any]", request: HttpRequest, step: Step, object_id: str = ""
) -> HttpResponseBase:
    """The page of a step: its form, and after sending it the workflow's answer."""
    meta = model_admin.opts
    decision = decide_page(request, step.roles, to_operator=step.to_operator, to_auditor=step.to_auditor)
    if not decision.allowed:
        turn_away(request, meta.label_lower, decision, object_id=object_id, step=step.name)
    row = model_admin.get_object(request, object_id) if step.on_row else None
    if step.on_row and row is None:
        # Somebody else's row and no row at all look the same.
        turn_away(request, meta.label_lower, object_id=object_id, step=step.name)
    form = step.form(request.POST if request.method == "POST" else None, actor=actor_of(request), row=row)
    status = 200
    if request.method == "POST" and form.is_valid():
        answer = _ask(step, actor_of(request), row, form)
        if isinstance(answer, HttpResponseBase):
            return answer
        if isinstance(answer, Refusal):
            form.add_error(None, refusal_in_words(answer.basis))
            status = REFUSED
        elif isinstance(answer, Invalid):
            for problem in answer.problems:
                form.accept(problem.path, problem.message)
            status = UNCHANGED
        elif isinstance(answer, ShownOnce):
            return _page(model_admin, request, step, row, form, 200, answer)
        else:
            messages.success(request, step.done)
            return HttpResponseRedirect(_after(model_admin, answer, row))
    if request.method == "GET":
        record_admin_view(
            actor_of(request), model=meta.label_lower, count=1 if row else 0, decision=decision,
            object_id=object_id, step=step.name,
        )  # fmt: skip
    return _page(model_admin, request, step, row, form, status)


def _ask(step: Step, actor: Actor, row: models.Model | None, form: StepForm) -> Any:
    with transaction.atomic():
        answer = step.run(actor, row, form.cleaned_data)
    return send(answer) if isinstance(answer, Download) else answer


def send(file: Download) -> HttpResponseBase:
    """A download as an answer; its pages leave after the request's own transaction, each in one of its own."""
    kind = HttpResponse if isinstance(file.content, bytes) else StreamingHttpResponse
    response: HttpResponseBase = kind(file.content, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["Cache-Control"] = "no-store"
    return response


def _after(model_admin: "ModelAdmin[Any]", answer: Any, row: models.Model | None) -> str:
    """Where to go after a step: to the row it made or changed, else back to the list."""
    site, meta = model_admin.admin_site.name, model_admin.opts
    if isinstance(answer, PolicyAnswer):
        return reverse(f"{site}:lifecycle_policyversion_change", args=[answer.version_id])
    if isinstance(answer, GrantAnswer):
        return reverse(f"{site}:sharing_sharinggrant_change", args=[answer.grant_id])
    if isinstance(answer, DryRunMade):
        return reverse(f"{site}:retention_dispositionrun_change", args=[answer.run_id])
    if row is not None and model_admin.model.objects.filter(pk=row.pk).exists():
        return reverse(f"{site}:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    if row is None and isinstance(answer, Done) and model_admin.model.objects.filter(pk=answer.object_id).exists():
        return reverse(f"{site}:{meta.app_label}_{meta.model_name}_change", args=[answer.object_id])
    return reverse(f"{site}:{meta.app_label}_{meta.model_name}_changelist")


def _page(
    model_admin: "ModelAdmin[Any]",
    request: HttpRequest,
    step: Step,
    row: models.Model | None,
    form: StepForm,
    status: int,
    shown_once: ShownOnce | None = None,
) -> HttpResponse:
    site, meta = model_admin.admin_site.name, model_admin.opts
    back = (
        reverse(f"{site}:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
        if row
        else reverse(f"{site}:{meta.app_label}_{meta.model_name}_changelist")
    )
    context = {
        **model_admin.admin_site.each_context(request),
        "title": step.label,
        "opts": meta,
        "original": row,
        "step": step,
        "form": form,
        "back": back,
        "shown_once": shown_once,
        "media": form.media,
    }
    return TemplateResponse(request, "hub_admin/step.html", context, status=status)


def text(label: str, help_text: str = "", *, required: bool = True, max_length: int = 500) -> forms.CharField:
    """A line of text."""
    widget = UnfoldAdminTextInputWidget()
    return forms.CharField(label=label, help_text=help_text, required=required, max_length=max_length, widget=widget)


def paragraph(
    label: str, help_text: str = "", *, required: bool = True, max_length: int = 500, rows: int = 4
) -> forms.CharField:
    """A few lines of text."""
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows})
    return forms.CharField(label=label, help_text=help_text, required=required, max_length=max_length, widget=widget)


def choice(
    label: str, choices: Any = (), help_text: str = "", *, required: bool = True, initial: str = ""
) -> forms.ChoiceField:
    """One of a few."""
    return forms.ChoiceField(
        label=label, choices=choices, help_text=help_text, required=required, initial=initial,
        widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip


def day(label: str, help_text: str = "", *, required: bool = True) -> forms.DateField:
    """A day, by the browser's own calendar."""
    widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
    return forms.DateField(label=label, help_text=help_text, required=required, widget=widget)


def identifier(label: str, help_text: str = "") -> forms.UUIDField:
    """An id that may be left out."""
    widget = UnfoldAdminTextInputWidget()
    return forms.UUIDField(label=label, help_text=help_text, required=False, widget=widget)


def tick(label: str, help_text: str = "", *, required: bool = False) -> forms.BooleanField:
    """A box to tick."""
    return forms.BooleanField(label=label, help_text=help_text, required=required, widget=UnfoldBooleanWidget())


class ReasonForm(StepForm):
    """A step that must be explained."""

    reason = paragraph("Reason", "Kept on record. Do not write case text or names of people here.")


class NoteForm(StepForm):
    """A step that may be explained."""

    reason = paragraph("Reason", "Optional; kept on record.", required=False)
