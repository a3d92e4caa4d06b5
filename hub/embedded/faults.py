"""What can go wrong with the embedded servers, in a sentence for the person at the keyboard."""


class EmbeddedError(Exception):
    """The embedded servers cannot do what was asked; the message says why and what helps."""
