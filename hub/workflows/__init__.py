"""Decide, act, record, answer: the only layer that doors (API, admin, commands) may ask to do something."""
