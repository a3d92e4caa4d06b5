"""Every address of the hub."""

from django.urls import path

from hub.admin.site import site
from hub.api.exports import AuditExportView
from hub.api.hooks import HookView
from hub.api.uploads import EvidenceUploadView
from hub.api.views import GraphQLView
from hub.dashboards import health, metrics
from hub.dashboards.joining import join
from hub.dashboards.views import icon, ide, start

urlpatterns = [
    path("", start, name="start"),
    path("favicon.ico", icon, name="icon"),
    path("join", join, name="join"),
    path("graphql", GraphQLView.as_view(), name="graphql"),
    path("graphql/ide", ide, name="graphql_ide"),
    path("cases/<uuid:case_id>/evidence", EvidenceUploadView.as_view(), name="upload_evidence"),
    path("hooks/<str:destination>", HookView.as_view(), name="hook"),
    path("audit/export", AuditExportView.as_view(), name="export_audit"),
    path("admin/", site.urls),
    path("metrics", metrics.metrics, name="metrics"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
]
