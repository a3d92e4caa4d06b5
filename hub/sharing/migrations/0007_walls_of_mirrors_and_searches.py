"""The walls of mirrors, which belong to the reader's tenant, and of saved searches, which belong to one person."""

from django.db import migrations

from tenants.isolation import TENANT, USER, tenant_keys, wall

OWN = f"tenant_id = {TENANT} AND user_id = {USER}"


class Migration(migrations.Migration):
    """Walls and tenant keys."""

    dependencies = [("sharing", "0006_mirrors_and_searches")]

    operations = [
        tenant_keys("sharing_mirror"),
        tenant_keys("sharing_mirrorentry", mirror="cascade:sharing_mirror"),
        tenant_keys("sharing_savedsearch"),
        wall("sharing_mirror"),
        wall("sharing_mirrorentry"),
        wall("sharing_savedsearch", read=OWN, write=OWN),
    ]
