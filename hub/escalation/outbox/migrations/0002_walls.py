"""Walls and tenant keys of the outbox; sealed secrets open to the governing side and to background work alone."""

from django.db import migrations

from tenants.isolation import GOVERNS, TENANT, tenant_keys, wall


class Migration(migrations.Migration):
    """Walls and tenant keys of the outbox."""

    dependencies = [("outbox", "0001_initial"), ("tenants", "0002_walls")]

    operations = [
        tenant_keys("outbox_destination"),
        tenant_keys("outbox_destinationsecret", destination="outbox_destination"),
        tenant_keys("outbox_delivery", destination="outbox_destination"),
        tenant_keys("outbox_ticketmirror", destination="outbox_destination"),
        tenant_keys("outbox_inboundmessage", destination="outbox_destination"),
        wall("outbox_destination"),
        wall("outbox_destinationsecret", read=f"tenant_id = {TENANT} AND {GOVERNS}"),
        wall("outbox_delivery"),
        wall("outbox_ticketmirror"),
        wall("outbox_inboundmessage"),
    ]
