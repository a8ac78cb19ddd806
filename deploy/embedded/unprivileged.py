"""How to run PostgreSQL when we are root, which it refuses.

Two ways, tried in this order: a user namespace in which our own uid has another number (files stay ours, nothing on the
machine changes), or an existing unprivileged account to which the data folder is handed over.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from deploy.embedded.process import EmbeddedServerError

ACCOUNTS = ("postgres", "nobody")
_MAPPED_ID = "1000"


@cache
def user_namespace() -> tuple[str, ...]:
    """The command prefix that makes root look like an ordinary user; empty where namespaces are not allowed."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    prefix = (unshare, "--user", f"--map-user={_MAPPED_ID}", f"--map-group={_MAPPED_ID}", "--")
    probe = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if probe.returncode == 0 else ()


def command_prefix(data_dir: Path) -> tuple[str, ...]:
    """What to put before initdb and postgres for this data folder; raises EmbeddedServerError with the ways out."""
    if os.geteuid() != 0:
        return ()
    return user_namespace() or _other_account(data_dir)


def _other_account(data_dir: Path) -> tuple[str, ...]:
    setpriv = shutil.which("setpriv")
    account = _first_account(ACCOUNTS)
    if setpriv is None or account is None:
        raise EmbeddedServerError(_advice("no unprivileged account or no setpriv command was found"))
    closed = [folder for folder in data_dir.resolve().parents if not folder.stat().st_mode & 0o001]
    if closed:
        raise EmbeddedServerError(_advice(f"the account {account.pw_name} may not enter {closed[-1]}"))
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in (data_dir, *data_dir.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    return (setpriv, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--")


def _first_account(names: Sequence[str]) -> pwd.struct_passwd | None:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next((known[name] for name in names if name in known), None)


def _advice(reason: str) -> str:
    return (
        "PostgreSQL does not run as root, user namespaces are not allowed here, and "
        f"{reason}. Run as an ordinary user, or set the *_DATABASE_URL variables to a PostgreSQL of your own."
    )
