#!/bin/sh
# Run once by the postgres image on an empty volume: five databases, an owner and a run-time role for each, as
# deploy/embedded/databases.py makes them in the embedded cluster. Passwords come from files and hold only URL-safe
# characters.
set -eu

for name in registry evaluation finance vouchers gateway; do
    owner_password=$(cat "/run/secrets/$name-migration-password")
    runtime_password=$(cat "/run/secrets/$name-database-password")
    psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
CREATE ROLE mc_${name}_owner LOGIN PASSWORD '$owner_password';
CREATE ROLE mc_${name} LOGIN PASSWORD '$runtime_password';
CREATE DATABASE $name OWNER mc_${name}_owner;
REVOKE ALL ON DATABASE $name FROM PUBLIC;
GRANT CONNECT ON DATABASE $name TO mc_${name}_owner, mc_${name};
\\connect $name
ALTER SCHEMA public OWNER TO mc_${name}_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO mc_${name};
ALTER DEFAULT PRIVILEGES FOR ROLE mc_${name}_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO mc_${name};
ALTER DEFAULT PRIVILEGES FOR ROLE mc_${name}_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO mc_${name};
SQL
done
psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;
SQL
