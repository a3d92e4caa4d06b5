"""The sign-in form of the site: by e-mail and password, its success and its failure on record."""

from dataclasses import replace
from typing import ClassVar

from django.contrib.auth import login as start_session
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpResponse, HttpResponseRedirect
from unfold.forms import AuthenticationForm as ThemedForm

from hub.workflows import signing_in
from tenants.actors import ActorKind
from tenants.authentication import address_of, request_id_of
from tenants.loading import only_tenant, person, places_of
from tenants.models import User
from tenants.row_settings import acting_as, with_settings

from .doors import SITE_ROLES


class SignInForm(ThemedForm):
    """E-mail and password. A wrong one and an unknown one are answered alike."""

    error_messages: ClassVar[dict[str, str]] = {
        "invalid_login": "This e-mail address and password do not belong together.",
        "inactive": "This e-mail address and password do not belong together.",
    }


class SignIn(LoginView):
    """The sign-in form; success and failure are on record."""

    has_pages = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Start the session, and record who came in and in which tenant he will act."""
        user = form.get_user()
        assert isinstance(user, User)
        with with_settings(user_id=str(user.pk)):
            start_session(self.request, user)
            places = places_of(user.pk)
        actor = replace(
            person(user, only_tenant(places), places, ""),
            request_id=request_id_of(self.request),
            address=address_of(self.request),
        )
        with acting_as(actor):
            signing_in.record_sign_in(actor)
        self.has_pages = actor.kind is ActorKind.OPERATOR or bool(actor.roles & SITE_ROLES) or not actor.tenant_id
        return HttpResponseRedirect(self.get_success_url())

    def get_default_redirect_url(self) -> str:
        """This site for those it is made for; the hub's own start page for readers and contributors."""
        return super().get_default_redirect_url() if self.has_pages else "/"

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Count the failure; a wrong password and an unknown address look alike."""
        signing_in.refuse_sign_in(address_of(self.request))
        return super().form_invalid(form)
