"""A service as it runs in production: its own uvicorn process, which a test may stop, freeze or kill."""

import os
import signal
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import monotonic, sleep
from typing import Self

import httpx

from deploy.embedded.process import ProcessId, tail
from tests.support import nursery, reaper


class ServiceProcess:
    """`ServiceProcess("services.registry.main:app", port, env).start()` returns once /readyz answers 200.

    `env` is added to the test process's own. The log is in `log_file` and is quoted when the start fails.
    """

    def __init__(self, app: str, port: int, env: Mapping[str, str], *, log_file: Path | None = None) -> None:
        self.app = app
        self.port = port
        self.env = dict(env)
        self.log_file = log_file
        self.drain_seconds = 0.0
        self._child: ForkServerProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Raises AssertionError when the process was not started."""
        assert self._child is not None, f"{self.app} is not started"
        assert self._child.pid is not None
        return self._child.pid

    def start(self, timeout: float = 120, *, wait: bool = True) -> Self:
        env = {**os.environ, **self.env}
        self._child = nursery.bear(self.app, self.port, env, log_file=self.log_file, drain_seconds=self.drain_seconds)
        reaper.watch_process(ProcessId.of(self.pid))
        if wait:
            self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout: float = 120) -> None:
        deadline = monotonic() + timeout
        answer = "no answer"
        while monotonic() < deadline:
            if not self.running():
                raise AssertionError(f"{self.app} ended before it was ready:\n{tail(self.log_file, 40)}")
            try:
                response = httpx.get(f"{self.url}/readyz", timeout=10)
            except httpx.TransportError as error:
                answer = repr(error)
            else:
                if response.status_code == 200:
                    return
                answer = response.text
            sleep(0.05)
        raise AssertionError(f"{self.app} was not ready in {timeout} s: {answer}\n{tail(self.log_file, 40)}")

    def terminate(self, timeout: float = 60) -> int:
        """SIGTERM and wait; returns the exit code (negative: ended by that signal)."""
        assert self._child is not None, f"{self.app} is not started"
        if self.running():
            self.sigcont()
        self._child.terminate()
        self._child.join(timeout)
        assert self._child.exitcode is not None, f"{self.app} did not end in {timeout} s"
        return self._child.exitcode

    def kill9(self) -> None:
        """SIGKILL, also when frozen; nothing is said to anybody."""
        if self._child is not None:
            self._child.kill()
            self._child.join(10)

    def sigstop(self) -> None:
        """Freeze: connections stay open, locks stay held, nothing moves."""
        os.kill(self.pid, signal.SIGSTOP)

    def sigcont(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def running(self) -> bool:
        return self._child is not None and self._child.exitcode is None
