"""`mengchuang nats provision | drift`: the streams as they should be."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.commands.console import out
from deploy.embedded.nats_permissions import PROVISIONER
from deploy.secrets import read
from deploy.settings import StackSettings
from shared.events import streams
from shared.events.broker import Broker
from shared.logging import configure_logging

app = typer.Typer(no_args_is_help=True, help="The broker's streams.")

CONNECT_SECONDS = 10

AllowPurge = Annotated[bool, typer.Option("--allow-purge", help="leave messages deletable, for tests")]
Replicas = Annotated[int, typer.Option(help="copies of each stream: 1 embedded, 3 in a cluster")]


class ProvisionerSettings(BaseSettings):
    """How to reach the broker as provisioner; by default the stack's own broker with the stack's own secret."""

    model_config = SettingsConfigDict(extra="ignore")

    nats_url: str = Field(default_factory=lambda: StackSettings().suite().nats_url)
    nats_user: str = PROVISIONER
    nats_password: str | None = None
    nats_password_file: Path = Field(default_factory=lambda: StackSettings().secrets.nats_password(PROVISIONER))
    nats_tls_ca_file: Path | None = None
    nats_tls_hostname: str = ""

    def broker(self) -> Broker:
        password = self.nats_password or read_or_none(self.nats_password_file)
        return Broker(
            self.nats_url,
            user=self.nats_user,
            password=password,
            name=PROVISIONER,
            tls_ca_file=self.nats_tls_ca_file,
            tls_hostname=self.nats_tls_hostname,
        )


def read_or_none(path: Path) -> str | None:
    """A broker without users needs no password file."""
    return read(path) if path.exists() else None


@app.command()
def provision(
    loop: Annotated[bool, typer.Option("--loop", help="look again every five seconds, for ever")] = False,
    allow_purge: AllowPurge = False,
    replicas: Replicas = 1,
) -> None:
    """Create missing streams and bring the others up to date."""
    if loop:
        configure_logging(PROVISIONER)
    asyncio.run(_provision(loop=loop, deny=not allow_purge, replicas=replicas))


@app.command()
def drift(allow_purge: AllowPurge = False, replicas: Replicas = 1) -> None:
    """List every setting that is not as it should be; exit code 1 if there is one."""
    found = asyncio.run(_drift(deny=not allow_purge, replicas=replicas))
    for difference in found:
        out.print(f"{difference.stream}: {difference.setting} should be {difference.wanted}, is {difference.found}")
    if found:
        raise typer.Exit(1)
    out.print("All streams are as they should be.")


async def _provision(*, loop: bool, deny: bool, replicas: int) -> None:
    broker = ProvisionerSettings().broker()
    if loop:
        await broker.run()
        await streams.provision_forever(broker.client, deny=deny, replicas=replicas)
        return
    await _connect(broker)
    try:
        touched = await streams.provision(broker.client, deny=deny, replicas=replicas)
    finally:
        await broker.close()
    out.print(f"Provisioned: {', '.join(touched)}." if touched else "Nothing to do.")


async def _drift(*, deny: bool, replicas: int) -> list[streams.Drift]:
    broker = ProvisionerSettings().broker()
    await _connect(broker)
    try:
        return await streams.drift(broker.client, deny=deny, replicas=replicas)
    finally:
        await broker.close()


async def _connect(broker: Broker) -> None:
    try:
        await asyncio.wait_for(broker.run(), CONNECT_SECONDS)
    except TimeoutError:
        raise RuntimeError("the broker does not answer; is the stack up?") from None
