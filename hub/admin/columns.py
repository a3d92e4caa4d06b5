"""Headings of columns in plain words, and points in time as the site writes them."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField
from django.db.models.options import Options

from .panels import moment

# Where the model's own name for a column would not tell an officer what it is.
HEADINGS = {
    "accepted_at": "Accepted",
    "actor_key": "Key",
    "answered_at": "Answered",
    "approved_at": "Approved",
    "asked_at": "Asked",
    "built_at": "Built",
    "case_id": "Case",
    "case_ids": "Cases",
    "closed_at": "Closed",
    "created_at": "Since",
    "data_class": "Data class",
    "decided_at": "Decided",
    "difference_count": "Kept against the list",
    "disposed_at": "Disposed of",
    "disposed_count": "Disposed of",
    "due_at": "Time is over",
    "due_count": "Due",
    "event_id": "Event's id",
    "expires_at": "Ends",
    "first_read_at": "First read",
    "finished_at": "Finished",
    "grant_id": "Grant",
    "grant_ids": "Grants",
    "grant_max_days": "Longest grant, days",
    "issued_at": "Issued",
    "item_id": "Item",
    "items_digest": "Digest over its items",
    "kept_count": "Kept",
    "listed_at": "Listed",
    "model_name": "Model",
    "object_id": "Object's id",
    "object_kind": "Object",
    "occurred_at": "When",
    "opened_at": "Opened",
    "owner_label": "Whose cases",
    "paused_at": "Paused",
    "policy_version_ids": "Policy versions",
    "prefix": "Begins with",
    "proposed_at": "Proposed",
    "public_id": "Id at the recipient",
    "reader_key": "Reader's key",
    "recalled_at": "Recalled",
    "recipient_label": "Recipient",
    "requested_at": "Asked",
    "request_id": "Request",
    "requester_label": "From",
    "reopened_times": "Re-opened, times",
    "resolved_at": "Resolved",
    "revoked_at": "Ended",
    "seen_at": "Confirmed",
    "slug": "Short name",
    "started_at": "Started",
    "starts_at": "Begins",
    "tlp": "TLP",
    "token_max_days": "Longest token, days",
    "withdrawn_at": "Withdrawn",
}
Column = str | Callable[[Any], Any]


def column_for(options: "Options[Any]", name: Any) -> Column:
    """A model's column under its heading; whatever else stands in a list of columns stays as it is."""
    if not isinstance(name, str):
        column: Column = name
        return column
    try:
        field = options.get_field(name)
    except FieldDoesNotExist:
        return _value_column(name, HEADINGS[name]) if name in HEADINGS else name
    if isinstance(field, DateTimeField):
        return _moment_column(name, HEADINGS.get(name, str(field.verbose_name).capitalize()))
    return _value_column(name, HEADINGS[name]) if name in HEADINGS else name


@cache
def _moment_column(name: str, heading: str) -> Callable[[Any], str]:
    @admin.display(description=heading)
    def show(row: Any) -> str:
        return moment(getattr(row, name), to_the_second=name == "occurred_at")

    show.__name__ = name
    return show


@cache
def _value_column(name: str, heading: str) -> Callable[[Any], Any]:
    @admin.display(description=heading)
    def show(row: Any) -> Any:
        value = getattr(row, name)
        if isinstance(value, list):
            return ", ".join(map(str, value)) or "–"
        return "–" if value in ("", None) else value

    show.__name__ = name
    return show
