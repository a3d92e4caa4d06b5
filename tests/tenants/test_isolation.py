"""The database wall, tried as the application's own login: nothing is seen, written or pointed at across tenants."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, connection, transaction

from tenants.actors import ANONYMOUS, Actor, ActorKind, system_actor
from tenants.models import (
    Invitation,
    Membership,
    RoleGroup,
    ServiceToken,
    Team,
    TeamGroupObjectPermission,
    Tenant,
    TenantGroupObjectPermission,
    User,
)
from tenants.queries import Recipient, find_recipient, find_team, members_of, memberships_of, tenants_of
from tenants.roles import Role
from tenants.scoping import acting_as, current_settings, with_settings
from tenants.services import add_member, create_team, create_tenant, invite
from tests.cast import CONSOLE, Cast

OWN_MODELS = (Tenant, Team, User, Membership, RoleGroup, TeamGroupObjectPermission, TenantGroupObjectPermission)


def walled_tables() -> list[str]:
    """Every table of the application with a tenant, and the two that say who there is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
            " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
            " AND c.relname <> 'tenants_tenantwork'"
        )
        return [*(row[0] for row in cursor.fetchall()), "tenants_tenant", "tenants_user"]


def count(table: str) -> int:
    """Rows of one table as this login sees them; those that belong to no tenant are everybody's."""
    owned = "" if table in ("tenants_tenant", "tenants_user") else "WHERE tenant_id IS NOT NULL"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} {owned}")
        return int(cursor.fetchone()[0])


def test_the_login_is_the_applications(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("caseward_app",)


def test_unset_settings_show_nothing_in_any_table(cast: Cast) -> None:
    cast.token("carol")
    tables = walled_tables()
    assert {"tenants_servicetoken", "tenants_membership", "catalog_case", "sharing_projection"} <= set(tables)
    with acting_as(ANONYMOUS):
        assert {table: count(table) for table in tables if count(table)} == {}
    with acting_as(CONSOLE):  # the rows are there
        assert [model.objects.count() for model in (Tenant, Team, User, Membership)] == [3, 5, 12, 11]


def test_a_tenant_sees_its_own_rows_only(cast: Cast) -> None:
    cast.token("carol")
    cast.token("alice")
    with acting_as(cast["carol"]):
        assert list(Tenant.objects.values_list("slug", flat=True)) == ["borealis"]
        assert sorted(Team.objects.values_list("address", flat=True)) == ["borealis/drift", "borealis/lumen"]
        assert sorted(User.objects.values_list("display_name", flat=True)) == ["Carol", "Dave", "Oscar"]
        assert {row.tenant_id for row in Membership.objects.all()} == {cast.tenant("borealis").pk}
        assert [token.user_id for token in ServiceToken.objects.all()] == [cast.user("carol").pk]
        for model in (RoleGroup, TeamGroupObjectPermission, TenantGroupObjectPermission):
            assert set(model.objects.values_list("tenant_id", flat=True)) == {cast.tenant("borealis").pk}


def test_a_member_of_two_tenants_sees_the_other_from_outside_only(cast: Cast) -> None:
    with acting_as(CONSOLE):
        add_member(cast.tenant("borealis"), cast.user("alice"), Role.READER, cast.team("borealis/drift"))
    acme = cast.tenant("acme")
    actor = Actor(kind=ActorKind.USER, tenant_id=acme.pk, user_id=cast.user("alice").pk)
    with acting_as(actor):
        assert sorted(Tenant.objects.values_list("slug", flat=True)) == ["acme", "borealis"]
        assert sorted(row.tenant.slug for row in memberships_of(cast.user("alice").pk)) == ["acme", "borealis"]
        assert not User.objects.filter(pk=cast.user("carol").pk).exists()
        assert not RoleGroup.objects.filter(tenant=cast.tenant("borealis")).exists()
        assert [tenant.slug for tenant in tenants_of(cast.user("alice").pk)] == ["acme", "borealis"]
        assert [row.user.display_name for row in members_of(acme.pk).filter(role=Role.AUDITOR)] == ["Erin"]


@pytest.mark.parametrize("table", ["tenants_team", "tenants_membership", "tenants_rolegroup"])
def test_rows_of_another_tenant_can_neither_be_changed_nor_deleted(cast: Cast, table: str) -> None:
    other = str(cast.tenant("acme").pk)
    with acting_as(cast["oscar"]), connection.cursor() as cursor:
        own = str(cast.tenant("borealis").pk)
        cursor.execute(f"UPDATE {table} SET tenant_id = %s WHERE tenant_id = %s", [own, other])
        assert cursor.rowcount == 0
        cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [other])
        assert cursor.rowcount == 0


