"""Canaries: sensitive values of every sort, planted in every string of a case, and the search for them."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from typing import Any

from hub.demo.drawing import Draw
from hub.demo.needles import needles_for
from hub.demo.planting import Planted
from hub.demo.scanning import Leak, Scanner


@dataclass
class Canaries:
    """One person with everything that identifies him, drawn anew for each run."""

    seed: int = field(default_factory=lambda: secrets.randbits(48))
    values: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        draw = Draw(random.Random(self.seed))
        person = draw.person()
        self.values = {
            "person": ("person", person.full),
            "email": ("email", draw.email(person)),
            "phone": ("phone", draw.phone(None)),
            "iban": ("iban", draw.iban(None)),
            "card": ("credit_card", draw.card(None)),
            "key": ("api_key", draw.key(None)),
            "jwt": ("token", draw.jwt()),
            "address": ("address", draw.address(None)),
        }
        self.scanner = Scanner(
            Planted(value, category, "canary", "prose", needles_for(value, category))
            for category, value in self.values.values()
        )

    def __getitem__(self, name: str) -> str:
        return self.values[name][1]

    def found_in(self, text: str | bytes) -> list[Leak]:
        """Which canaries stand in a text, in whatever encoding."""
        return self.scanner.scan(text, "answer")

    def case(self, source_id: str, *, kind: str = "incident") -> dict[str, Any]:
        """A case in which every string that a person may write holds a canary."""
        who, mail, key = self["person"], self["email"], self["key"]
        return {
            "source": "canary",
            "source_id": source_id,
            "title": f"Refund bot promised {who} a refund that policy forbids",
            "summary": f"The customer {who} <{mail}>, phone {self['phone']}, was told card {self['card']} is refunded.",
            "write_up": {
                "hypotheses": [{"statement": f"Retrieval fetched the account of {who}", "confidence": "medium"}],
                "experiments": f"Replayed with Authorization: Bearer {self['jwt']}",
                "results": f"IBAN {self['iban']} was echoed back",
                "rationale": f"Reported by {who}, {self['address']}",
                "remediation": [f"Rotate {key}", "Ground refund answers in the policy text"],
            },
            "facts": {
                "kind": kind,
                "model": {
                    "name": "refund-bot", "version": "2.1.0", "developer": ["Acme Assist"], "deployer": [f"{who}"],
                    "artifact_types": ["system"],
                },
                "data_source": f"s3://support/{mail}/2026",
                "environment": {"region": "eu-west", "operator": who, "contact": mail},
                "occurred": {"from": "2026-03-04", "to": "2026-03-04", "granularity": "day"},
                "severity": {"scheme": "cvss", "label": "high", "score": 8.1},
                "impact": {"customers": 1, "note": f"{who} closed the account"},
                "links": [{"label": "run", "url": f"https://runs.example.org/42?user={mail}"}],
                "provenance": {"source": "tickets", "path": f"/home/{mail.partition('@')[0]}/ticket.md"},
            },
            "tags": ['avid:sep="P0204"', 'avid:lifecycle="L05"'],
            "evidence": [
                {
                    "name": "transcript", "kind": "logs", "media_type": "text/plain",
                    "payload": f"2026-03-04 10:11:12 INFO user={mail} said: my name is {who}\ntool=refund key={key}",
                },
                {
                    "name": "features", "kind": "features", "media_type": "application/json",
                    "payload": {"user": {"email": mail, "full_name": who, "iban": self["iban"]}, "score": 0.91},
                },
            ],
        }  # fmt: skip


def different_canaries(count: int) -> list[Canaries]:
    """Canaries of several people none of whom shares a name, or anything else, with another."""
    found: list[Canaries] = []
    while len(found) < count:
        drawn = Canaries()
        words = str(drawn.values)
        if not any(other.found_in(words) or drawn.found_in(str(other.values)) for other in found):
            found.append(drawn)
    return found
