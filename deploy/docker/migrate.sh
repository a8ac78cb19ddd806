#!/bin/sh
# The migration job: every database to its head, as the role that owns it. Passwords come from files.
set -eu

for name in registry evaluation finance vouchers gateway; do
    upper=$(echo "$name" | tr '[:lower:]' '[:upper:]')
    password=$(cat "/run/secrets/$name-migration-password")
    export "${upper}_DATABASE_URL=postgresql+asyncpg://mc_$name@postgres:5432/$name"
    export "${upper}_MIGRATION_DATABASE_URL=postgresql+asyncpg://mc_${name}_owner:$password@postgres:5432/$name"
done
exec python -m deploy.cli migrate