def test_nothing_is_written_into_another_tenant(cast: Cast) -> None:
    acme, atlas, carol = cast.tenant("acme"), cast.team("acme/atlas"), cast.user("carol")
    writes = (
        lambda: Team(tenant=acme, slug="mole", name="Mole", address="acme/mole").save(force_insert=True),
        lambda: Membership(tenant=acme, team=atlas, user=carol, role="reader").save(force_insert=True),
        lambda: invite(acme, "mole@acme.example", Role.READER, team=atlas),
        lambda: create_tenant("delta", "Delta"),
    )
    for write in writes:
        with acting_as(cast["carol"]), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            write()


def test_a_row_is_not_moved_to_another_tenant(cast: Cast) -> None:
    with acting_as(cast["oscar"]), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Team.objects.filter(pk=cast.team("borealis/lumen").pk).update(tenant=cast.tenant("acme"))


@pytest.mark.parametrize("team", ["acme/atlas", "nobody's"])
def test_a_foreign_key_into_another_tenant_fails_like_one_into_nothing(cast: Cast, team: str) -> None:
    team_id = cast.teams[team].pk if team in cast.teams else uuid4()
    membership = Membership(tenant=cast.tenant("borealis"), team_id=team_id, user=cast.user("dave"), role="reader")
    with acting_as(cast["oscar"]), pytest.raises(IntegrityError) as failure:
        _enforced(lambda: membership.save(force_insert=True))
    assert 'violates foreign key constraint "tenants_membership_team_fk"' in str(failure.value)


def test_object_permissions_stay_in_their_tenant(cast: Cast) -> None:
    borealis = cast.tenant("borealis")
    with acting_as(cast["oscar"]):
        row = TeamGroupObjectPermission.objects.filter(tenant=borealis).first()
        assert row is not None
        rows = TeamGroupObjectPermission.objects.filter(pk=row.pk)
        with pytest.raises(IntegrityError, match="tenants_teamgroupobjectpermission_content_object_fk"):
            _enforced(lambda: rows.update(content_object=cast.team("acme/atlas")))
        with pytest.raises(IntegrityError, match="tenants_tenantpermission_own"), transaction.atomic():
            TenantGroupObjectPermission.objects.filter(tenant=borealis).update(content_object=cast.tenant("acme"))


def test_a_team_is_found_abroad_by_its_whole_address_only(cast: Cast) -> None:
    acme, atlas = cast.tenant("acme"), cast.team("acme/atlas")
    with acting_as(cast["carol"]):
        assert find_recipient("acme/atlas") == Recipient(acme.pk, atlas.pk, "acme/atlas")
        assert find_recipient("acme") == Recipient(acme.pk, None, "acme")
        for address in ("", "acme/", "acme/atla", "acme/%", "ACME/atlas", "acme/atlas\0", "atlas", "acm"):
            assert find_recipient(address) is None
        assert find_team(atlas.pk) is None  # the directory is closed again
        with with_settings(directory="acme/atlas"):
            abroad = Team.objects.exclude(tenant=cast.tenant("borealis"))
            assert [team.address for team in abroad] == ["acme/atlas"]


def test_a_key_shows_its_own_row_only(cast: Cast) -> None:
    cast.token("carol")
    cast.token("dave")
    with acting_as(CONSOLE):
        _, key = invite(cast.tenant("acme"), "new@acme.example", Role.OFFICER)
        invite(cast.tenant("acme"), "other@acme.example", Role.OFFICER)
    with acting_as(cast["carol"]):
        digest = ServiceToken.objects.get(user=cast.user("carol")).digest
    with acting_as(ANONYMOUS):
        with with_settings(token_digest=digest):
            assert [token.user_id for token in ServiceToken.objects.all()] == [cast.user("carol").pk]
            assert Invitation.objects.count() == 0
        with with_settings(token_digest=key.digest):
            assert [row.email for row in Invitation.objects.all()] == ["new@acme.example"]
            assert ServiceToken.objects.count() == 0


def test_the_login_setting_shows_one_account_by_exact_email(cast: Cast) -> None:
    with acting_as(ANONYMOUS):
        for email, seen in (("olga@acme.example", 1), ("OLGA@acme.example", 0), ("%", 0), ("", 0)):
            with with_settings(login=email):
                assert User.objects.count() == seen


