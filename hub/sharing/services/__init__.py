"""Writes of the sharing layer; each keeps its invariants and is called by workflows alone."""
