"""Exports as OCSF, held against what its 1.3 schema requires of these classes; and cells no spreadsheet would run."""

import csv
import io
import json
from datetime import UTC, datetime
from uuid import UUID

import jsonschema
import pytest

from hub.audit.actions import AuditAction
from hub.audit.ocsf import from_event
from hub.audit.recording import DisclosedRow, record
from hub.workflows.exporting import ExportFormat, ExportSubject, export_pages
from tenants.decisions import allow, refuse
from tenants.identifiers import new_id
from tenants.scoping import acting_as

ONE_OF_USER = {"type": "object", "anyOf": [{"required": ["uid"]}, {"required": ["name"]}]}
# What OCSF requires of every event, and of the two classes that are written here.
EVENT = {
    "type": "object",
    "required": ["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"],
    "properties": {
        "severity_id": {"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
        "status_id": {"enum": [0, 1, 2, 99]},
        "time": {"type": "integer", "minimum": 10**12, "maximum": 10**13},
        "metadata": {
            "type": "object",
            "required": ["product", "version"],
            "properties": {
                "version": {"const": "1.3.0"},
                "product": {"type": "object", "required": ["name", "vendor_name"]},
            },
        },
        "src_endpoint": {
            "type": "object",
            "anyOf": [{"required": [name]} for name in ("ip", "uid", "name", "hostname", "svc_name")],
        },
        "actor": {"type": "object", "required": ["user"], "properties": {"user": ONE_OF_USER}},
    },
}
API_ACTIVITY = {
    "allOf": [EVENT],
    "required": ["actor", "api", "src_endpoint"],
    "properties": {
        "class_uid": {"const": 6003},
        "category_uid": {"const": 6},
        "activity_id": {"enum": [0, 1, 2, 3, 4, 99]},
        "api": {"type": "object", "required": ["operation"]},
    },
}
AUTHENTICATION = {
    "allOf": [EVENT],
    "required": ["user"],
    "anyOf": [{"required": ["service"]}, {"required": ["dst_endpoint"]}],
    "properties": {
        "class_uid": {"const": 3002},
        "category_uid": {"const": 3},
        "activity_id": {"enum": [0, 1, 2, 3, 4, 5, 6, 7, 99]},
        "user": ONE_OF_USER,
    },
}
SCHEMAS = {6003: API_ACTIVITY, 3002: AUTHENTICATION}


def check(event):
    jsonschema.validate(event, SCHEMAS[event["class_uid"]])
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]


def row(action, outcome="allowed"):
    return {
        "id": new_id(), "occurred_at": datetime(2026, 3, 4, tzinfo=UTC), "actor_key": "user:1", "actor_kind": "user",
        "purpose": "", "action": action, "outcome": outcome, "basis": "role:officer", "object_kind": "case",
        "object_id": "1", "request_id": "", "commitments": {}, "detail": {},
    }  # fmt: skip


@pytest.mark.parametrize("action", [action.value for action in AuditAction])
def test_every_action_is_an_event_of_its_class(action):
    check(from_event(row(action)))
    check(from_event(row(action, "refused")))


@pytest.mark.parametrize(
    ("action", "expected"),
    [("case.read_raw", 600302), ("case.submit", 600301), ("grant.revoke", 600304), ("policy.activate", 600303),
     ("sign_in", 300201), ("sign_out", 300202)],
)  # fmt: skip
def test_actions_are_what_ocsf_calls_them(action, expected):
    assert from_event(row(action))["type_uid"] == expected


def pull(actor, subject, form):
    return b"".join(export_pages(actor, subject=subject, form=form)).decode()


@pytest.mark.django_db(transaction=True)
def test_both_subjects_are_exported_as_ocsf(cast):
    alice, erin = cast["alice"], cast["erin"]
    owner, team = cast.tenant("acme").pk, cast.team("acme/atlas").pk
    with acting_as(alice):
        record(
            alice, AuditAction.CASE_READ, "shared_case:c_1", allow("own_team"), fields=["title"],
            disclosed=[DisclosedRow(owner, team, UUID(int=9))],
        )  # fmt: skip
        record(alice, AuditAction.CASE_READ_RAW, "case:9", refuse("not_available"))
    events = [json.loads(line) for line in pull(erin, ExportSubject.EVENTS, ExportFormat.OCSF).splitlines()]
    disclosures = [json.loads(line) for line in pull(erin, ExportSubject.DISCLOSURES, ExportFormat.OCSF).splitlines()]
    for event in [*events, *disclosures]:
        check(event)
    read = next(event for event in events if event["api"]["operation"] == "case.read_raw")
    assert (read["status_id"], read["status_detail"], read["resources"]) == (
        2, "not_available", [{"type": "case", "uid": "9"}]
    )  # fmt: skip
    assert [event["resources"] for event in disclosures] == [[{"type": "case", "uid": str(UUID(int=9))}]]
    assert "alice" not in json.dumps(events).lower()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_csv_is_a_formula(cast, start):
    alice = cast["alice"]
    with acting_as(alice):
        record(alice, AuditAction.CASE_READ, f"shared_case:{start}cmd|' /C calc'!A0", refuse("not_available"))
    text = pull(cast["erin"], ExportSubject.EVENTS, ExportFormat.CSV)
    cells = [cell for line in csv.reader(io.StringIO(text, newline="")) for cell in line]
    assert any("cmd|" in cell for cell in cells)
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell]
