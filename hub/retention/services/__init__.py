"""Writes the lists, the ledger and the certificates."""
