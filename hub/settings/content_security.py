"""The Content-Security-Policy: everything from this hub alone, with the smallest exception the officers' site needs."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

POLICY: dict[str, dict[str, list[str]]] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# The admin theme's Alpine evaluates the expressions in its templates' attributes, and its widgets set style attributes.
# Inline scripts stay forbidden there too, so text that slips into a page still runs nothing.
ADMIN_PREFIX = "/admin/"
ADMIN_EXCEPTIONS = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}


class ContentSecurityMiddleware(CSPMiddleware):
    """Sets the policy on every response, and the admin's exceptions on the admin's pages."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Widen where needed, then write the header."""
        if request.path.startswith(ADMIN_PREFIX):
            response._csp_update = ADMIN_EXCEPTIONS  # type: ignore[attr-defined]
        return super().process_response(request, response)
