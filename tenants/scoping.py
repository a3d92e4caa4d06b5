"""The transaction around everything that reads or writes; in it, and only there, PostgreSQL knows who is asking."""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponseServerError
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from .actors import ANONYMOUS, Actor
from .authentication import identify
from .row_settings import SETTINGS, acting_as, apply_settings, current_settings, settings_of, with_settings

__all__ = [
    "SETTINGS",
    "ScopingMiddleware",
    "acting_as",
    "apply_settings",
    "current_settings",
    "settings_of",
    "with_settings",
]

logger = structlog.get_logger(__name__)

# Answered without a database, so that a hub whose database is down can still say that it is.
UNSCOPED_PREFIXES = ("/static/", "/health/", "/metrics")


class ScopingMiddleware:
    """The innermost middleware: one durable transaction around the view and its rendering.

    It finds out who is asking (`request.actor`) and tells PostgreSQL. The answer is complete before the commit, and
    its bytes leave after it: what is not on record does not leave. A server error rolls everything back, and the hook
    `settings.CASEWARD_ON_ROLLBACK` (dotted path of `hook(request, response | None)`) records that in a second one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.unscoped = tuple(getattr(settings, "CASEWARD_UNSCOPED_PREFIXES", UNSCOPED_PREFIXES))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer inside the transaction; a status of 500 or above, or `request.must_roll_back`, undoes it."""
        if request.path.startswith(self.unscoped):
            request.actor = ANONYMOUS  # type: ignore[attr-defined]
            return self.get_response(request)
        before = current_settings() if connection.in_atomic_block else None
        try:
            with transaction.atomic(durable=True):
                identify(request)
                response = self._rendered(request)
                undone = response.status_code >= 500 or getattr(request, "must_roll_back", False)
                if undone:
                    transaction.set_rollback(True)
                elif before is not None:
                    apply_settings(before)
        except Exception:
            # The commit itself failed: no answer leaves, whatever becomes of its record.
            self._record_rollback(request, None)
            raise
        if undone and not self._record_rollback(request, response):
            return HttpResponseServerError(b"This could not be recorded, so it is not answered. Try again later.\n")
        return response

    def _rendered(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if hasattr(response, "render") and not getattr(response, "is_rendered", True):
            response = response.render()
        return response

    def _record_rollback(self, request: HttpRequest, response: HttpResponseBase | None) -> bool:
        path = getattr(settings, "CASEWARD_ON_ROLLBACK", None)
        if not path:
            return True
        actor: Actor = getattr(request, "actor", ANONYMOUS)
        try:
            with acting_as(actor, durable=True):
                import_string(path)(request, response)
        except Exception as error:  # whatever it was, the caller must learn that nothing is on record
            logger.error("rollback_not_recorded", error=type(error).__name__)
            return False
        return True
