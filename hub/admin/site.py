"""The officers' site at /admin/: who comes in, in which tenant he acts, and what his sidebar holds."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from hub.audit.feeds.models import Feed
from hub.audit.models import AccessEvent, Disclosure, IsolationRun
from hub.catalog.models import BreakGlass, Case
from hub.escalation.models import EscalationRule, GateVerdict, GateWaiver, LeakReport, ReleasePause, RemediationTicket
from hub.escalation.outbox.models import Delivery, Destination, InboundMessage, TicketMirror
from hub.lifecycle.models import Policy, PolicyVersion
from hub.retention.models import (
    DispositionBatch,
    DispositionRun,
    ErasureRequest,
    LegalHold,
    ListedItem,
    RetentionRule,
    StorageReport,
)
from hub.sharing.models import (
    AccessRequest,
    Projection,
    Receipt,
    RedactionProfile,
    SharingGrant,
    SharingGroup,
)
from hub.workflows import signing_in
from hub.workflows.administration import record_admin_view, record_password_change
from hub.workflows.outcomes import Done
from tenants import queries as tenants
from tenants.actors import ActorKind
from tenants.authentication import SESSION_TENANT
from tenants.models import Invitation, Membership, ServiceToken, Team, Tenant, TrustedDocument, User
from tenants.roles import Role

from .audit import AccessEventAdmin, DisclosureAdmin
from .base import GovernedAdmin
from .break_glass import BreakGlassAdmin
from .catalog import CaseAdmin
from .checkpoints import show_checkpoints
from .coming_in import SignIn, SignInForm
from .destinations import DeliveryAdmin, DestinationAdmin
from .disposed import DispositionBatchAdmin, ListedItemAdmin
from .dispositions import DispositionRunAdmin
from .doors import AUDITORS, SITE_ROLES, actor_of, decide_page
from .erasures import ErasureRequestAdmin
from .escalation_rules import EscalationRuleAdmin
from .feeds import FeedAdmin
from .gate_verdicts import GateVerdictAdmin
from .grants import SharingGrantAdmin
from .holds import LegalHoldAdmin
from .isolation import IsolationRunAdmin
from .leak_reports import LeakReportAdmin
from .members import InvitationAdmin, MembershipAdmin, ServiceTokenAdmin
from .mirrors import InboundMessageAdmin, TicketMirrorAdmin
from .policies import GrantTemplateAdmin, RedactionProfileAdmin
from .policy_versions import PolicyVersionAdmin
from .projections import ProjectionAdmin
from .questions import show_question, show_questions
from .releases import GateWaiverAdmin, ReleasePauseAdmin
from .retention_rules import RetentionRuleAdmin
from .sharing import AccessRequestAdmin, ReceiptAdmin, SharingGroupAdmin
from .start_page import show_start_page
from .storage import StorageReportAdmin
from .tenants import TeamAdmin, TenantAdmin, UserAdmin
from .tickets import RemediationTicketAdmin
from .trusted import TrustedDocumentAdmin

SITE_NAME = "admin"
# Who belongs to no tenant, and how the site names him.
NO_TENANT = {ActorKind.OPERATOR: "operator", ActorKind.AUDITOR: "platform auditor"}
REDIRECTED = 302


class OfficersSite(UnfoldAdminSite):
    """Django's admin with its decisions taken out: roles open pages, workflows change things, events record both."""

    site_title = "Caseward"
    index_title = "Start"
    index_template = "hub_admin/start.html"
    login_template = "hub_admin/login.html"
    enable_nav_sidebar = True
    final_catch_all_view = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether anything on this site is made for the person, in the tenant he acts in."""
        return decide_page(request, SITE_ROLES, to_operator=True, to_auditor=True).allowed

    # Coming and going --------------------------------------------------------------------------------------------

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Sign in by e-mail and password."""
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse(f"{self.name}:index"))
        if request.method == "GET" and self._must_choose(request):
            return HttpResponseRedirect(reverse(f"{self.name}:choose_tenant"))
        self._record_turned_away(request)
        context = {
            **self.each_context(request),
            "title": "Sign in",
            "app_path": request.get_full_path(),
            "username": request.user.get_username() if request.user.is_authenticated else "",
            **(extra_context or {}),
        }
        request.current_app = self.name
        view = SignIn.as_view(
            extra_context=context,
            authentication_form=SignInForm,
            template_name=self.login_template,
            next_page=reverse(f"{self.name}:index"),
        )
        return view(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign out. The event is written first, in the name of who leaves."""
        actor = actor_of(request)
        if request.method == "POST" and actor.user_id is not None:
            signing_in.record_sign_out(actor)
        return super().logout(request, {**self._signed_out_context(), **(extra_context or {})})

    def choose_tenant(self, request: HttpRequest) -> HttpResponse:
        """Where a person of several tenants says in which one he acts; there is no default."""
        actor = actor_of(request)
        if actor.kind is not ActorKind.USER or actor.user_id is None:
            return HttpResponseRedirect(reverse(f"{self.name}:login"))
        places = tenants.tenants_of(actor.user_id)
        if request.method == "POST":
            chosen = next((place for place in places if str(place.pk) == request.POST.get("tenant")), None)
            if chosen is not None and isinstance(signing_in.switch_tenant(actor, tenant_id=chosen.pk), Done):
                request.session[SESSION_TENANT] = str(chosen.pk)
                return HttpResponseRedirect(reverse(f"{self.name}:index"))
        context = {
            **self.each_context(request),
            "title": "Choose an organisation",
            "places": places,
            "current": actor.tenant_id,
        }
        return TemplateResponse(request, "hub_admin/choose_tenant.html", context)

    # Pages -------------------------------------------------------------------------------------------------------

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The start page: what waits for this person's decision, what was withheld and why, what ends soon."""
        page = show_start_page(actor_of(request))
        record_admin_view(
            actor_of(request),
            model="start",
            count=0,
            decision=decide_page(request, SITE_ROLES, to_operator=True, to_auditor=True),
        )
        return super().index(request, {"page": page, **(extra_context or {})})

    def questions(self, request: HttpRequest) -> HttpResponseBase:
        """What an auditor may ask the record, as a list of pages."""
        return show_questions(request, self.each_context(request))

    def question(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """One question, its answer, and its rows as a file."""
        return show_question(request, self.each_context(request), name)

    def checkpoints(self, request: HttpRequest) -> HttpResponseBase:
        """The organisation as a witness: signed checkpoints of the record, to look at and to keep."""
        return show_checkpoints(request, self.each_context(request))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Change one's own password; that it was changed is on record."""
        response = super().password_change(request, extra_context)
        if request.method == "POST" and response.status_code == REDIRECTED:
            record_password_change(actor_of(request))
        return response

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The theme's own search puts words into addresses, so there is none; lists find by id, POSTed."""
        return HttpResponseNotFound()

    def get_urls(self) -> list[URLPattern]:
        """The admin's pages, without those that would go round a workflow or a role."""
        dropped = {"autocomplete", "view_on_site"}
        kept = [route for route in super().get_urls() if getattr(route, "name", None) not in dropped]
        # Leaving is open to everybody who came in, whatever his roles are now.
        own = [path("organisation/", self.choose_tenant, name="choose_tenant"), path("logout/", self.logout)]
        asked = [
            path("questions/", self.admin_view(self.questions), name="questions"),
            path("questions/<slug:name>/", self.admin_view(self.question), name="question"),
            path("checkpoints/", self.admin_view(self.checkpoints), name="checkpoints"),
        ]
        return [*own, *asked, *kept]

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Django's door, and before it: people without a chosen tenant choose one."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if self._must_choose(request):
                return HttpResponseRedirect(reverse(f"{self.name}:choose_tenant"))
            answer: HttpResponse = inner(request, *args, **kwargs)
            return answer

        return guarded

    # Looks -------------------------------------------------------------------------------------------------------

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page needs. Colours come from a file, since a strict policy allows no style elements."""
        actor = actor_of(request)
        places = tenants.tenants_of(actor.user_id) if actor.user_id else []
        current = next((place.name for place in places if place.pk == actor.tenant_id), "")
        roles = ", ".join(role.value for role in Role if role in actor.roles)
        return {
            **super().each_context(request),
            "site_title": "Caseward",
            "site_header": "Caseward",
            "site_subheader": current or ("Platform" if actor.kind in NO_TENANT else ""),
            "site_symbol": "shield",
            "site_url": "/",
            "show_history": False,
            "show_view_on_site": False,
            "colors": None,
            "site_favicons": [{"rel": "icon", "type": "image/svg+xml", "href": static("dashboards/icon.svg")}],
            "styles": [static("hub_admin/theme.css")],
            "scripts": [static("hub_admin/expressions.js")],
            "account_links": self._own_links(len(places) > 1),
            "acting_as": NO_TENANT.get(actor.kind, roles),
        }

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The models of this person's roles, grouped by what they are about."""
        start = reverse(f"{self.name}:index")
        groups: dict[str, list[dict[str, Any]]] = {"": [_link("Start", start, "home", request.path == start)]}
        for model, model_admin in self._registry.items():
            if isinstance(model_admin, GovernedAdmin) and model_admin.has_view_permission(request):
                url = reverse(f"{self.name}:{model._meta.app_label}_{model._meta.model_name}_changelist")
                name = str(model._meta.verbose_name_plural).capitalize()
                title = model_admin.title or name
                groups.setdefault(model_admin.section, []).append(
                    _link(title, url, model_admin.icon, request.path.startswith(url))
                )
        if decide_page(request, AUDITORS).allowed:
            for name, words, icon in (("questions", "Questions", "help"), ("checkpoints", "Checkpoints", "verified")):
                url = reverse(f"{self.name}:{name}")
                groups.setdefault("Access record", []).append(_link(words, url, icon, request.path.startswith(url)))
        return [{"title": title, "items": items, "separator": bool(title)} for title, items in groups.items()]

    def _own_links(self, has_several: bool) -> list[dict[str, str]]:
        links = [{"title": "Change password", "link": reverse(f"{self.name}:password_change")}]
        if has_several:
            links.append({"title": "Change organisation", "link": reverse(f"{self.name}:choose_tenant")})
        return links

    def _signed_out_context(self) -> dict[str, Any]:
        return {"styles": [static("hub_admin/theme.css")], "scripts": [static("hub_admin/expressions.js")]}

    def _must_choose(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        if actor.kind is not ActorKind.USER or actor.tenant_id is not None or actor.user_id is None:
            return False
        return len(tenants.tenants_of(actor.user_id)) > 1

    def _record_turned_away(self, request: HttpRequest) -> None:
        """A person who is signed in but has nothing to do here is on record; nobody at all is not worth a row."""
        actor = actor_of(request)
        if request.method == "GET" and actor.user_id is not None:
            decision = decide_page(request, SITE_ROLES, to_operator=True, to_auditor=True)
            record_admin_view(actor, model="start", count=0, decision=decision)


def _link(title: str, link: str, icon: str, is_active: bool) -> dict[str, Any]:
    return {"title": title, "link": link, "icon": icon, "active": is_active, "has_permission": True}


# In the order of the sidebar.
PAGES: tuple[tuple[type[Model], type[GovernedAdmin]], ...] = (
    (Case, CaseAdmin),
    (Projection, ProjectionAdmin),
    (BreakGlass, BreakGlassAdmin),
    (LeakReport, LeakReportAdmin),
    (SharingGrant, SharingGrantAdmin),
    (SharingGroup, SharingGroupAdmin),
    (AccessRequest, AccessRequestAdmin),
    (Receipt, ReceiptAdmin),
    (TrustedDocument, TrustedDocumentAdmin),
    (RedactionProfile, RedactionProfileAdmin),
    (Policy, GrantTemplateAdmin),
    (PolicyVersion, PolicyVersionAdmin),
    (RemediationTicket, RemediationTicketAdmin),
    (EscalationRule, EscalationRuleAdmin),
    (ReleasePause, ReleasePauseAdmin),
    (GateWaiver, GateWaiverAdmin),
    (GateVerdict, GateVerdictAdmin),
    (Destination, DestinationAdmin),
    (Delivery, DeliveryAdmin),
    (TicketMirror, TicketMirrorAdmin),
    (InboundMessage, InboundMessageAdmin),
    (RetentionRule, RetentionRuleAdmin),
    (DispositionRun, DispositionRunAdmin),
    (ListedItem, ListedItemAdmin),
    (DispositionBatch, DispositionBatchAdmin),
    (LegalHold, LegalHoldAdmin),
    (ErasureRequest, ErasureRequestAdmin),
    (StorageReport, StorageReportAdmin),
    (AccessEvent, AccessEventAdmin),
    (Disclosure, DisclosureAdmin),
    (Feed, FeedAdmin),
    (IsolationRun, IsolationRunAdmin),
    (Membership, MembershipAdmin),
    (Invitation, InvitationAdmin),
    (ServiceToken, ServiceTokenAdmin),
    (Team, TeamAdmin),
    (Tenant, TenantAdmin),
    (User, UserAdmin),
)

site = OfficersSite(name=SITE_NAME)
for _model, _page in PAGES:
    site.register(_model, _page)
