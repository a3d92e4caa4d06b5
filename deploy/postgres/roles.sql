-- Roles, database and default rights of Caseward. Run by a superuser with psql, once before the first migration and
-- again after every upgrade; it can run any number of times:
--
--   CASEWARD_APP_PASSWORD=… CASEWARD_OWNER_PASSWORD=… CASEWARD_KEEPER_PASSWORD=… \
--   CASEWARD_AUDITOR_PASSWORD=… CASEWARD_BACKUP_PASSWORD=… \
--   psql -v ON_ERROR_STOP=1 -d postgres -f roles.sql
--
-- A password that is not given stays as it is. CASEWARD_DATABASE names the database (caseward when not given).
-- Passwords are read from the environment, so that no process list and no shell history shows them.

\set ON_ERROR_STOP on
-- Passwords pass through statements below: whatever the server's own setting, this session logs none of them.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';

SELECT current_setting('server_version_num')::int < 180000 AS is_too_old \gset
\if :is_too_old
  \warn 'Caseward needs PostgreSQL 18 or newer.'
  SELECT 1/0 AS "Caseward needs PostgreSQL 18 or newer";
\endif

\set database caseward
\getenv database CASEWARD_DATABASE

-- caseward_owner    owns the tables in public; migrations run as it, nothing else does
-- caseward_app      the hub itself, web and workers: owns nothing, creates nothing, every row through row-level security
-- caseward_keeper   owns the schema audit and nothing else: partitions, positions, seals
-- caseward_auditor  reads the schema audit
-- caseward_backup   reads everything, for pg_dump
SELECT format('CREATE ROLE %I LOGIN', wanted.role)
FROM (VALUES ('caseward_owner'), ('caseward_app'), ('caseward_keeper'), ('caseward_auditor'), ('caseward_backup')) AS wanted (role)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.role)
\gexec

ALTER ROLE caseward_owner   LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT;
ALTER ROLE caseward_app     LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
ALTER ROLE caseward_keeper  LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
ALTER ROLE caseward_auditor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
ALTER ROLE caseward_backup  LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS   NOINHERIT;

\set password ''
\getenv password CASEWARD_OWNER_PASSWORD
SELECT format('ALTER ROLE caseward_owner PASSWORD %L', :'password') WHERE :'password' <> '' \gexec
\set password ''
\getenv password CASEWARD_APP_PASSWORD
SELECT format('ALTER ROLE caseward_app PASSWORD %L', :'password') WHERE :'password' <> '' \gexec
\set password ''
\getenv password CASEWARD_KEEPER_PASSWORD
SELECT format('ALTER ROLE caseward_keeper PASSWORD %L', :'password') WHERE :'password' <> '' \gexec
\set password ''
\getenv password CASEWARD_AUDITOR_PASSWORD
SELECT format('ALTER ROLE caseward_auditor PASSWORD %L', :'password') WHERE :'password' <> '' \gexec
\set password ''
\getenv password CASEWARD_BACKUP_PASSWORD
SELECT format('ALTER ROLE caseward_backup PASSWORD %L', :'password') WHERE :'password' <> '' \gexec
\unset password

-- Migrations create the audit tables as the keeper (SET ROLE), so that the owner holds no right on the record.
GRANT caseward_keeper TO caseward_owner WITH INHERIT FALSE, SET TRUE;
-- What nobody should be: a member of a role that may do more.
SELECT format('REVOKE %I FROM %I', granted.rolname, member.rolname)
FROM pg_auth_members JOIN pg_roles granted ON granted.oid = roleid JOIN pg_roles member ON member.oid = pg_auth_members.member
WHERE member.rolname IN ('caseward_app', 'caseward_auditor', 'caseward_backup', 'caseward_keeper')
\gexec

SELECT format('CREATE DATABASE %I OWNER caseward_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE_PROVIDER builtin BUILTIN_LOCALE ''C.UTF-8'' LOCALE ''C''', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec
\connect :database
SET log_statement = 'none';

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO caseward_app, caseward_keeper, caseward_auditor, caseward_backup;

ALTER ROLE caseward_owner   SET search_path = public, audit;
ALTER ROLE caseward_app     SET search_path = public, audit;
ALTER ROLE caseward_keeper  SET search_path = public, audit;
ALTER ROLE caseward_auditor SET search_path = audit;
-- A request that hangs must not hold its rows for long.
ALTER ROLE caseward_app     SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE caseward_app     SET lock_timeout = '10s';

CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gin SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA public;
CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;

-- Full-text search under row-level security: `@@` is not marked leakproof, so PostgreSQL would test it only after the
-- policies, on every row of the tenant, and never use the GIN index. It compares two values of the row's own and raises
-- no error that could carry them.
ALTER FUNCTION pg_catalog.ts_match_vq(tsvector, tsquery) LEAKPROOF;
-- The same for "which reads held this case": `@>` on arrays of ids compares ids and raises no error that could carry one.
ALTER FUNCTION pg_catalog.arraycontains(anyarray, anyarray) LEAKPROOF;

ALTER SCHEMA public OWNER TO caseward_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO caseward_app, caseward_keeper, caseward_auditor, caseward_backup;

CREATE SCHEMA IF NOT EXISTS audit AUTHORIZATION caseward_keeper;
ALTER SCHEMA audit OWNER TO caseward_keeper;
REVOKE ALL ON SCHEMA audit FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO caseward_app, caseward_owner, caseward_auditor, caseward_backup;

-- Rights on what migrations will make, and on what they made before.
ALTER DEFAULT PRIVILEGES FOR ROLE caseward_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO caseward_app;
ALTER DEFAULT PRIVILEGES FOR ROLE caseward_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO caseward_app;
ALTER DEFAULT PRIVILEGES FOR ROLE caseward_owner IN SCHEMA public GRANT SELECT ON TABLES TO caseward_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE caseward_owner IN SCHEMA public GRANT SELECT ON SEQUENCES TO caseward_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE caseward_keeper IN SCHEMA audit GRANT SELECT ON TABLES TO caseward_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE caseward_keeper IN SCHEMA audit GRANT SELECT ON SEQUENCES TO caseward_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO caseward_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO caseward_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO caseward_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA audit TO caseward_backup;
