"""Accounts of the demonstration: random passwords in two files that only their owner reads, opened through the API."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Api, ApiRefused, Caller, Json
from deploy.demo.story.world import World
from shared.auth.roles import SECOND_FACTOR_ROLES

OpenAdmin = Callable[[str, str, str], Awaitable[bool]]
"""Opens one of the first two administrators' accounts (user name, password, role), which no API can; answers False
where the name is taken."""

FIRST_DAY: Final = date(2019, 1, 2)
_ADMIN: Final = "admin"
_SECURITY: Final = "security_admin"
_SCOPES: Final = ("org", "division", "bank", "person_ref")


class PasswordsLost(RuntimeError):
    """Accounts exist whose passwords nobody knows."""

    def __init__(self, username: str, folder: Path) -> None:
        super().__init__(
            f"the account {username} exists, but its password is not the one in {folder}. Passwords are kept as hashes"
            " and cannot be read back: start afresh with `make down` and `make clean`, or put the files back."
        )


class Credentials:
    """`credentials.json`, one account for every role, and `other-accounts.json`, the rest of the cast."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "credentials.json"
        self.others = folder / "other-accounts.json"
        self.api_keys = _kept_keys(self.path)

    def callers(self, rows: Sequence[tables.Account]) -> dict[str, Caller]:
        """By user name, with the passwords kept from an earlier run or new ones."""
        kept = {**_kept(self.path), **_kept(self.others)}
        return {row.username: kept.get(row.username) or Caller(row.username, new_password()) for row in rows}

    def write(self, base_url: str, rows: Sequence[tables.Account], callers: Mapping[str, Caller]) -> None:
        """Write both files, readable by their owner only; unchanged ones are left alone."""
        shown = {row.key: _shown(callers[row.username]) for row in rows if row.key}
        _write(self.path, {"base_url": base_url, "accounts": shown, "api_keys": self.api_keys})
        others = {row.username: {**_shown(callers[row.username]), **_scope(row)} for row in rows if not row.key}
        _write(self.others, {"base_url": base_url, "accounts": others})


def new_password() -> str:
    """Random enough that its length alone makes it strong."""
    return secrets.token_urlsafe(18)


async def open_accounts(world: World, credentials: Credentials, open_admin: OpenAdmin) -> None:
    """Open the two administrators' accounts and the auditor's; everybody else's is opened when he first has something
    to do, so that the story does not wait for the gateway's limit of one address.

    Raises PasswordsLost where our passwords or second factors do not fit.
    """
    for username in (_ADMIN, _SECURITY):
        await _open_administrator(world, credentials, world.callers[username], username, open_admin)
    admin = world.callers[_ADMIN]
    known = {found["username"] async for found in world.api.items("/v1/accounts", admin)}
    without = {found["username"] async for found in world.api.items("/v1/accounts", admin, second_factor="false")}
    for row in world.data.accounts:
        caller, opened = world.callers[row.username], row.username in known
        if not opened or (row.username in without and _needs_second_factor(row)):
            caller.arrive = partial(_arrive, world, credentials, row, opened)
        elif _needs_second_factor(row) and caller.totp_secret is None:
            raise PasswordsLost(row.username, credentials.folder)
    await world.api.arrived(world.auditor)
    if not await _can_sign_in(world.api, world.auditor):
        raise PasswordsLost(world.auditor.username, credentials.folder)


async def open_remaining_accounts(world: World) -> None:
    """Open the accounts of those for whom the story had nothing to do."""

    async def open_account(world: World, caller: Caller, _today: date) -> None:
        await world.api.arrived(caller)

    waiting = [caller for caller in world.callers.values() if caller.arrive is not None]
    world.progress.chapter(None, None, len(waiting))
    await world.each(waiting, open_account, FIRST_DAY, kind="accounts")
    world.progress.end()


async def _arrive(world: World, credentials: Credentials, row: tables.Account, opened: bool) -> None:
    """An invitation, confirmed where its rights carry power, accepted with the password; then the second factor."""
    caller = world.callers[row.username]
    if not opened:
        admin, security = world.callers[_ADMIN], world.callers[_SECURITY]
        scope = {name: value for name, value in _scope(row).items() if name in _SCOPES}
        body = {"username": row.username, "roles": list(row.roles), **scope}
        sent = await world.api.post("/v1/invitations", admin, FIRST_DAY, body, key=f"invitation/{row.username}")
        if sent["status"] == "unconfirmed":
            path = f"/v1/invitations/{sent['id']}/confirm"
            await world.api.post(path, security, FIRST_DAY, key=f"invitation/{sent['id']}/confirm")
        await world.api.accept(sent["token"], caller)
    if _needs_second_factor(row):
        await _set_up(world, credentials, caller)


async def _open_administrator(
    world: World, credentials: Credentials, caller: Caller, role: str, open_admin: OpenAdmin
) -> None:
    if not await _can_sign_in(world.api, caller):
        if not await open_admin(caller.username, caller.password, role) or not await _can_sign_in(world.api, caller):
            raise PasswordsLost(caller.username, credentials.folder)
        world.api.writes += 1
    own = await world.api.get("/v1/accounts/me", caller)
    if not own["second_factor"]:
        await _set_up(world, credentials, caller)


def _needs_second_factor(row: tables.Account) -> bool:
    return not SECOND_FACTOR_ROLES.isdisjoint(row.roles)


async def _set_up(world: World, credentials: Credentials, caller: Caller) -> None:
    """The secret is kept before it counts: none is ever lost between the two."""
    caller.totp_secret = None
    await world.api.enrol(caller)
    credentials.write(world.api.base_url, world.data.accounts, world.callers)
    await world.api.confirm(caller)


async def _can_sign_in(api: Api, caller: Caller) -> bool:
    try:
        caller.token = await api.sign_in(caller)
    except ApiRefused as refused:
        if refused.status == 401:
            return False
        raise
    return True


def _kept(path: Path) -> dict[str, Caller]:
    try:
        accounts = json.loads(path.read_text(encoding="utf-8"))["accounts"].values()
        return {
            account["username"]: Caller(account["username"], account["password"], account.get("totp_secret"))
            for account in accounts
        }
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, AttributeError) as error:
        raise RuntimeError(f"{path} cannot be read ({error}); put it back or remove it") from error


def _kept_keys(path: Path) -> dict[str, str]:
    try:
        keys = json.loads(path.read_text(encoding="utf-8")).get("api_keys", {})
        return {name: key for name, key in keys.items() if isinstance(key, str)}
    except (FileNotFoundError, ValueError, AttributeError):
        return {}


def _shown(caller: Caller) -> Json:
    shown = {"username": caller.username, "password": caller.password}
    return {**shown, "totp_secret": caller.totp_secret} if caller.totp_secret else shown


def _scope(row: tables.Account) -> Json:
    scope = {"roles": list(row.roles), **{name: getattr(row, name) for name in _SCOPES}}
    return {**{name: value for name, value in scope.items() if value}, "about": row.about}


def _write(path: Path, content: Json) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        path.chmod(0o600)
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    part.replace(path)
