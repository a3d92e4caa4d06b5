"""Counts of this process for Prometheus; they name no tenant and no person, and still not everybody may see them."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Every metric of this process; whoever does not show `METRICS_TOKEN` finds no such page."""
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    wanted = settings.CASEWARD_METRICS_TOKEN.encode()
    if not wanted or not hmac.compare_digest(shown, wanted):
        raise Http404
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
