"""The start page, and the workbench in which signed-in people try queries."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from tenants.actors import Actor, ActorKind


def who_is_asking(request: HttpRequest) -> dict[str, Any]:
    """What every page says of whoever looks at it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return {
        "is_signed_in": actor.kind is not ActorKind.ANONYMOUS,
        "name": actor.label,
        "has_tenant": actor.tenant_id is not None,
        "roles": sorted(role.value for role in actor.roles),
        "sign_in": f"{settings.LOGIN_URL}?next={reverse('start')}",
    }


@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What the hub is, who is signed in, and where to go from here."""
    return render(request, "dashboards/start.html", who_is_asking(request))


@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """The icon, for those who ask where they always have; pages name its address."""
    return HttpResponseRedirect(static("dashboards/icon.svg"))


@never_cache
@ensure_csrf_cookie
@require_safe
def ide(request: HttpRequest) -> HttpResponse:
    """The workbench. Whoever is not signed in is sent to sign in, and sees nothing of it."""
    if not who_is_asking(request)["is_signed_in"]:
        return redirect_to_login(reverse("graphql_ide"))
    return render(request, "dashboards/ide.html", who_is_asking(request))
