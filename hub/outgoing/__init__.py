"""How bytes leave to other machines: guarded connections, signatures, envelopes, and when to try again."""
