"""`mengchuang accounts add`: the way in for the first administrators; all others are invited through the API.

It takes no second person, because whoever has the machine has everything; the event names `command-line` as who did it.
"""

import asyncio
import sys
from typing import Annotated
from uuid import uuid4

import typer

from deploy.commands.console import out
from deploy.commands.databases import open_databases
from deploy.migrating import database_server
from deploy.settings import StackSettings
from gateway.accounts.usecases import Scope, create_account
from shared.auth.roles import MENTOR
from shared.clock import business_today
from shared.errors import DomainError
from shared.events.outbox import EventContext

app = typer.Typer(no_args_is_help=True, help="Local accounts.")

ACTOR = "command-line"


@app.callback()
def _group() -> None:
    """Keeps `add` a subcommand while it is the only one."""


@app.command()
def add(
    username: str,
    role: Annotated[list[str], typer.Option(help="may be given several times, such as --role admin")],
    org: Annotated[str | None, typer.Option(help="unified social credit code")] = None,
    division: Annotated[str | None, typer.Option(help="division code")] = None,
    provider: Annotated[str | None, typer.Option(help="provider id")] = None,
    bank: Annotated[str | None, typer.Option(help="bank code")] = None,
    person_ref: Annotated[str | None, typer.Option(help="opaque reference of a registered person")] = None,
) -> None:
    """Open an account. The password is asked for, or read from standard input where that is no terminal."""
    if MENTOR in role and not person_ref:
        raise RuntimeError("refused: a mentor is a registered person, say which by --person-ref")
    scope = Scope(org=org, division=division, provider=provider, bank=bank, person_ref=person_ref)
    password = _password()
    settings = StackSettings()
    with database_server(settings):
        asyncio.run(_add(settings, username, password, role, scope))
    out.print(f"Account {username} is open with {', '.join(sorted(role))}.")


def _password() -> str:
    if sys.stdin.isatty():
        password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return password
    return sys.stdin.readline().rstrip("\r\n")


async def _add(settings: StackSettings, username: str, password: str, roles: list[str], scope: Scope) -> None:
    context = EventContext(actor=ACTOR, effective_on=business_today(), correlation_id=str(uuid4()))
    async with open_databases(settings, ["gateway"]) as databases:
        try:
            async with databases["gateway"].transaction() as session:
                await create_account(session, username, password, roles=roles, scope=scope, context=context)
        except DomainError as error:
            details = ", ".join(f"{name}: {value}" for name, value in error.params.items())
            raise RuntimeError(f"refused: {error.code}" + (f" ({details})" if details else "")) from error
