"""What every page of the site has in common: it shows, records that it has shown, and changes nothing by itself."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, NoReturn
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from hub.workflows.administration import record_admin_view
from tenants.actors import Actor, ActorKind
from tenants.decisions import Decision
from tenants.roles import Role

from .columns import column_for
from .doors import actor_of, decide_page, turn_away
from .steps import Step, may_take, show_step

COUNT_LIMIT = 10_000
# Ids as recipients see them, made per audience.
_AUDIENCE_ID = re.compile(r"c_[a-z2-7]{26}")


class CappedPaginator(Paginator):
    """Counts to 10,000 and no further: a page of the access record costs the same in ten years."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, at most the limit."""
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNT_LIMIT].count())


class GovernedList(ChangeList):
    """A list that knows no other total than its own: counting what a filter leaves out would cost as much again."""

    def get_results(self, request: HttpRequest) -> None:
        """The page, and one count."""
        super().get_results(request)
        self.full_result_count = self.result_count


class GovernedAdmin(ModelAdmin):
    """A page per model for the roles that it names. Rows are read-only here; each step asks a workflow.

    Nothing is added, saved or deleted by Django's own views, there are no bulk actions, and `django_admin_log`
    stays empty: what was shown and done stands in the access record.
    """

    viewed_by: ClassVar[frozenset[Role]] = frozenset()
    viewed_by_operator: ClassVar[bool] = False
    # Whoever audits the platform sees the rows of every tenant.
    viewed_by_platform_auditor: ClassVar[bool] = False
    steps: ClassVar[tuple[Step, ...]] = ()
    # The heading and icon in the sidebar, and what the page is for, in plain words.
    section: ClassVar[str] = ""
    icon: ClassVar[str] = "folder"
    title: ClassVar[str] = ""
    explanation: ClassVar[str] = ""
    # Ids that the search takes, by exact match; text of anything is never searched.
    searched_ids: ClassVar[tuple[str, ...]] = ("pk",)
    tenant_field: ClassVar[str | None] = "tenant_id"
    # Template of what belongs to a row, below its fields; `get_related` fills it.
    related_template: ClassVar[str] = ""

    actions = None
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    change_list_template = "hub_admin/list.html"
    change_form_template = "hub_admin/row.html"
    list_filter_submit = True
    list_fullwidth = True
    empty_value_display = "–"
    search_help_text = "Find by id"

    # Doors -------------------------------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the model stands in the sidebar."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """By role only; which rows, `get_queryset` and PostgreSQL say."""
        return self._decide(request).allowed

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: rows are made by workflows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: rows are changed by workflows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: what is due is deleted by retention, not by hand."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Rows of the tenant that the actor acts in, whatever else PostgreSQL would show him."""
        rows = super().get_queryset(request)
        actor = actor_of(request)
        if self.tenant_field and not self._sees_all(actor):
            rows = rows.filter(**{self.tenant_field: actor.tenant_id}) if actor.tenant_id else rows.none()
        return rows

    def _decide(self, request: HttpRequest) -> Decision:
        return decide_page(
            request,
            self.viewed_by,
            to_operator=self.viewed_by_operator,
            to_auditor=self.viewed_by_platform_auditor,
        )

    def _sees_all(self, actor: Actor) -> bool:
        """Whether the page is made for somebody who belongs to no tenant; PostgreSQL knows him as such too."""
        if actor.kind is ActorKind.AUDITOR:
            return self.viewed_by_platform_auditor
        return self.viewed_by_operator and actor.tenant_id is None

    # Pages -------------------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list. A search is POSTed and takes ids only, so no words of a search stand in an address or a log."""
        decision = self._decide(request)
        if not decision.allowed:
            turn_away(request, self.opts.label_lower, decision)
        if request.method == "POST":
            return self._find(request)
        context = {
            "title": self.title,
            "explanation": self.explanation,
            "list_steps": self._offered(request, None),
            **(extra_context or {}),
        }
        response = super().changelist_view(request, context)
        shown = getattr(response, "context_data", None) or {}
        rows = [str(row.pk) for row in shown["cl"].result_list] if "cl" in shown else []
        record_admin_view(actor_of(request), model=self.opts.label_lower, count=len(rows), decision=decision, rows=rows)
        return response

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One row, read only, with the steps that can be taken now."""
        decision = self._decide(request)
        if not decision.allowed or request.method not in {"GET", "HEAD"} or object_id is None:
            turn_away(request, self.opts.label_lower, decision, object_id=object_id or "", step="change")
        row = self.get_object(request, object_id)
        if row is None:
            turn_away(request, self.opts.label_lower, object_id=object_id)
        context = {
            "title": self.title,
            "row_steps": self._offered(request, row),
            "related_template": self.related_template,
            "related": self.get_related(request, row),
            "show_close": True,
            **(extra_context or {}),
        }
        response = super().changeform_view(request, object_id, form_url, context)
        record_admin_view(
            actor_of(request), model=self.opts.label_lower, count=1, decision=decision, object_id=str(row.pk)
        )
        return response

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> NoReturn:
        """Refused and recorded."""
        turn_away(request, self.opts.label_lower, step="add")

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> NoReturn:
        """Refused and recorded."""
        turn_away(request, self.opts.label_lower, object_id=object_id, step="delete")

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> NoReturn:
        """Refused: what happened to a row stands in the access record, for auditors."""
        turn_away(request, self.opts.label_lower, object_id=object_id, step="history")

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The columns under headings in plain words."""
        return [self._column(name) for name in super().get_list_display(request)]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """The same for one row."""
        return [self._column(name) for name in self.fields or ()]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """All of them."""
        return self.get_fields(request, obj)

    def _column(self, name: Any) -> Any:
        return name if isinstance(name, str) and hasattr(type(self), name) else column_for(self.opts, name)

    def get_related(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What belongs to a row and stands below its fields."""
        return {}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list without a second count."""
        return GovernedList

    def get_urls(self) -> list[URLPattern]:
        """Django's pages, and one per step."""
        own = []
        for step in self.steps:
            route = f"<uuid:object_id>/{step.name}/" if step.on_row else f"{step.name}/"
            name = f"{self.opts.app_label}_{self.opts.model_name}_{step.name}"
            own.append(path(route, self.admin_site.admin_view(partial(self._step_view, step=step)), name=name))
        return own + super().get_urls()

    def _step_view(self, request: HttpRequest, step: Step, object_id: UUID | None = None) -> HttpResponseBase:
        return show_step(self, request, step, str(object_id) if object_id else "")

    def _offered(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        actor = actor_of(request)
        offered = []
        for step in self.steps:
            if step.on_row is (row is None) or not may_take(request, step) or not step.is_offered(row, actor):
                continue
            name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{step.name}"
            offered.append({"step": step, "url": reverse(name, args=[row.pk] if step.on_row else [])})
        return offered

    # Finding -----------------------------------------------------------------------------------------------------

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        """Only says that there is a search; how it finds stands in `get_search_results`."""
        return self.searched_ids

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact ids, nothing else."""
        if not search_term:
            return queryset, False
        condition = self._id_condition(search_term.strip())
        return (queryset.filter(condition) if condition else queryset.none()), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what a filter of the page offers: any other column would be a way to ask for what is not shown."""
        return lookup in {entry.parameter_name for entry in self.list_filter if hasattr(entry, "parameter_name")}

    def _find(self, request: HttpRequest) -> HttpResponse:
        wanted = request.POST.get("q", "").strip()
        here = reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist")
        if not wanted:
            return HttpResponseRedirect(here)
        if self._id_condition(wanted) is None:
            messages.warning(request, "The search takes a whole id, as it stands in a list, a log or an API answer.")
            return HttpResponseRedirect(here)
        return HttpResponseRedirect(f"{here}?q={wanted}")

    def _id_condition(self, wanted: str) -> Q | None:
        """The rows with this id; None where the words are no id at all."""
        try:
            uuid = UUID(wanted)
        except ValueError:
            uuid = None
        if uuid is None and not _AUDIENCE_ID.fullmatch(wanted):
            return None
        condition = Q(pk__in=[])
        for name in self.searched_ids:
            if self._holds_text(name):
                condition |= Q(**{name: str(uuid) if uuid else wanted})
            elif uuid is not None:
                condition |= Q(**{name: [uuid] if name.endswith("__contains") else uuid})
        return condition

    def _holds_text(self, name: str) -> bool:
        try:
            return self.opts.get_field(name).get_internal_type() == "CharField"
        except FieldDoesNotExist:
            return False

    # Django's own records and writes -----------------------------------------------------------------------------

    def log_additions(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is written to `django_admin_log`: it would keep texts outside the access record."""

    log_addition = log_change = log_deletion = log_deletions = log_additions

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> NoReturn:
        """Never by this way, whoever opens a form again."""
        raise PermissionDenied

    def delete_model(self, request: HttpRequest, obj: Any) -> NoReturn:
        """Never by this way."""
        raise PermissionDenied

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> NoReturn:
        """Never by this way."""
        raise PermissionDenied
