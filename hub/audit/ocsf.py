"""Rows of the access record as OCSF 1.3 events (API Activity, Authentication), for systems that collect such events.

No personal value comes along: the source's endpoint is named by the commitment to its address.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .actions import AuditAction, Outcome

VERSION = "1.3.0"
PRODUCT = {"name": "Caseward", "vendor_name": "Caseward"}
SERVICE = {"name": "caseward"}

API_ACTIVITY, APPLICATION = 6003, 6
AUTHENTICATION, IDENTITY = 3002, 3
CREATE, READ, UPDATE, DELETE = 1, 2, 3, 4
LOGON, LOGOFF = 1, 2
INFORMATIONAL, LOW = 1, 2
SUCCESS, FAILURE = 1, 2

READS = frozenset({"read", "list", "read_raw", "view", "export"})
CREATES = frozenset(
    {"create", "submit", "issue", "add", "import", "open", "invite", "join", "draft", "build", "request"}
)
DELETES = frozenset({"remove", "revoke", "withdraw"})
SESSIONS = {AuditAction.SIGN_IN.value: LOGON, AuditAction.SIGN_OUT.value: LOGOFF}


def from_event(row: Mapping[str, Any]) -> dict[str, Any]:
    """One access event; `row` has all columns of its table."""
    succeeded = row["outcome"] == Outcome.ALLOWED.value
    session = SESSIONS.get(row["action"])
    activity = session or _activity(row["action"])
    address = row["commitments"].get("address")
    user = {"uid": row["actor_key"], "type": row["actor_kind"]}
    event = _base(
        row, (AUTHENTICATION, IDENTITY) if session else (API_ACTIVITY, APPLICATION), activity, row["request_id"]
    ) | {
        "severity_id": INFORMATIONAL if succeeded else LOW,
        "status_id": SUCCESS if succeeded else FAILURE,
        "status_detail": row["basis"],
        "src_endpoint": {"uid": address} if address else {"svc_name": "caseward"},
        "actor": {"user": user},
        "unmapped": {"outcome": row["outcome"], "purpose": row["purpose"], "detail": row["detail"]},
    }
    if session:
        return event | {"user": user, "service": SERVICE}
    return event | {
        "api": {
            "operation": row["action"],
            "service": SERVICE,
            "request": {"uid": row["request_id"] or str(row["id"])},
        },
        "resources": [{"type": row["object_kind"], "uid": row["object_id"]}] if row["object_kind"] else [],
    }


def from_disclosure(row: Mapping[str, Any]) -> dict[str, Any]:
    """What one read contained of an owner's cases."""
    return _base(row, (API_ACTIVITY, APPLICATION), READ, str(row["event_id"])) | {
        "severity_id": LOW if row["is_raw"] else INFORMATIONAL,
        "status_id": SUCCESS,
        "src_endpoint": {"svc_name": "caseward"},
        "actor": {"user": {"uid": row["reader_key"]}},
        "api": {"operation": "case.disclose", "service": SERVICE, "request": {"uid": str(row["event_id"])}},
        "resources": [{"type": "case", "uid": str(case_id)} for case_id in row["case_ids"]],
        "unmapped": {
            "reader_tenant_id": str(row["reader_tenant_id"]) if row["reader_tenant_id"] else None,
            "fields": row["fields"],
            "grant_ids": [str(value) for value in row["grant_ids"]],
            "policy_version_ids": [str(value) for value in row["policy_version_ids"]],
            "is_raw": row["is_raw"],
            "purpose": row["purpose"],
        },
    }


def _base(row: Mapping[str, Any], kind: tuple[int, int], activity: int, correlation: str) -> dict[str, Any]:
    class_uid, category = kind
    moment: datetime = row["occurred_at"]
    metadata = {"version": VERSION, "product": PRODUCT, "uid": str(row["id"]), "log_name": "access record"}
    return {
        "class_uid": class_uid,
        "category_uid": category,
        "activity_id": activity,
        "type_uid": class_uid * 100 + activity,
        "time": int(moment.timestamp() * 1000),
        "metadata": metadata | ({"correlation_uid": correlation} if correlation else {}),
    }


def _activity(action: str) -> int:
    verb = action.rpartition(".")[2]
    if verb in READS:
        return READ
    return CREATE if verb in CREATES else DELETE if verb in DELETES else UPDATE
