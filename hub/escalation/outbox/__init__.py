"""The outbox: destinations, and what is to be told to each of them, exactly once."""
