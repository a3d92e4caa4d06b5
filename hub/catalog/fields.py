"""Takes known fields out of a mapping one by one, checked; what nobody took is left over as unmapped."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from .limits import MAX_LIST, DraftError, join


class Fields:
    """A mapping that is being read. Every taker names what it expects, so that a problem says where and what."""

    def __init__(self, mapping: Any, path: str = "") -> None:
        if not isinstance(mapping, Mapping):
            raise DraftError(path, "must be a map of named fields")
        self._left: dict[str, Any] = {key: value for key, value in mapping.items() if value is not None}
        self._path = path

    def at(self, name: str) -> str:
        """The path of one of the fields."""
        return join(self._path, name)

    def take(self, name: str) -> Any:
        """The field as it is, or None."""
        return self._left.pop(name, None)

    def text(self, name: str, limit: int, *, required: bool = False) -> str:
        """A string of at most `limit` characters, without blanks at its ends; numbers are taken as their digits."""
        value = self.take(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if value is None or value == "":
            if required:
                raise DraftError(self.at(name), "is missing")
            return ""
        if not isinstance(value, str):
            raise DraftError(self.at(name), "must be a text")
        value = value.strip()
        if required and not value:
            raise DraftError(self.at(name), "is empty")
        if len(value) > limit:
            raise DraftError(self.at(name), f"is longer than {limit} characters")
        return value

    def prose(self, name: str, limit: int, *, required: bool = False) -> str:
        """Words that somebody has written: a bare number in their place is a mistake, and is told."""
        if isinstance(self._left.get(name), int | float):
            raise DraftError(self.at(name), "must be a text")
        return self.text(name, limit, required=required)

    def choice(self, name: str, allowed: Sequence[str], *, default: str) -> str:
        """One of a closed list, in any case."""
        value = self.text(name, 60).lower()
        if value and value not in allowed:
            raise DraftError(self.at(name), f"must be one of: {', '.join(allowed)}")
        return value or default

    def texts(self, name: str, limit: int) -> tuple[str, ...]:
        """A list of strings; a single string counts as a list of one."""
        value = self.take(name)
        if value is None:
            return ()
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise DraftError(self.at(name), "must be a list of texts")
        if len(value) > MAX_LIST:
            raise DraftError(self.at(name), f"has more than {MAX_LIST} entries")
        for index, item in enumerate(value):
            if len(item) > limit:
                raise DraftError(f"{self.at(name)}[{index}]", f"is longer than {limit} characters")
        return tuple(item.strip() for item in value if item.strip())

    def mapping(self, name: str) -> dict[str, Any]:
        """A map, empty when absent."""
        value = self.take(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise DraftError(self.at(name), "must be a map of named fields")
        return dict(value)

    def items(self, name: str) -> list[Any]:
        """A list of anything, empty when absent."""
        value = self.take(name)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise DraftError(self.at(name), "must be a list")
        return list(value)

    def inside(self, name: str) -> "Fields":
        """The fields of a map one level down, empty when absent."""
        return Fields(self.mapping(name), self.at(name))

    def number(self, name: str) -> Decimal | None:
        """A score below 1,000, to three places: what the column holds."""
        value = self.take(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise DraftError(self.at(name), "must be a number")
        # Compared once before, so that rounding is never asked for infinity, and once after it rounded up.
        if not -1000 < float(value) < 1000 or abs(score := Decimal(str(value)).quantize(Decimal("0.001"))) >= 1000:
            raise DraftError(self.at(name), "must be below 1000")
        return score

    def left(self) -> dict[str, Any]:
        """What nobody took."""
        return dict(self._left)
