"""Small views behind the real middleware, for asking who is asking and what the transaction around a view does."""

from uuid import uuid4

from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path

from tenants.models import Membership, Tenant
from tenants.scoping import current_settings
from tenants.services import create_team

rollbacks: list[tuple[str, int | None]] = []


def note_rollback(request: HttpRequest, response: HttpResponse | None) -> None:
    """The hook for recording what was rolled back."""
    rollbacks.append((request.path, response.status_code if response else None))


def fail_to_note(request: HttpRequest, response: HttpResponse | None) -> None:
    """A hook that cannot write its record."""
    raise OSError("no record today")


def who(request: HttpRequest) -> HttpResponse:
    """The actor, and what PostgreSQL was told."""
    actor = request.actor
    return JsonResponse(
        {
            "actor": actor.key,
            "tenant": str(actor.tenant_id or ""),
            "roles": sorted(actor.roles),
            "scopes": sorted(actor.scopes),
            "teams": [str(team) for team in actor.team_ids],
            "purpose": actor.purpose,
            "address": actor.address,
            "basis": request.refusal_basis,
            "told": {name: value for name, value in current_settings().items() if value},
        }
    )


def sign_in(request: HttpRequest) -> HttpResponse:
    """A sign-in by e-mail and password, as every login page does it."""
    user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
    if user is None:
        return HttpResponse("no", status=403)
    login(request, user)
    request.session["tenant_id"] = request.POST.get("tenant_id") or None
    return HttpResponse("yes")


def write_then_answer(request: HttpRequest, status: int) -> HttpResponse:
    """Writes a row, then answers with a status."""
    create_team(Tenant.objects.get(pk=request.actor.tenant_id), "written", "Written")
    request.must_roll_back = "undo" in request.GET
    return HttpResponse("written", status=status)


def write_then_raise(request: HttpRequest) -> HttpResponse:
    """Writes a row, then breaks."""
    create_team(Tenant.objects.get(pk=request.actor.tenant_id), "written", "Written")
    raise ValueError("broken")


class Rendered(TemplateResponse):
    """A response that looks into the database only when it is rendered."""

    @property
    def rendered_content(self) -> str:
        """The tenants that are visible while rendering."""
        return ",".join(Tenant.objects.order_by("slug").values_list("slug", flat=True))


def rendered_late(request: HttpRequest) -> HttpResponse:
    """Answers before it has read anything."""
    return Rendered(request, "never-read.html")


def break_at_commit(request: HttpRequest) -> HttpResponse:
    """Answers, and has written a row that the commit will refuse."""
    Membership(tenant_id=request.actor.tenant_id, team_id=uuid4(), user_id=request.actor.user_id, role="reader").save(
        force_insert=True
    )
    return HttpResponse("secret")


def health(request: HttpRequest) -> HttpResponse:
    """Answered without a database."""
    return HttpResponse(request.actor.key)


urlpatterns = [
    path("who", who),
    path("sign-in", sign_in),
    path("write/<int:status>", write_then_answer),
    path("raise", write_then_raise),
    path("late", rendered_late),
    path("break-at-commit", break_at_commit),
    path("health/live", health),
]
