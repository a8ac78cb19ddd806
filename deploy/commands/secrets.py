"""`mengchuang secrets FOLDER`: what containers mount, made once; what exists is kept."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.console import out
from deploy.embedded.nats import Tls, render_config, write_config
from deploy.embedded.nats_bureaus import read_bureaus
from deploy.secrets import Secrets

NATS_LISTEN = "0.0.0.0:4222"
NATS_STORE = Path("/data")
NATS_FOLDER = Path("/run/mengchuang/nats")
"""Where the container of the broker finds the folder with its configuration and certificate."""

_CERTIFICATE, _KEY = "certificate.pem", "key.pem"

Certificate = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="the broker's certificate (PEM, with its chain)")
]
Key = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="the certificate's key (PEM)")]


def secrets(
    folder: Annotated[Path, typer.Argument(help="where the secrets lie; made if it is missing")],
    nats_certificate: Certificate = None,
    nats_key: Key = None,
) -> None:
    """Make passwords, signing keys and the broker's configuration for containers.

    The folder is closed to other users of the machine. The files in it are readable: each is mounted alone into
    containers that run as users of their own, who own none of it. With a certificate the broker speaks TLS only.
    """
    if (nats_certificate is None) != (nats_key is None):
        raise RuntimeError("--nats-certificate and --nats-key belong together")
    made = Secrets(folder)
    made.ensure()
    broker = folder / "nats"
    broker.mkdir(exist_ok=True)
    if nats_certificate is not None and nats_key is not None:
        shutil.copyfile(nats_certificate, broker / _CERTIFICATE)
        shutil.copyfile(nats_key, broker / _KEY)
    _write(made)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    folder.chmod(0o700)
    out.print(f"Secrets for containers are in {folder}.")


def write_broker_configuration(folder: Path) -> bool:
    """Write the configuration of the containers' broker anew; False where the folder has none, so is not for them."""
    if not _configuration(folder).exists():
        return False
    _write(Secrets(folder))
    _configuration(folder).parent.chmod(0o755)
    return True


def _write(made: Secrets) -> None:
    path = _configuration(made.folder)
    tls = None
    if (path.parent / _CERTIFICATE).exists():
        tls = Tls(NATS_FOLDER / _CERTIFICATE, NATS_FOLDER / _KEY)
    bureaus = read_bureaus(made.nats_bureaus)
    text = render_config(NATS_STORE, NATS_LISTEN, made.nats_passwords(), bureaus=bureaus, tls=tls)
    write_config(path, text, checked=False)
    path.chmod(0o644)


def _configuration(folder: Path) -> Path:
    return folder / "nats" / "server.conf"
