"""`mengchuang keys add | list | rotate | revoke`: API keys of banks, the guarantor, bureaus and organisations."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import uuid4

import typer
from rich.table import Table
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.commands.console import err, out
from deploy.commands.databases import open_databases
from deploy.migrating import database_server
from deploy.settings import StackSettings
from gateway.accounts.models import Account
from gateway.accounts.usecases import fold_username
from gateway.keys.models import ApiKey
from gateway.keys.rules import Algorithm, SignatureMode, check_expiry
from gateway.keys.usecases import Issued, Signing, Wanted, issue_key, revoke_key, rotate_key
from shared.clock import business_today, utcnow
from shared.errors import DomainError
from shared.events.outbox import EventContext
from shared.sealing import Keyring

app = typer.Typer(no_args_is_help=True, help="API keys of banks, the guarantor, bureaus and organisations.")

ACTOR = "command-line"
LONGEST = timedelta(days=1100)

T = TypeVar("T")


class Mode(StrEnum):
    """A test key sees and makes test rows only."""

    LIVE = "live"
    TEST = "test"


class Duty(StrEnum):
    """Whether requests have to be signed."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


KeyName = Annotated[str, typer.Argument(help="the key's public id, between its second and third underscore")]
PublicKey = Annotated[Path | None, typer.Option(help="Ed25519 public key (PEM or JWK); without it HMAC-SHA256")]


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="the account that the key stands for")],
    scope: Annotated[list[str], typer.Option(help="such as referrals:write; may be given several times")],
    mode: Annotated[Mode, typer.Option()] = Mode.LIVE,
    name: Annotated[str, typer.Option(help="what the key is for")] = "command line",
    network: Annotated[list[str] | None, typer.Option(help="such as 203.0.113.0/24; several; any without")] = None,
    days: Annotated[int, typer.Option(min=1, max=1100, help="days until the key ends")] = 366,
    signature: Annotated[Duty, typer.Option(help="whether requests have to be signed")] = Duty.NONE,
    public_key: PublicKey = None,
) -> None:
    """Make a key that can be used at once, and print it: it is shown this once."""
    if signature is Duty.NONE and public_key is not None:
        raise RuntimeError("a public key needs --signature optional or required")
    signing = _signing(signature.value, public_key)

    async def work(session: AsyncSession, keys: Keyring) -> Issued:
        account = await session.scalar(select(Account).where(Account.username == fold_username(username)))
        if account is None:
            raise RuntimeError(f"there is no account {username}")
        wanted = Wanted(
            name=name,
            livemode=mode is Mode.LIVE,
            scopes=scope,
            networks=network or [],
            expires_at=check_expiry(utcnow() + timedelta(days=days), utcnow(), LONGEST),
            signing=signing,
        )
        return await issue_key(session, account.id, wanted, confirmed=True, keys=keys, context=_context())

    _print_once(_run(work))


@app.command("list")
def list_keys(
    username: Annotated[str | None, typer.Argument(help="one account's keys only")] = None,
) -> None:
    """Show the keys there are, without their secrets."""

    async def work(session: AsyncSession, _keys: Keyring) -> list[Row[ApiKey, str]]:
        found = select(ApiKey, Account.username).join(Account, Account.id == ApiKey.account_id).order_by(ApiKey.id)
        if username is not None:
            found = found.where(Account.username == fold_username(username))
        return list((await session.execute(found)).all())

    table = Table("key", "account", "mode", "status", "ends", "last used", "signed", "scopes")
    for key, owner in _run(work):
        mode = Mode.LIVE if key.livemode else Mode.TEST
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at is not None else "never"
        ends = f"{key.expires_at:%Y-%m-%d}"
        table.add_row(key.public_id, owner, mode, key.status, ends, used, key.signature_mode, " ".join(key.scopes))
    out.print(table)


@app.command()
def rotate(
    key: KeyName,
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="how long the old key goes on")] = 168,
    days: Annotated[int, typer.Option(min=1, max=1100, help="days until the new key ends")] = 366,
    public_key: PublicKey = None,
) -> None:
    """Make a key's successor with the same rights, and print it: it is shown this once."""

    async def work(session: AsyncSession, keys: Keyring) -> Issued:
        old = await _find(session, key)
        same = old.algorithm == "ed25519" and public_key is None
        signing = (
            Signing(old.signature_mode, old.algorithm, public_key=old.public_key)
            if same
            else _signing(old.signature_mode, public_key)
        )
        wanted = Wanted(
            name=old.name,
            livemode=old.livemode,
            scopes=old.scopes,
            networks=old.networks,
            expires_at=check_expiry(utcnow() + timedelta(days=days), utcnow(), LONGEST),
            signing=signing,
            rate_class=old.rate_class,
            replaces=old.id,
        )
        overlap = timedelta(hours=overlap_hours)
        return await rotate_key(session, old, wanted, overlap=overlap, keys=keys, context=_context())

    _print_once(_run(work))


@app.command()
def revoke(key: KeyName) -> None:
    """End a key at once, everywhere."""

    async def work(session: AsyncSession, _keys: Keyring) -> None:
        await revoke_key(session, await _find(session, key), if_match=None, context=_context())

    _run(work)
    out.print(f"The key {key} has ended.")


def _run(work: Callable[[AsyncSession, Keyring], Awaitable[T]]) -> T:
    settings = StackSettings()

    async def connected() -> T:
        keys = Keyring.parse(settings.secrets.gateway_keys.read_text(encoding="utf-8"))
        async with open_databases(settings, ["gateway"]) as databases:
            try:
                async with databases["gateway"].transaction() as session:
                    return await work(session, keys)
            except DomainError as error:
                details = ", ".join(f"{name}: {value}" for name, value in error.params.items())
                raise RuntimeError(f"refused: {error.code}" + (f" ({details})" if details else "")) from error

    with database_server(settings):
        return asyncio.run(connected())


async def _find(session: AsyncSession, public_id: str) -> ApiKey:
    row = await session.scalar(select(ApiKey).where(ApiKey.public_id == public_id).with_for_update())
    if row is None:
        raise RuntimeError(f"there is no key {public_id}; `mengchuang keys list` shows them")
    return row


def _signing(mode: SignatureMode, public_key: Path | None) -> Signing:
    if mode == "none":
        return Signing()
    algorithm: Algorithm = "hmac-sha256" if public_key is None else "ed25519"
    try:
        return Signing.of(mode, algorithm, public_key.read_text(encoding="utf-8") if public_key is not None else None)
    except DomainError as error:
        raise RuntimeError(f"{public_key} holds no Ed25519 public key") from error


def _print_once(issued: Issued) -> None:
    """The key alone on standard output, so that it can go into a file that nobody else reads."""
    err.print(f"Key {issued.row.public_id}, until {issued.row.expires_at:%Y-%m-%d}. It is shown this once:")
    out.print(issued.key.text, highlight=False, soft_wrap=True)
    if issued.signing_secret is not None:
        err.print("The secret of its signatures (HMAC-SHA256, base64):")
        out.print(issued.signing_secret, highlight=False, soft_wrap=True)


def _context() -> EventContext:
    return EventContext(actor=ACTOR, effective_on=business_today(), correlation_id=str(uuid4()))
