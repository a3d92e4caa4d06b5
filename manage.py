#!/usr/bin/env python3
"""The one door to the project: sets up what a command needs, then runs it."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is what says so
    # In words that an old interpreter can read.
    found = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit(
        "Caseward needs Python 3.11 or newer; this is " + found + " (" + sys.executable + "). "
        "Start it with a newer interpreter, for example: python3.11 manage.py demo"
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
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # Whoever had started something has stopped it on the way here.
        sys.exit(130)
