"""A row of the access record as the bytes that are hashed: canonical JSON of all its columns, by format number."""

from collections.abc import Mapping, Sequence
from typing import Any

from .canonical import stored_json

# Format 1. A new column needs a new format; old rows keep hashing as they did.
EVENT_COLUMNS = (
    "id", "format", "tenant_id", "occurred_at", "actor_kind", "actor_key", "user_id", "token_id", "purpose", "action",
    "outcome", "basis", "object_kind", "object_id", "request_id", "commitments", "detail",
)  # fmt: skip
DISCLOSURE_COLUMNS = (
    "id", "event_id", "format", "occurred_at", "reader_tenant_id", "reader_team_ids", "reader_key", "owner_tenant_id",
    "owner_team_ids", "case_ids", "fields", "grant_ids", "policy_version_ids", "is_raw", "purpose",
)  # fmt: skip
TABLES: Mapping[str, Sequence[str]] = {"access_event": EVENT_COLUMNS, "access_disclosure": DISCLOSURE_COLUMNS}


def leaf_of(table: str, row: Mapping[str, Any]) -> bytes:
    """The leaf of a row, given all columns of its table."""
    if row["format"] != 1:
        raise ValueError(f"Format {row['format']} of the access record is newer than this program.")
    return stored_json({"table": table, **{column: row[column] for column in TABLES[table]}})
