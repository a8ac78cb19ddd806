"""Five databases in one cluster, each closed to the roles of the others."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.embedded.postgres import PostgresServer

DATABASES = ("registry", "evaluation", "finance", "vouchers", "gateway")


@dataclass(frozen=True, slots=True)
class Roles:
    """The owner migrates; the run-time role reads and writes rows, and cannot alter what the schema forbids it."""

    owner: str
    runtime: str

    @classmethod
    def of(cls, database: str) -> "Roles":
        return cls(owner=f"mc_{database}_owner", runtime=f"mc_{database}")


def create_roles(server: PostgresServer, passwords: Mapping[str, str]) -> None:
    """Create or re-password each login role (the name is the key); nothing is granted here."""
    existing = set(server.sql("SELECT rolname FROM pg_roles").splitlines())
    server.sql(
        *(
            f"{'ALTER' if role in existing else 'CREATE'} ROLE {_name(role)} LOGIN PASSWORD {_literal(password)}"
            for role, password in passwords.items()
        )
    )


def create_database(server: PostgresServer, database: str, roles: Roles, *, template: str | None = None) -> None:
    """Create the database if it is missing and let in its two roles alone; runs again without effect."""
    if not server.sql(f"SELECT 1 FROM pg_database WHERE datname = {_literal(database)}"):
        copied = f" TEMPLATE {_name(template)}" if template else ""
        server.sql(f"CREATE DATABASE {_name(database)} OWNER {_name(roles.owner)}{copied}")
    server.sql(
        f"REVOKE ALL ON DATABASE {_name(database)} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {_name(database)} TO {_name(roles.owner)}, {_name(roles.runtime)}",
    )


def grant_schema(server: PostgresServer, database: str, roles: Roles) -> None:
    """Give the owner the schema, and the run-time role rows and sequences of whatever the owner will create."""
    owner, runtime = _name(roles.owner), _name(roles.runtime)
    defaults = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT"
    server.sql(
        f"ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {runtime}",
        f"{defaults} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {runtime}",
        f"{defaults} USAGE ON SEQUENCES TO {runtime}",
        database=database,
    )


def provision(server: PostgresServer, passwords: Mapping[str, str]) -> None:
    """Bring the cluster to its five databases and ten roles; `passwords` is by role name."""
    create_roles(server, passwords)
    server.sql("REVOKE ALL ON DATABASE postgres FROM PUBLIC", "REVOKE ALL ON DATABASE template1 FROM PUBLIC")
    for database in DATABASES:
        roles = Roles.of(database)
        create_database(server, database, roles)
        grant_schema(server, database, roles)


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
