"""Labelled texts of the kind that ML teams keep, made by our own generator: `python -m tests.redaction.corpus`."""

from .writing import KINDS, documents

__all__ = ["KINDS", "documents"]
