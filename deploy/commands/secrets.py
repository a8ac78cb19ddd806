"""`mengchuang secrets FOLDER`: what containers mount, made once; what exists is kept."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.console import out
from deploy.embedded.nats import render_config
from deploy.secrets import Secrets

NATS_LISTEN = "0.0.0.0:4222"
NATS_STORE = Path("/data")


def secrets(folder: Annotated[Path, typer.Argument(help="where the secrets lie; made if it is missing")]) -> None:
    """Make passwords, signing keys and the broker's configuration for containers.

    The folder is closed to other users of the machine. The files in it are readable: each is mounted alone into
    containers that run as users of their own, who own none of it.
    """
    made = Secrets(folder)
    made.ensure()
    configuration = folder / "nats" / "server.conf"
    configuration.parent.mkdir(exist_ok=True)
    configuration.write_text(render_config(NATS_STORE, NATS_LISTEN, made.nats_passwords()), encoding="utf-8")
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    folder.chmod(0o700)
    out.print(f"Secrets for containers are in {folder}.")
