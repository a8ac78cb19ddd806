"""For developers: new revisions, and whether models and migrations agree, against a throw-away PostgreSQL.

python -m deploy.schema revision registry "tenancies"
python -m deploy.schema check
python -m deploy.schema sql FOLDER
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from random import SystemRandom
from secrets import token_urlsafe
from typing import Annotated

import typer
from alembic.util.exc import CommandError

from deploy import migrations
from deploy.embedded.databases import DATABASES, Roles, provision
from deploy.embedded.postgres import FAST_SETTINGS, PostgresServer
from deploy.embedded.process import port_is_free

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

_PORTS = range(20_000, 32_000)


class Scratch:
    """A cluster with the suite's databases and roles that vanishes afterwards."""

    def __init__(self, server: PostgresServer, passwords: dict[str, str]) -> None:
        self._server = server
        self._passwords = passwords

    def owner_url(self, service: str) -> str:
        owner = Roles.of(service).owner
        return self._server.url(service, owner, self._passwords[owner])

    def migrate(self, service: str) -> None:
        migrations.upgrade(service, self.owner_url(service), Roles.of(service).runtime)


@contextmanager
def scratch() -> Iterator[Scratch]:
    with tempfile.TemporaryDirectory(prefix="mc-schema-", ignore_cleanup_errors=True) as folder:
        port = next(port for port in SystemRandom().sample(_PORTS, 100) if port_is_free(port))
        server = PostgresServer(Path(folder) / "postgres", port, password=token_urlsafe(), settings=FAST_SETTINGS)
        passwords = {role: token_urlsafe() for name in DATABASES for role in _roles(name)}
        try:
            server.start()
            provision(server, passwords)
            yield Scratch(server, passwords)
        finally:
            server.stop()


@app.command()
def check() -> None:
    """Fail when the models of a service and its migrations differ."""
    differing = []
    with scratch() as databases:
        for service in DATABASES:
            databases.migrate(service)
            try:
                migrations.check(service, databases.owner_url(service))
            except CommandError as error:
                typer.echo(f"{service}: {error}", err=True)
                differing.append(service)
    if differing:
        raise typer.Exit(1)
    typer.echo("Models and migrations agree.")


@app.command()
def revision(service: str, message: str) -> None:
    """Write the service's next revision from what its models have and its migrations lack."""
    with scratch() as databases:
        databases.migrate(service)
        path = migrations.revise(service, databases.owner_url(service), message)
    typer.echo(f"Read it before you run it: {path}")


@app.command()
def sql(folder: Annotated[Path, typer.Argument(file_okay=False)]) -> None:
    """Write the SQL of every service's migrations into the folder, one file a service.

    Without the transaction around each: the checker is told that there is one, and takes a second for a mistake.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for service in DATABASES:
        output = StringIO()
        migrations.sql(service, output)
        lines = output.getvalue().splitlines(keepends=True)
        text = "".join(line for line in lines if line.strip() not in ("BEGIN;", "COMMIT;"))
        (folder / f"{service}.sql").write_text(text, encoding="utf-8")


def _roles(service: str) -> tuple[str, str]:
    roles = Roles.of(service)
    return roles.owner, roles.runtime


if __name__ == "__main__":
    app()
