"""Accounts of the demonstration: random passwords in two files that only their owner reads, opened through the API."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Api, ApiRefused, Caller, Json
from deploy.demo.story.world import World

OpenAdmin = Callable[[str, str], Awaitable[bool]]
"""Opens the first administrator's account, which no API can; answers False where the name is taken."""

FIRST_DAY: Final = date(2019, 1, 2)
_ADMIN: Final = "admin"
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

    def callers(self, rows: Sequence[tables.Account]) -> dict[str, Caller]:
        """By user name, with the passwords kept from an earlier run or new ones."""
        kept = {**_passwords(self.path), **_passwords(self.others)}
        return {row.username: Caller(row.username, kept.get(row.username) or new_password()) for row in rows}

    def write(self, base_url: str, rows: Sequence[tables.Account], callers: Mapping[str, Caller]) -> None:
        """Write both files, readable by their owner only; unchanged ones are left alone."""
        shown = {row.key: _shown(callers[row.username]) for row in rows if row.key}
        _write(self.path, {"base_url": base_url, "accounts": shown, "api_keys": {}})
        others = {row.username: {**_shown(callers[row.username]), **_scope(row)} for row in rows if not row.key}
        _write(self.others, {"base_url": base_url, "accounts": others})


def new_password() -> str:
    """Random enough that its length alone makes it strong."""
    return secrets.token_urlsafe(18)


async def open_accounts(world: World, folder: Path, open_admin: OpenAdmin) -> None:
    """Open what is missing, the administrator first. Raises PasswordsLost where our passwords do not fit."""
    admin = world.callers[_ADMIN]
    if not await _can_sign_in(world.api, admin):
        if not await open_admin(admin.username, admin.password):
            raise PasswordsLost(admin.username, folder)
        world.api.writes += 1
    known = {account["username"] async for account in world.api.items("/v1/accounts", admin)}
    missing = [row for row in world.data.accounts if row.username not in known]

    async def open_account(world: World, row: tables.Account, today: date) -> None:
        body = {
            "username": row.username,
            "password": world.callers[row.username].password,
            "roles": list(row.roles),
            **{name: value for name, value in _scope(row).items() if name in _SCOPES},
        }
        await world.api.post("/v1/accounts", admin, today, body, key=f"account/{row.username}")

    world.progress.chapter(None, None, len(missing))
    await world.each(missing, open_account, FIRST_DAY, kind="accounts")
    if not await _can_sign_in(world.api, world.auditor):
        raise PasswordsLost(world.auditor.username, folder)


async def _can_sign_in(api: Api, caller: Caller) -> bool:
    try:
        caller.token = await api.sign_in(caller)
    except ApiRefused as refused:
        if refused.status == 401:
            return False
        raise
    return True


def _passwords(path: Path) -> dict[str, str]:
    try:
        accounts = json.loads(path.read_text(encoding="utf-8"))["accounts"].values()
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, AttributeError) as error:
        raise RuntimeError(f"{path} cannot be read ({error}); put it back or remove it") from error
    return {account["username"]: account["password"] for account in accounts}


def _shown(caller: Caller) -> Json:
    return {"username": caller.username, "password": caller.password}


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
