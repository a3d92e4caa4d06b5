"""CloudEvents 1.0 in the structured JSON form: one envelope for everything the hub tells other machines."""

import re
from datetime import UTC, datetime
from typing import Any

import orjson

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
_NAME = re.compile(r"[a-z0-9]{1,20}")
_OWN = {
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "data",
    "data_base64",
}


def envelope(
    *, id: str, source: str, type: str, time: datetime, data: dict[str, Any], subject: str = "", **extensions: str
) -> bytes:
    """The bytes of one event; the same arguments always give the same bytes, so that every retry has the same body.

    `source` is a URI reference, `time` has a time zone, extensions have lower-case names such as `dataclassification`.
    """
    if not (id and source and type):
        raise ValueError("A CloudEvent needs an id, a source and a type.")
    if time.tzinfo is None:
        raise ValueError("A CloudEvent's time needs a time zone.")
    for name in extensions:
        if not _NAME.fullmatch(name) or name in _OWN:
            raise ValueError(f"{name!r} is no name of a CloudEvents extension: 1 to 20 of a-z and 0-9.")
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": type,
        "time": time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": data,
        **{name: value for name, value in extensions.items() if value},
    }
    if subject:
        event["subject"] = subject
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
