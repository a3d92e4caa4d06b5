#!/usr/bin/env python3
"""The one door to the project: sets up what a command needs, then runs it."""

import os
import sys

if sys.version_info < (3, 11):
    found = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit(
        "Caseward needs Python 3.11 or newer; this is %s (%s). Start it with a newer interpreter, "
        "for example: python3.11 manage.py demo" % (found, sys.executable)  # noqa: UP031 - an old Python must be able to read this
    )

from hub.embedded import commanding, installing


def main() -> int:
    """Install the locked packages where needed, then dispatch."""
    arguments = sys.argv[1:]
    wants_tools = arguments[:1] == ["test"]
    if os.environ.get("CASEWARD_BOOTSTRAP", "1") != "0":
        installing.ensure_environment(wants_tools=wants_tools)
    return commanding.run(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
