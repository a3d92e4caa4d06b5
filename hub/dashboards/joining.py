"""The page on which an invited person joins: signed in, or by making an account with a password of his own."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from hub.workflows.onboarding import Joined, accept_invitation
from tenants.actors import Actor, ActorKind

from .views import who_is_asking

UNPROCESSABLE = 422


# The secret is typed or pasted, never part of an address: addresses stay behind in histories and logs.
@never_cache
@csrf_protect
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Take an invitation up."""
    page = who_is_asking(request) | {"sign_in": f"{settings.LOGIN_URL}?next={reverse('join')}"}
    if request.method != "POST":
        return render(request, "dashboards/join.html", page)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    display_name = request.POST.get("display_name", "").strip()
    answer = accept_invitation(
        actor,
        secret=request.POST.get("invitation", "").strip(),
        display_name=display_name,
        password=request.POST.get("password", ""),
    )
    if isinstance(answer, Joined):
        return HttpResponseRedirect(reverse("start") if actor.kind is ActorKind.USER else settings.LOGIN_URL)
    page |= {"problems": answer.problems, "display_name": display_name}
    return render(request, "dashboards/join.html", page, status=UNPROCESSABLE)
