"""Finds out who is asking, before any tenant is known, and tells PostgreSQL; also Django's door for passwords."""

import ipaddress
import re
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.backends import BaseBackend
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.utils import timezone

from .actors import ANONYMOUS, Actor, system_actor
from .loading import NotIdentified, load_token, only_tenant, person, places_of
from .models import ServiceToken, Tenant, User
from .row_settings import acting_as, apply_settings, settings_of, with_settings
from .token_keys import parse_key

logger = structlog.get_logger(__name__)

TENANT_HEADER = "Caseward-Tenant"
PURPOSE_HEADER = "Caseward-Purpose"
SESSION_TENANT = "tenant_id"
LAST_USE_SECONDS = 60

_PURPOSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,79}")
# No taxonomy has this purpose, so no grant covers a request whose purpose cannot be read.
UNREADABLE_PURPOSE = "unreadable"


def identify(request: HttpRequest) -> Actor:
    """The actor of a request, from its bearer token or its session, with PostgreSQL told about it.

    Sets `request.actor`, and `request.refusal_basis` where a claim was made that does not hold. Whatever was wrong
    with it, the answer is the same anonymous actor.
    """
    request.refusal_basis = ""  # type: ignore[attr-defined]
    try:
        # A request that shows a key is judged by the key alone, never by a cookie that came along.
        actor = _by_token(request) if "Authorization" in request.headers else _by_session(request)
    except NotIdentified as refusal:
        request.refusal_basis = refusal.basis  # type: ignore[attr-defined]
        actor = ANONYMOUS
    actor = replace(actor, request_id=request_id_of(request), address=address_of(request))
    apply_settings(settings_of(actor))
    request.actor = actor  # type: ignore[attr-defined]
    return actor


def address_of(request: HttpRequest) -> str:
    """The caller's address; behind `CASEWARD_TRUSTED_PROXIES` proxies, the one that the outermost of them saw."""
    hops = getattr(settings, "CASEWARD_TRUSTED_PROXIES", 0)
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if hops and len(forwarded) >= hops:
        return forwarded[-hops]
    return str(request.META.get("REMOTE_ADDR", ""))


def address_for_lock(request: HttpRequest) -> str:
    """The caller's address for the lock on wrong passwords, which keeps addresses only: else the proxy's own."""
    try:
        return str(ipaddress.ip_address(address_of(request)))
    except ValueError:
        return str(request.META.get("REMOTE_ADDR", ""))


def request_id_of(request: HttpRequest) -> str:
    """The id that the logs give this request, so that log and access record can be laid side by side."""
    bound = structlog.contextvars.get_contextvars().get("request_id")
    return str(bound or request.headers.get("X-Request-Id") or uuid4())[:64]


def _by_token(request: HttpRequest) -> Actor:
    scheme, _, text = request.headers["Authorization"].partition(" ")
    key = parse_key(text) if scheme.lower() == "bearer" else None
    if key is None:
        raise NotIdentified("token_malformed")
    actor, token = load_token(key, address_of(request))
    named = request.headers.get(TENANT_HEADER)
    if named is not None and not Tenant.objects.filter(pk=token.tenant_id, slug=named).exists():
        raise NotIdentified("tenant_unknown")
    _note_use(token)
    return replace(actor, purpose=_purpose(request) or actor.purpose)


def _by_session(request: HttpRequest) -> Actor:
    session = getattr(request, "session", None)
    user = getattr(request, "user", None)
    if session is None or user is None or SESSION_KEY not in session:
        return ANONYMOUS
    if not isinstance(user, User) and not user.is_authenticated:
        # Deactivated, or the password has been changed elsewhere.
        raise NotIdentified("session_ended")
    apply_settings({"caseward.user_id": str(user.pk)})
    places = places_of(user.pk)
    by_slug = {place.tenant_slug: place.tenant_id for place in places}
    tenant_id: UUID | None
    if (named := request.headers.get(TENANT_HEADER)) is not None:
        tenant_id = by_slug.get(named)
    elif (chosen := session.get(SESSION_TENANT)) is not None:
        tenant_id = next((known for known in by_slug.values() if str(known) == chosen), None)
    else:
        return person(user, only_tenant(places), places, _purpose(request))
    if tenant_id is None:
        request.refusal_basis = "tenant_unknown"  # type: ignore[attr-defined]
    return person(user, tenant_id, places, _purpose(request))


def _purpose(request: HttpRequest) -> str:
    stated = request.headers.get(PURPOSE_HEADER, "").strip()
    return stated if not stated or _PURPOSE.fullmatch(stated) else UNREADABLE_PURPOSE


def _note_use(token: ServiceToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() >= LAST_USE_SECONDS:
        transaction.on_commit(partial(_write_last_use, token.tenant_id, token.pk))


def _write_last_use(tenant_id: UUID, token_id: UUID) -> None:
    """After the answer's commit, in its own transaction: waiting for it or failing at it must cost nobody an answer."""
    try:
        with acting_as(system_actor(tenant_id, "token_use")):
            free = (
                ServiceToken.objects.select_for_update(skip_locked=True)
                .filter(pk=token_id)
                .values_list("pk", flat=True)
            )
            ServiceToken.objects.filter(pk__in=list(free)).update(last_used_at=timezone.now())
    except DatabaseError as error:
        logger.warning("token_use_not_written", token_id=str(token_id), error=type(error).__name__)


class LoginBackend(BaseBackend):
    """Signs people in by e-mail and password. It gives no permissions: those are decided from roles."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **credentials: Any
    ) -> User | None:
        """The person with this e-mail and password. An unknown e-mail takes as long as a wrong password."""
        email = (username or credentials.get("email") or "").strip().lower()
        if not email or password is None or "\0" in email or len(email) > 254:
            return None
        with with_settings(login=email):
            user = User.objects.filter(email=email, is_service=False).first()
            if user is None:
                User().set_password(password)
                return None
            # A password hash of an older strength is renewed while it is checked, which writes the person's own row.
            with with_settings(user_id=str(user.pk)):
                matches = user.check_password(password)
        return user if matches and user.is_active else None

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session, as long as the account is active. Works outside the request's transaction too."""
        with with_settings(user_id=str(user_id)):
            return User.objects.filter(pk=user_id, is_active=True).first()
