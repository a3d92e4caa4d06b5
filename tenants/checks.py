"""System checks that refuse to run on an unsafe database."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections

APP_ALIAS = "default"
OLDEST_POSTGRESQL = 18
# Ids and a kind, read by sweeps before they know a tenant.
CONTENT_FREE = ("tenants_tenantwork",)
# guardian's tables for any model, and Django's own grants to users: neither knows a tenant, so neither may hold a row.
TENANTLESS_GRANTS = (
    "guardian_userobjectpermission",
    "guardian_groupobjectpermission",
    "tenants_user_user_permissions",
    "auth_group_permissions",
)


@register()
def check_no_anonymous_user(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """guardian would make an account for everybody who is not signed in."""
    if getattr(settings, "ANONYMOUS_USER_NAME", "AnonymousUser") is None:
        return []
    return [
        Error(
            "django-guardian would create an anonymous user, who could be given rights.",
            hint="Set ANONYMOUS_USER_NAME = None.",
            id="tenants.E001",
        )
    ]


@register(Tags.database)
def check_database(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Whether the application's login is walled in: checked on the connection that requests are answered on."""
    if not databases or APP_ALIAS not in databases:
        return []
    try:
        return [*_check_server(), *_check_role(), *_check_walls(), *_check_grants()]
    except DatabaseError as error:
        return [
            Error(
                f"The database does not answer ({type(error).__name__}).",
                hint="Check DATABASE_URL, and that the server is running.",
                id="tenants.E002",
            )
        ]


def _check_server() -> list[CheckMessage]:
    number = int(_rows("SELECT current_setting('server_version_num')::int")[0][0])
    if number >= OLDEST_POSTGRESQL * 10000:
        return []
    return [
        Error(
            f"PostgreSQL {number // 10000} is too old: the hub needs {OLDEST_POSTGRESQL} or later.",
            hint="Upgrade the server.",
            id="tenants.E003",
        )
    ]


def _check_role() -> list[CheckMessage]:
    name = _rows("SELECT current_user")[0][0]
    errors: list[CheckMessage] = []
    # A role that the login may take on counts like the login itself.
    mighty = _rows(
        "SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(current_user, oid, 'MEMBER')"
        " AND (NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR rolname = current_user)"
    )
    if mighty:
        errors.append(
            Error(
                f"The application logs in as {name}, for whom row-level security does not hold.",
                hint="Log in as caseward_app: no SUPERUSER, no BYPASSRLS, member of no such role.",
                id="tenants.E004",
            )
        )
    owned = _rows(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'audit')"
        " AND pg_has_role(current_user, c.relowner, 'MEMBER')"
        " AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
    )[0][0]
    if owned:
        errors.append(
            Error(
                f"The application logs in as {name}, who owns {owned} tables and could take their walls down.",
                hint="Let caseward_owner own the tables, and log in as caseward_app.",
                id="tenants.E005",
            )
        )
    return errors


def _check_walls() -> list[CheckMessage]:
    open_tables = _rows(
        "SELECT DISTINCT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped"
        " WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public' AND NOT c.relname = ANY (%s)"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1",
        [list(CONTENT_FREE)],
    )
    return [
        Error(
            f"The table {table} belongs to tenants and has no forced row-level security.",
            hint="Add tenants.isolation.wall(...) for it in a migration.",
            id="tenants.E006",
        )
        for (table,) in open_tables
    ]


def _check_grants() -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    for table in TENANTLESS_GRANTS:
        # Before the first migration there is no table, and so no row.
        if _rows("SELECT to_regclass(%s) IS NOT NULL", [table])[0][0] and _rows(f"SELECT 1 FROM {table} LIMIT 1"):
            errors.append(
                Error(
                    f"The table {table} holds rights that no tenant and no role stands behind.",
                    hint="Delete its rows; rights come from memberships, and are derived from them.",
                    id="tenants.E007",
                )
            )
    return errors


def _rows(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connections[APP_ALIAS].cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return list(cursor.fetchall())
