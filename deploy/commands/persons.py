"""`mengchuang persons add-key | forget-keys`: the keys that personal data and other secrets are sealed with."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import typer
from sqlalchemy import text

from deploy.commands.console import out
from deploy.commands.databases import open_databases
from deploy.migrating import database_server
from deploy.secrets import Secrets
from deploy.settings import StackSettings

app = typer.Typer(
    no_args_is_help=True,
    help="Keys for what is sealed: identity numbers, evidence, bank accounts, secrets of partners.",
)

_SEALED = {
    "registry": ("person", "person_contact"),
    "finance": ("loan_hire",),
    "vouchers": ("settlement_account",),
    "gateway": ("api_key", "second_factor", "webhook_secret"),
}
"""The tables with sealed rows of each service that seals."""


@app.command()
def add_key() -> None:
    """Add a key for each service that seals, which new rows are sealed with from now on.

    A running service notices by itself and seals what it has anew within a minute or so; one in a container is started
    again first. Then forget-keys removes what nothing needs any more.
    """
    secrets = StackSettings().secrets
    files = _files(secrets)
    for path in files.values():
        if not path.exists():
            raise RuntimeError(f"there is no {path}: start the stack once, which makes it")
    for path in files.values():
        secrets.add_sealing_key(path)
    out.print("A key was added. Every service that seals does so anew; then: mengchuang persons forget-keys")


@app.command()
def forget_keys() -> None:
    """Remove the keys that no row is sealed with any more."""
    settings = StackSettings()
    with database_server(settings):
        in_use = asyncio.run(_in_use(settings))
    for service, path in _files(settings.secrets).items():
        settings.secrets.forget_sealing_keys(path, set(in_use[service]))
        for key_id, count in sorted(in_use[service].items()):
            out.print(f"{service} {key_id}: {count} rows")
    out.print("All other keys except the current ones were removed.")


def _files(secrets: Secrets) -> Mapping[str, Path]:
    return {
        "registry": secrets.person_keys,
        "finance": secrets.evidence_keys,
        "vouchers": secrets.account_keys,
        "gateway": secrets.gateway_keys,
    }


async def _in_use(settings: StackSettings) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    async with open_databases(settings, list(_SEALED)) as databases:
        for service, tables in _SEALED.items():
            rows = " UNION ALL ".join(f"SELECT key_id FROM {table} WHERE key_id IS NOT NULL" for table in tables)  # noqa: S608  # of _SEALED
            query = text(f"SELECT key_id, count(*) FROM ({rows}) AS sealed GROUP BY key_id")  # noqa: S608  # of _SEALED
            async with databases[service].transaction() as session:
                found[service] = {row[0]: row[1] for row in await session.execute(query)}
    return found
