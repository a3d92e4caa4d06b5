"""Who the embedded servers run as: ourselves, or, when we are root, an account without rights."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .faults import EmbeddedError


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the operating system; `is_other` when we are root and step down to it."""

    uid: int
    gid: int
    is_other: bool

    def process_options(self, folder: Path) -> dict[str, Any]:
        """Options for `subprocess` that start a program under this account with a bare environment."""
        bare = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder), "TZ": "UTC"}
        options: dict[str, Any] = {"cwd": folder, "env": bare}
        if self.is_other:
            options.update(user=self.uid, group=self.gid, extra_groups=[])
        return options

    def own(self, path: Path, mode: int) -> None:
        """Give a file or folder to this account."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)


def choose_account() -> Account:
    """The account to run servers under. PostgreSQL refuses to run as root, and rightly so."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), is_other=False)
    wanted = os.environ.get("CASEWARD_SERVICE_USER")
    for name in [wanted] if wanted else ["postgres", "nobody"]:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid, is_other=True)
    raise EmbeddedError(
        "Running as root, and there is no unprivileged account to start PostgreSQL under. "
        "Name one in CASEWARD_SERVICE_USER, or start as an ordinary user."
    )
