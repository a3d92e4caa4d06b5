"""Texts of our own making to measure speed on: short prose, log lines and JSON, with people and identifiers in them."""

from __future__ import annotations

import json
import random
from typing import Any

_GIVEN = ("Anna", "Tomás", "Ingrid", "Wei", "Farida", "Oliver", "Chiara", "Marek")
_FAMILY = ("Keller", "Oyelaran", "Lindqvist", "Castellano", "Brouwer", "Novotny", "Haddad", "Whitcombe")
_TOWNS = ("Kassel", "Utrecht", "Leeds", "Bologna", "Toulouse", "Porto")
_FAULTS = (
    "the classifier refused valid invoices after the retraining",
    "the summary named a patient who was not in the room",
    "embeddings drifted and the search returned other people's tickets",
    "the assistant repeated a password from an earlier session",
)
_LOG = (
    "2026-03-{day:02} 08:{minute:02}:11 INFO worker-{number} user={login} ip=10.2.{number}.{minute} "
    "latency_ms={ms} step={step}"
)


def texts(count: int, seed: int = 7) -> dict[str, list[Any]]:
    """So many documents of each kind; the same seed gives the same documents."""
    draw = random.Random(seed)
    made: dict[str, list[Any]] = {"short prose": [], "log lines": [], "JSON": []}
    for _ in range(count):
        given, family, town = draw.choice(_GIVEN), draw.choice(_FAMILY), draw.choice(_TOWNS)
        login = f"{given[0].lower()}{family.lower()}{draw.randrange(10, 99)}"
        mail, number = f"{login}@example.org", draw.randrange(2, 250)
        made["short prose"].append(
            f"{given} {family} from {town} reported on {draw.randrange(1, 28)} March that {draw.choice(_FAULTS)}. "
            f"Please call +49 561 {draw.randrange(100000, 999999)} or write to {mail} before the review."
        )
        made["log lines"].append(
            "\n".join(
                _LOG.format(
                    day=draw.randrange(1, 28),
                    minute=draw.randrange(60),
                    number=number,
                    login=login,
                    ms=draw.randrange(4000),
                    step=step,
                )
                for step in range(12)
            )
        )
        made["JSON"].append(
            {
                "case": {"model": "intent-router", "f1": round(draw.random(), 3), "epochs": draw.randrange(40)},
                "customer": {"name": f"{given} {family}", "email": mail, "city": town, "id": f"KD-{number}0{number}"},
                "message": f"{draw.choice(_FAULTS)}, says {given}",
            }
        )
    return made


def as_text(document: Any) -> str:
    """What a tool that knows only strings is given."""
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
