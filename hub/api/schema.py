"""The schema: root fields gathered from their topics, and the text of it that is checked in."""

from pathlib import Path

import strawberry
from strawberry.schema.config import StrawberryConfig

from .audit.isolation import IsolationQuery
from .audit.queries import AuditQuery
from .audit.questions import AuditQuestions
from .catalog.mutations import CatalogMutation
from .catalog.queries import CatalogQuery
from .catalog.searches import SearchesMutation, SearchesQuery
from .catalog.searching import SearchingQuery
from .catalog.statistics import StatisticsQuery
from .catalog.types import Case
from .escalation.destinations import DestinationsMutation, DestinationsQuery
from .escalation.mutations import EscalationMutation
from .escalation.queries import EscalationQuery
from .escalation.reports import ReportsMutation
from .retention.dispositions import DispositionsMutation, DispositionsQuery
from .retention.erasures import ErasuresMutation, ErasuresQuery
from .retention.holds import HoldsMutation, HoldsQuery
from .retention.storage import StorageMutation, StorageQuery
from .sharing.mutations import SharingMutation
from .sharing.queries import SharingQuery
from .tenants.mutations import TenantsMutation
from .tenants.queries import TenantsQuery

SCHEMA_FILE = Path(__file__).with_name("schema.graphql")


@strawberry.type(description="What can be read. Every read is on record.")
class Query(
    AuditQuery,
    AuditQuestions,
    SharingQuery,
    EscalationQuery,
    CatalogQuery,
    SearchingQuery,
    SearchesQuery,
    StatisticsQuery,
    TenantsQuery,
    HoldsQuery,
    DispositionsQuery,
    ErasuresQuery,
    StorageQuery,
    DestinationsQuery,
    IsolationQuery,
):
    """All root fields that read."""


@strawberry.type(description="What can be done. Every step is decided and on record, refusals included.")
class Mutation(
    TenantsMutation,
    SharingMutation,
    EscalationMutation,
    CatalogMutation,
    SearchesMutation,
    HoldsMutation,
    DispositionsMutation,
    ErasuresMutation,
    StorageMutation,
    DestinationsMutation,
    ReportsMutation,
):
    """All root fields that change something."""


schema = strawberry.Schema(Query, Mutation, types=[Case], config=StrawberryConfig(sort_schema=False))


def schema_text() -> str:
    """The schema in GraphQL's own language, as it is checked in."""
    return schema.as_str().rstrip("\n") + "\n"
