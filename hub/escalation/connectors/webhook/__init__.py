"""Signed webhooks: Standard Webhooks around a CloudEvent."""
