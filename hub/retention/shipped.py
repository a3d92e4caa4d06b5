"""The rules that come with the hub, for tracks for which a tenant has none of its own. They warn, and delete nothing
before somebody has confirmed a dry run of them."""

import hashlib
from typing import Any
from uuid import UUID, uuid5

import orjson

from .rules import RuleInForce, Track, parse_rule

_NAMESPACE = UUID("6f5a3b1e-1f6a-4c55-9d1c-0c6f6f0f2a11")
SHIPPED_BY = "system:caseward"

DOCUMENTS: dict[Track, dict[str, Any]] = {
    Track.RAW_EVIDENCE: {"track": "raw_evidence", "clock": "recorded", "keep": "P2Y", "then": "purge"},
    Track.RAW_TEXT: {"track": "raw_text", "clock": "recorded", "keep": "P3Y", "then": "purge"},
    Track.PROJECTION: {"track": "projection", "clock": "recorded", "keep": "P5Y", "then": "purge"},
    Track.SUMMARY: {"track": "summary", "clock": "recorded", "keep": "P10Y", "then": "purge"},
    Track.DELIVERY: {"track": "delivery", "clock": "recorded", "keep": "P90D", "then": "purge"},
    Track.ACCESS_EVENT: {"track": "access_event", "clock": "recorded", "keep": "P2Y", "then": "purge"},
}


def shipped_rule(track: Track) -> RuleInForce:
    """The default of a track; its id is made from what it says, so another text is another rule."""
    document = DOCUMENTS[track]
    digest = hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return RuleInForce(
        id=uuid5(_NAMESPACE, digest),
        name=f"shipped default for {track}",
        number=0,
        digest=digest,
        approved_by=SHIPPED_BY,
        spec=parse_rule(document),
    )
