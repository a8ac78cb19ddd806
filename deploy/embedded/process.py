"""Child processes: started in a session of their own, known by pid and start time, stopped within a limit."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import psutil

HOST = "127.0.0.1"
POLL_SECONDS = 0.02


class EmbeddedServerError(RuntimeError):
    """An embedded server could not be installed, started or stopped; the message is fit for the operator's eyes."""


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A pid alone may be given to another process after a crash; with the start time it names one process for good."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        with suppress(psutil.Error):
            return cls(pid, psutil.Process(pid).create_time())
        return None

    def alive(self) -> bool:
        """False for a zombie too: it has ended, only its parent has not looked yet."""
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            # The boot time, on which create_time rests, may be read a hundredth apart by two processes.
            same = abs(process.create_time() - self.started) < 0.5
            return same and str(process.status()) != psutil.STATUS_ZOMBIE
        return False

    def command(self) -> list[str]:
        """The words of its command line; none when it has ended."""
        with suppress(psutil.Error):
            return psutil.Process(self.pid).cmdline()
        return []

    def send(self, signum: int) -> None:
        if self.alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signum)


def children(process: ProcessId) -> list[ProcessId]:
    with suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
        return [ProcessId(child.pid, child.create_time()) for child in family]
    return []


def spawn(
    command: Sequence[str], *, log_file: Path | None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, so that Ctrl-C in a terminal reaches only whoever owns it."""
    if log_file is None:
        return _popen(command, subprocess.DEVNULL, env)
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as log:
        return _popen(command, log.fileno(), env)


def _popen(command: Sequence[str], output: int, env: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output != subprocess.DEVNULL else output,
        env=None if env is None else dict(env),
        start_new_session=True,
    )


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll until the condition holds; False when the time ran out."""
    deadline = monotonic() + seconds
    while not condition():
        if monotonic() > deadline:
            return False
        sleep(POLL_SECONDS)
    return True


def stop_process(process: ProcessId, signals: Sequence[tuple[int, float]]) -> bool:
    """Send each signal in turn, giving the process the seconds beside it; True when it ended before SIGKILL."""
    for signum, seconds in signals:
        process.send(signum)
        if wait_until(lambda: not process.alive(), seconds):
            return True
    process.send(signal.SIGKILL)
    wait_until(lambda: not process.alive(), 5)
    return False


def port_is_free(port: int, host: str = HOST) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def tail(log_file: Path | None, lines: int = 12) -> str:
    """The end of a log for an error message; empty when there is none."""
    if log_file is None or not log_file.exists():
        return ""
    return "\n".join(log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
