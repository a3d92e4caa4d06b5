"""The one error of these services: what cannot be accepted, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unacceptable(Exception):
    """An input that breaks a rule; nothing was written. `message` may be shown to whoever asked."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"
