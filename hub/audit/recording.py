"""Writes the access record, in the transaction of what it describes: no record, no answer."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection
from django.utils import timezone

from tenants.actors import Actor
from tenants.decisions import Decision
from tenants.identifiers import new_id

from .actions import AuditAction, Outcome
from .canonical import canonical_json, commit_to
from .models import AccessEvent, Disclosure, EventPrivate

# The layout of the rows that are written; see leaves.py.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class DisclosedRow:
    """One case that left in an answer: whose it is, on which grant and policy version it rests."""

    owner_tenant_id: UUID
    owner_team_id: UUID
    case_id: UUID
    grant_id: UUID | None = None
    policy_version_id: UUID | None = None


def record(
    actor: Actor,
    action: AuditAction,
    target: str,
    decision: Decision,
    *,
    disclosed: Iterable[DisclosedRow] = (),
    fields: Sequence[str] = (),
    is_raw: bool = False,
    failed: bool = False,
    **detail: Any,
) -> UUID:
    """Append one event, and one disclosure row per owner tenant. `target` is `kind:id`, e.g. `case:<uuid>`.

    `detail` takes ids, codes and counts; text of a case never. Returns the event's id.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An access event is written in the transaction of what it describes; there is none.")
    kind, _, object_id = target.partition(":")
    outcome = Outcome.FAILED if failed else Outcome.ALLOWED if decision.allowed else Outcome.REFUSED
    private = _commit_private(actor)
    disclosed = list(disclosed)
    grants = sorted({str(row.grant_id) for row in disclosed if row.grant_id})
    if len(grants) > 1:
        # One grant is the basis; of several, the reader's own record still names each.
        detail["grants"] = grants
    now = timezone.now()
    event_id = new_id()
    event = {
        "id": event_id,
        "format": FORMAT,
        "tenant_id": actor.tenant_id,
        "occurred_at": now,
        "actor_kind": actor.kind.value,
        "actor_key": actor.key,
        "user_id": actor.user_id,
        "token_id": actor.token_id,
        "purpose": actor.purpose[:80],
        "action": action.value,
        "outcome": outcome.value,
        "basis": decision.basis[:120],
        "object_kind": kind[:40],
        "object_id": object_id[:80],
        "request_id": actor.request_id[:64],
        "commitments": {name: commitment for name, (_, commitment, _) in private.items()},
        "detail": _checked(detail),
    }
    private_rows = [
        {"id": new_id(), "event_id": event_id, "tenant_id": actor.tenant_id, "name": name, "salt": salt, "value": value}
        for name, (salt, _, value) in private.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            APPEND,
            [_rows([event]), _rows(private_rows), _rows(_disclosures(event, actor, disclosed, fields, is_raw))],
        )
    return event_id


def _append_statement() -> str:
    """One statement for all three tables: one way to the server, and no RETURNING, which needs the right to read."""
    parts = []
    for model in (AccessEvent, EventPrivate, Disclosure):
        fields = model._meta.local_concrete_fields
        columns = ", ".join(str(field.column) for field in fields)
        typed = ", ".join(f"{field.column} {field.db_type(connection)}" for field in fields)
        parts.append(
            f"INSERT INTO audit.{model._meta.db_table} ({columns})"
            f" SELECT {columns} FROM jsonb_to_recordset(%s::jsonb) AS given ({typed})"
        )
    event, private, disclosure = parts
    return f"WITH event AS ({event}), private AS ({private}) {disclosure}"


def count_refusal(address: str, basis: str) -> None:
    """Count a refusal of an unknown caller; one row per minute, address and basis, however many come."""
    key = settings.SECRET_KEY.encode()
    commitment = hashlib.blake2b(address.encode(), key=hashlib.sha256(key).digest()).hexdigest()[:64]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO refusal_count (minute, address_commitment, basis, count)"
            " VALUES (date_trunc('minute', now()), %s, %s, 1)"
            " ON CONFLICT (minute, address_commitment, basis) DO UPDATE SET count = refusal_count.count + 1",
            [commitment, basis[:60]],
        )


def _commit_private(actor: Actor) -> dict[str, tuple[str, str, str]]:
    values = {"address": actor.address, "label": actor.label if actor.user_id else ""}
    return {name: (*commit_to(value), value) for name, value in values.items() if value}


def _checked(detail: dict[str, Any]) -> dict[str, Any]:
    """The detail as canonical JSON would show it, so that what is stored is what will be hashed."""
    checked: dict[str, Any] = orjson.loads(canonical_json(detail))
    return checked


def _disclosures(
    event: dict[str, Any], actor: Actor, rows: Iterable[DisclosedRow], fields: Sequence[str], is_raw: bool
) -> list[dict[str, Any]]:
    by_owner: dict[UUID, list[DisclosedRow]] = {}
    for row in rows:
        by_owner.setdefault(row.owner_tenant_id, []).append(row)
    return [
        {
            "id": new_id(),
            "event_id": event["id"],
            "format": FORMAT,
            "occurred_at": event["occurred_at"],
            "reader_tenant_id": actor.tenant_id,
            "reader_team_ids": actor.team_ids,
            "reader_key": actor.key,
            "owner_tenant_id": owner,
            "owner_team_ids": sorted({row.owner_team_id for row in owned}),
            "case_ids": list(dict.fromkeys(row.case_id for row in owned)),
            "fields": fields,
            "grant_ids": sorted({row.grant_id for row in owned if row.grant_id}),
            "policy_version_ids": sorted({row.policy_version_id for row in owned if row.policy_version_id}),
            "is_raw": is_raw,
            "purpose": event["purpose"],
        }
        for owner, owned in by_owner.items()
    ]


def _rows(rows: Sequence[dict[str, Any]]) -> str:
    return canonical_json({"rows": rows})[len('{"rows":') : -1].decode()


APPEND = _append_statement()
