"""`mengchuang persons add-key | forget-keys`: the keys that the registry seals identity numbers with."""

import asyncio

import typer
from sqlalchemy import text

from deploy.commands.console import out
from deploy.commands.databases import open_databases
from deploy.migrating import database_server
from deploy.settings import StackSettings

app = typer.Typer(no_args_is_help=True, help="Keys for the identity numbers of persons.")


@app.command()
def add_key() -> None:
    """Add a key, which new numbers are sealed with from now on.

    A running registry notices by itself and seals what it has anew within a minute or so; one in a container is started
    again first. Then forget-keys removes what nothing needs any more.
    """
    secrets = StackSettings().secrets
    if not secrets.person_keys.exists():
        raise RuntimeError(f"there is no {secrets.person_keys}: start the stack once, which makes it")
    secrets.add_person_key()
    out.print("A key was added. The registry seals all numbers anew; then: mengchuang persons forget-keys")


@app.command()
def forget_keys() -> None:
    """Remove the keys that no number is sealed with any more."""
    settings = StackSettings()
    with database_server(settings):
        rows = asyncio.run(_in_use(settings))
    settings.secrets.forget_person_keys(set(rows))
    for key_id, count in sorted(rows.items()):
        out.print(f"{key_id}: {count} numbers")
    out.print("All other keys except the current one were removed.")


async def _in_use(settings: StackSettings) -> dict[str, int]:
    query = text("SELECT key_id, count(*) FROM person WHERE key_id IS NOT NULL GROUP BY key_id")
    async with open_databases(settings, ["registry"]) as databases, databases["registry"].transaction() as session:
        return {row[0]: row[1] for row in await session.execute(query)}
