"""GitHub: issues that mirror tickets, and repository dispatch for retraining."""
