"""The keys that tokens and invitations are carried by: `cw_<prefix>_<secret>`, of which only a digest is kept."""

import hashlib
import re
import secrets
import string
from dataclasses import dataclass

ALPHABET = string.ascii_letters + string.digits
PREFIX_LENGTH = 10
# 40 letters and digits are 238 bits: a fast digest is enough, there is nothing to guess.
SECRET_LENGTH = 40
PATTERN = re.compile(rf"cw_([A-Za-z0-9]{{{PREFIX_LENGTH}}})_([A-Za-z0-9]{{{SECRET_LENGTH}}})")


@dataclass(frozen=True, slots=True)
class Key:
    """A key in two parts: the prefix is shown in lists, the secret to nobody twice."""

    prefix: str
    secret: str

    @property
    def text(self) -> str:
        """The key as its bearer writes it."""
        return f"cw_{self.prefix}_{self.secret}"

    @property
    def digest(self) -> str:
        """What the hub keeps of the secret."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def __repr__(self) -> str:
        return f"Key({self.prefix})"


def new_key() -> Key:
    """A key that nobody has had before."""
    return Key(_draw(PREFIX_LENGTH), _draw(SECRET_LENGTH))


def parse_key(text: str) -> Key | None:
    """The two parts of a key, or None where the text is no key."""
    match = PATTERN.fullmatch(text.strip())
    return Key(match[1], match[2]) if match else None


def _draw(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
