"""The parts of a running stack, in one shape: start, see whether it lives and is ready, stop within a limit."""

import http.client
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from deploy.embedded.process import HOST, ProcessId, spawn, stop_process


class Component(Protocol):
    """Something that the supervisor keeps alive."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str: ...

    @property
    def log_file(self) -> Path: ...

    def start(self) -> None: ...

    def running(self) -> bool: ...

    def ready(self) -> bool: ...

    def stop(self) -> None: ...

    def process(self) -> ProcessId | None: ...


class ManagedProcess:
    """A process of ours: ready when /readyz says so, or at once where it has no port."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        log_file: Path,
        port: int | None = None,
        stop_seconds: float = 20,
    ) -> None:
        self.name = name
        self.address = "" if port is None else f"http://{HOST}:{port}"
        self.log_file = log_file
        self._command = list(command)
        self._env = dict(env)
        self._port = port
        self._stop_seconds = stop_seconds
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._child = spawn(self._command, log_file=self.log_file, env=self._env)

    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def ready(self) -> bool:
        return self.running() and (self._port is None or answers_ready(self._port))

    def stop(self) -> None:
        if (process := self.process()) is not None:
            stop_process(process, [(signal.SIGTERM, self._stop_seconds)])
        if self._child is not None:
            self._child.wait(10)

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return None if self._child is None else self._child.poll()

    def process(self) -> ProcessId | None:
        return ProcessId.of(self._child.pid) if self._child is not None and self.running() else None


def answers_ready(port: int, timeout: float = 2) -> bool:
    """Whether /readyz answers 200 on the loopback port."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
