"""Drafts, proposals, two people, versions: the one mechanism behind every policy."""
