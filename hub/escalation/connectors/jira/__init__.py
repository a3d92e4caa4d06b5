"""Jira: issues that mirror tickets."""
