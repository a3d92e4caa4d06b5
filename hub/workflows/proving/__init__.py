"""Continuous proof of isolation: two synthetic tenants attack each other, and every guard is looked at by itself."""
