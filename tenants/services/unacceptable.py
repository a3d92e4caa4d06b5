"""The one error of these services: what cannot be accepted, and what to do about it."""


class Unacceptable(Exception):
    """An input that breaks a rule; nothing was written. `message` may be shown to whoever asked."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
