"""What a grant says, as a value: to whom, under which profile, for what, which cases, until when."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SELECTION_KEYS = ("tags", "models", "kinds", "cases")
GROUP_PREFIX = "group:"


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """The terms of a sharing grant as an officer writes them down.

    `recipient` is an address `tenant/team`, a whole `tenant`, or `group:slug`. `selection` has lists under `tags`,
    `models`, `kinds` and `cases`; each list that is not empty must hold by one of its members.
    """

    recipient: str
    profile: str
    purpose: str
    ceiling_class: str
    ceiling_tlp: str
    starts_at: datetime
    expires_at: datetime
    selection: dict[str, list[Any]] = field(default_factory=dict)
