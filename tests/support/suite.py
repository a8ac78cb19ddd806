"""The whole suite on free ports: fresh databases, a broker of its own, four services and the gateway as processes."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from deploy.embedded.databases import DATABASES
from deploy.embedded.process import ProcessId, spawn
from deploy.environment import APPS, Suite as Surroundings
from deploy.secrets import Secrets
from tests.support import reaper
from tests.support.broker import Broker
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port


class Suite:
    """`with Suite(postgres, folder) as suite:` starts everything and stops it at the end.

    Services are `suite.services["finance"]`, the world sees `suite.gateway_url`; the business clock is simulated.
    `only` starts some of the processes; `extra` adds environment variables to all of them; `sync_always` lets the
    broker write every message to disk before it acknowledges, as in operation.
    """

    def __init__(
        self,
        cluster: Cluster,
        folder: Path,
        *,
        only: Sequence[str] = DATABASES,
        extra: Mapping[str, str] | None = None,
        policy_dir: Path | None = None,
        sync_always: bool = False,
    ) -> None:
        self.folder = folder
        self.cluster = cluster
        self.broker = Broker(folder / "broker", sync_always=sync_always)
        self.keys = Keys(folder / "secrets")
        self._secrets = Secrets(folder / "secrets")
        self._provisioner: subprocess.Popen[bytes] | None = None
        self._only = tuple(only)
        self.database_urls = {name: cluster.service_database(name) for name in self._only}
        self.surroundings = Surroundings(
            ports={name: free_port() for name in DATABASES},
            database_urls=self.database_urls,
            nats_url=self.broker.address,
            secrets=self._secrets,
            environment="test",
            business_clock="simulated",
            policy_dir=policy_dir,
            files_url=f"file://{folder}/files",
            extra={"RATE_LIMITS": "off", "DESCRIPTION_AHEAD": "false", **(extra or {})},
        )
        self.services = {name: self._service(name) for name in self._only}

    @property
    def gateway_url(self) -> str:
        return self.surroundings.url("gateway")

    def start(self) -> Self:
        self.broker.users = self._secrets.nats_passwords()
        self.broker.start()
        self.start_provisioner()
        for service in self.services.values():
            service.start(wait=False)
        for service in self.services.values():
            service.wait_ready(180)
        return self

    def start_provisioner(self) -> None:
        command = [sys.executable, "-m", "deploy.cli", "nats", "provision", "--loop", "--allow-purge"]
        env = {**os.environ, **self.surroundings.of_provisioner()}
        self._provisioner = spawn(command, log_file=self.folder / "provisioner.log", env=env)
        reaper.watch_process(ProcessId.of(self._provisioner.pid))

    def stop(self) -> None:
        """The gateway first, then services, provisioner and broker, as `mengchuang down` does; drop the databases."""
        for name in sorted(self.services, key=lambda name: name != "gateway"):
            if self.services[name].running():
                self.services[name].terminate()
        if self._provisioner is not None:
            self._provisioner.terminate()
            self._provisioner.wait(10)
        self.broker.stop()
        for url in self.database_urls.values():
            self.cluster.drop_database(url)

    def log(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text(encoding="utf-8")

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _service(self, name: str) -> ServiceProcess:
        env = self.surroundings.of(name)
        return ServiceProcess(APPS[name], self.surroundings.ports[name], env, log_file=self.folder / f"{name}.log")