def test_nobody_but_an_operator_makes_an_operator(cast: Cast) -> None:
    alice = cast.user("alice")
    with acting_as(cast["alice"]), pytest.raises(DatabaseError, match="only an operator"), transaction.atomic():
        User.objects.filter(pk=alice.pk).update(is_operator=True)
    with acting_as(cast["alice"]), pytest.raises(DatabaseError, match="only an operator"), transaction.atomic():
        User(email="mole@acme.example", display_name="Mole", is_operator=True).save(force_insert=True)
    with acting_as(CONSOLE):
        assert User.objects.filter(is_operator=True).count() == 1
        with pytest.raises(IntegrityError, match="user_never_superuser"), transaction.atomic():
            User.objects.filter(pk=alice.pk).update(is_superuser=True)


def test_a_person_changes_no_other_persons_account(cast: Cast) -> None:
    with acting_as(cast["alice"]):
        assert User.objects.filter(pk=cast.user("bob").pk).update(display_name="Changed") == 0
        assert User.objects.filter(pk=cast.user("alice").pk).update(display_name="Alice A.") == 1


def test_people_and_keys_are_never_deleted_by_the_application(cast: Cast) -> None:
    cast.token("alice")
    for table in ("tenants_user", "tenants_servicetoken", "tenants_tenant"):
        for actor in (cast["alice"], CONSOLE):
            with acting_as(actor), connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {table}")
                assert cursor.rowcount == 0


def test_the_operator_sees_who_but_no_tokens(cast: Cast) -> None:
    cast.token("alice")
    with acting_as(cast["petra"]):
        assert Team.objects.count() == 5
        assert ServiceToken.objects.count() == 0


def test_background_work_sees_the_tenant_it_was_given(cast: Cast) -> None:
    with acting_as(system_actor(cast.tenant("cobalt").pk, "projections")):
        assert list(Team.objects.values_list("address", flat=True)) == ["cobalt/quarry"]
        assert current_settings()["caseward.raw_reach"] == "tenant"
    with acting_as(system_actor(None, "sweep")):
        assert Team.objects.count() == 0


def test_acting_as_restores_what_stood_before(cast: Cast) -> None:
    with acting_as(cast["carol"]):
        carols = current_settings()
        with acting_as(cast["alice"]):
            assert current_settings()["caseward.tenant_id"] == str(cast.tenant("acme").pk)
        assert current_settings() == carols
        with pytest.raises(ValueError, match="on purpose"), acting_as(cast["olga"]):
            raise ValueError("on purpose")
        assert current_settings() == carols
        with pytest.raises(ValueError, match="on purpose"), with_settings(directory="acme/atlas"):
            raise ValueError("on purpose")
        assert current_settings() == carols
        with pytest.raises(DatabaseError), acting_as(cast["olga"]), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert current_settings() == carols


def test_a_tenant_that_is_no_uuid_is_an_error_and_not_an_opening(cast: Cast) -> None:
    with acting_as(ANONYMOUS), pytest.raises(DatabaseError, match="uuid"), with_settings(tenant_id="everything"):
        list(Team.objects.all())


def test_names_tell_what_they_may(cast: Cast) -> None:
    with acting_as(CONSOLE):
        assert create_team(cast.tenant("acme"), "orbit", "Orbit").address == "acme/orbit"
        names = Group.objects.values_list("name", flat=True)
        assert all(UUID(name).version == 4 for name in names)


def _enforced(write: Callable[[], object]) -> None:
    """Write, and check at once what is checked at the commit."""
    with transaction.atomic():
        write()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(("who", "people"), [("carol", 3), ("alice", 7), (None, 0)])
def test_who_is_in_which_group_stays_in_the_tenant(cast: Cast, who: str | None, people: int) -> None:
    groups_of = User.groups.through.objects
    with acting_as(CONSOLE):
        atlas = RoleGroup.objects.filter(tenant=cast.tenant("acme"), team=cast.team("acme/atlas")).first()
        assert atlas is not None
    with acting_as(cast[who] if who else ANONYMOUS):
        assert groups_of.count() == people
        if who == "carol":
            with pytest.raises(DatabaseError), transaction.atomic():
                groups_of.create(user_id=cast.user("carol").pk, group_id=atlas.group_id)
            assert groups_of.filter(group_id=atlas.group_id).delete()[0] == 0
    with acting_as(CONSOLE):
        assert groups_of.count() == 11
