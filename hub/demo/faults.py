"""What stops the demo, in words for whoever watches it."""


class DemoError(RuntimeError):
    """The demo could not go on; the message says at which step and why."""
