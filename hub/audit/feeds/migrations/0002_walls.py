"""Walls and tenant keys of feeds; sealed secrets open to the governing side and to background work alone."""

from django.db import migrations

from tenants.isolation import GOVERNS, TENANT, tenant_keys, wall


class Migration(migrations.Migration):
    """Walls and tenant keys of feeds."""

    dependencies = [("feeds", "0001_initial"), ("tenants", "0002_walls"), ("audit", "0007_quiet_checkpoints")]

    operations = [
        tenant_keys("feeds_feed"),
        tenant_keys("feeds_feedsecret", feed="feeds_feed"),
        wall("feeds_feed"),
        wall("feeds_feedsecret", read=f"tenant_id = {TENANT} AND {GOVERNS}"),
    ]
