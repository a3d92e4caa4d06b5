"""Where the embedded servers keep their data, sockets and secrets: one private folder per checkout."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from .account import Account
from .faults import EmbeddedError

ROOT = Path(__file__).resolve().parents[2]


def state_folder() -> Path:
    """`.caseward` in the checkout, or what CASEWARD_STATE names."""
    return Path(os.environ.get("CASEWARD_STATE") or ROOT / ".caseward").absolute()


class State:
    """The folders of one set of servers: `data` for what lasts, `sockets` for what lives as long as they run."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.folder = folder.resolve()
        self.account = account
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:10]
        # A socket's path holds 107 bytes at most, so the sockets do not stand in the state folder.
        self.sockets = Path("/tmp") / f"caseward-{os.getuid()}-{digest}"  # noqa: S108 - private, checked below
        self.data = self.folder
        if account.is_other and not _is_traversable(self.folder):
            # Root's state folder may stand below a closed home: the server's account keeps its data elsewhere.
            self.data = Path("/var/tmp") / self.sockets.name  # noqa: S108 - private, checked below

    def prepare(self) -> None:
        """Make the folders, and refuse ones that somebody else made."""
        try:
            for folder in {self.folder, self.data}:
                folder.mkdir(parents=True, exist_ok=True)
                # The server's account must pass through; its own folders inside are closed to everyone else.
                folder.chmod(0o755 if self.account.is_other else 0o700)
            self.sockets.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise EmbeddedError(
                f"The state folder {self.folder} cannot be prepared ({error.strerror}). "
                "Name a folder of your own in CASEWARD_STATE."
            ) from None
        for folder in {self.data, self.sockets}:
            if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), self.account.uid}:
                raise EmbeddedError(f"{folder} belongs to somebody else; remove it or name another CASEWARD_STATE.")
        self.account.own(self.sockets, 0o700)

    def secret(self, name: str) -> str:
        """A secret made at first use, readable by us alone."""
        return keep_secret(self.folder / f"{name}.secret", secrets.token_urlsafe(32))


def keep_secret(path: Path, proposed: str) -> str:
    """The secret that stands in a file; the proposed one when there was none. Two at once agree on one."""
    if not path.exists():
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        write_private(unfinished, proposed)
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, path)
        unfinished.unlink()
    return path.read_text()


def write_private(path: Path, content: str) -> None:
    """Write a file that only we can read, complete or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    unfinished.rename(path)


def read_record(path: Path) -> dict[str, Any] | None:
    """A JSON record, or None while there is none."""
    try:
        record = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    except PermissionError:
        raise EmbeddedError(
            f"The servers of {path.parent} were started by another user. Run as that user, or name a state folder of "
            "your own in CASEWARD_STATE."
        ) from None
    return record if isinstance(record, dict) else None


def _is_traversable(path: Path) -> bool:
    while not path.exists():
        path = path.parent
    return all(step.stat().st_mode & 0o001 for step in [path, *path.parents])
