"""The background process that owns a running stack: starts it in order, keeps it alive, stops it in order.

Run as `python -m deploy.supervisor`; `mengchuang up` does that and waits for the word "ready" in the state file.
"""

import os
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import structlog

from deploy.components import Component, ManagedProcess
from deploy.embedded.databases import DATABASES, provision
from deploy.embedded.process import ProcessId, stop_process, tail
from deploy.environment import APPS, inherited
from deploy.ports import check_ports
from deploy.settings import StackSettings
from deploy.state import Child, Lock, Phase, State, StateFile
from shared.logging import configure_logging

log = structlog.get_logger("deploy.supervisor")

READY_SECONDS = 90
MIGRATION_SECONDS = 300
DRAIN_SECONDS = 0.3
KEPT_LOGS = 5
TICK_SECONDS = 0.1
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STABLE_SECONDS = 60.0
"""A child that lived this long is believed healthy: its next death is its first again."""


class StartFailed(RuntimeError):
    """The stack cannot come up; the message is for the operator."""


class Watched:
    """A component with its history of deaths."""

    def __init__(self, component: Component) -> None:
        self.component = component
        self.restarts = 0
        self._deaths = 0
        self._started_at = monotonic()
        self._again_at: float | None = None

    def watch(self) -> bool:
        """Look once, restart when the pause is over; True when something changed."""
        if self._again_at is None:
            if self.component.running():
                return False
            self._mourn()
            return True
        if monotonic() < self._again_at:
            return False
        self._again_at = None
        self._started_at = monotonic()
        self.restarts += 1
        try:
            self.component.start()
        except RuntimeError as error:
            log.error("child-start-failed", child=self.component.name, error=str(error))
        else:
            log.info("child-restarted", child=self.component.name, restarts=self.restarts)
        return True

    def _mourn(self) -> None:
        self._deaths = 1 if monotonic() - self._started_at > STABLE_SECONDS else self._deaths + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (self._deaths - 1), LONGEST_PAUSE_SECONDS)
        self._again_at = monotonic() + pause
        last = tail(self.component.log_file, 1)
        log.warning("child-died", child=self.component.name, restart_in_seconds=pause, last_line=last)


class Supervisor:
    """One run of the stack, from the first child to the last."""

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings
        self._suite = settings.suite()
        self._file = StateFile(settings.home)
        self._watched: list[Watched] = []
        self._stopping = False
        me = ProcessId.of(os.getpid())
        self._state = State(
            pid=os.getpid(),
            started=me.started if me else 0,
            phase="starting",
            business_clock=settings.business_clock,
            gateway_url=self._suite.url("gateway"),
            log_file=str(settings.log_file("supervisor")),
        )

    def run(self) -> int:
        """Start, watch until told to stop, stop; the exit code."""
        before = self._file.read()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._told_to_stop)
        try:
            self._enter("starting", "stopping what an earlier run left")
            stop_orphans(self._settings, before)
            self._start_all()
            if not self._stopping:
                self._enter("ready")
                self._watch()
        except RuntimeError as error:
            log.error("start-failed", error=str(error))
            self._stop_all()
            self._enter("failed", str(error))
            return 1
        self._enter("stopping")
        self._stop_all()
        self._enter("stopped")
        return 0

    def _start_all(self) -> None:
        settings = self._settings
        check_ports(settings.ports_needed())
        for name in ("postgres", "nats", "migrations", "provisioner", "bureaus", *DATABASES):
            rotate(settings.log_file(name))
        settings.secrets.ensure()
        if settings.embeds_postgres:
            self._enter("starting", "PostgreSQL")
            server = settings.postgres()
            self._start(server)
            provision(server, settings.secrets.role_passwords())
        if settings.embeds_nats:
            self._enter("starting", "NATS")
            self._start(settings.nats())
        self._enter("starting", "migrations")
        self._migrate()
        self._enter("starting", "services")
        processes = [self._provisioner(), *(self._service(name) for name in DATABASES)]
        if settings.embeds_nats:
            processes.append(self._bureaus())
        for process in processes:
            self._start(process)
        self._wait_ready(processes)

    def _start(self, component: Component) -> None:
        if self._stopping:
            return
        component.start()
        self._watched.append(Watched(component))
        log.info("child-started", child=component.name, address=component.address)
        self._write()

    def _wait_ready(self, components: Sequence[Component]) -> None:
        deadline = monotonic() + READY_SECONDS
        waiting = list(components)
        while waiting and not self._stopping:
            for component in list(waiting):
                if not component.running():
                    raise StartFailed(f"{component.name} ended while starting:\n{tail(component.log_file)}")
                if component.ready():
                    log.info("child-ready", child=component.name)
                    waiting.remove(component)
            if monotonic() > deadline:
                names = ", ".join(component.name for component in waiting)
                logs = ", ".join(str(component.log_file) for component in waiting)
                raise StartFailed(f"not ready within {READY_SECONDS} s: {names}; see {logs}")
            sleep(TICK_SECONDS)

    def _watch(self) -> None:
        while not self._stopping:
            changes = [watched.watch() for watched in self._watched]
            if any(changes):
                self._write()
            sleep(TICK_SECONDS)

    def _stop_all(self) -> None:
        """Gateway first, so that nothing new comes in; PostgreSQL last, so that everybody can finish."""
        order = sorted(self._watched, key=lambda watched: _stop_rank(watched.component.name))
        for rank in sorted({_stop_rank(watched.component.name) for watched in order}):
            together = [watched.component for watched in order if _stop_rank(watched.component.name) == rank]
            with ThreadPoolExecutor(len(together)) as threads:
                list(threads.map(_stop, together))
            self._write()

    def _migrate(self) -> None:
        command = [sys.executable, "-m", "deploy.cli", "migrate"]
        job = ManagedProcess("migrations", command, dict(os.environ), log_file=self._settings.log_file("migrations"))
        job.start()
        deadline = monotonic() + MIGRATION_SECONDS
        while job.running() and not self._stopping and monotonic() < deadline:
            sleep(TICK_SECONDS)
        if job.running():
            job.stop()
        if job.exit_code != 0 and not self._stopping:
            raise StartFailed(f"the migrations failed:\n{tail(job.log_file)}")

    def _provisioner(self) -> ManagedProcess:
        command = [sys.executable, "-m", "deploy.cli", "nats", "provision", "--loop"]
        env = {**inherited(), **self._suite.of_provisioner()}
        return ManagedProcess("provisioner", command, env, log_file=self._settings.log_file("provisioner"))

    def _bureaus(self) -> ManagedProcess:
        command = [sys.executable, "-m", "deploy.cli", "bureaus", "apply", "--loop"]
        return ManagedProcess("bureaus", command, dict(os.environ), log_file=self._settings.log_file("bureaus"))

    def _service(self, name: str) -> ManagedProcess:
        port = self._settings.port(name)
        command = [sys.executable, "-m", "shared.serve", APPS[name], "--port", str(port)]
        command += ["--drain-seconds", str(DRAIN_SECONDS)]
        env = {**inherited(), **self._suite.of(name)}
        return ManagedProcess(name, command, env, log_file=self._settings.log_file(name), port=port)

    def _told_to_stop(self, signum: int, _frame: object) -> None:
        log.info("told-to-stop", signal=signal.Signals(signum).name)
        self._stopping = True

    def _enter(self, phase: Phase, message: str = "") -> None:
        self._state.phase, self._state.message = phase, message
        log.info("phase", phase=phase, message=message)
        self._write()

    def _write(self) -> None:
        children = []
        for watched in self._watched:
            component = watched.component
            if (process := component.process()) is not None:
                children.append(
                    Child(
                        name=component.name,
                        pid=process.pid,
                        started=process.started,
                        address=component.address,
                        log_file=str(component.log_file),
                        restarts=watched.restarts,
                    )
                )
        self._state.children = children
        self._file.write(self._state)


def _stop_rank(name: str) -> int:
    return {"gateway": 0, "provisioner": 2, "nats": 3, "postgres": 4}.get(name, 1)


def _stop(component: Component) -> None:
    component.stop()
    log.info("child-stopped", child=component.name)


def rotate(log_file: Path) -> None:
    """Move the log of the run before out of the way; the last five are kept."""
    if not log_file.exists() or log_file.stat().st_size == 0:
        return
    for number in range(KEPT_LOGS - 1, 0, -1):
        older = log_file.with_name(f"{log_file.name}.{number}")
        if older.exists():
            older.replace(log_file.with_name(f"{log_file.name}.{number + 1}"))
    log_file.replace(log_file.with_name(f"{log_file.name}.1"))


def stop_orphans(settings: StackSettings, before: State | None) -> list[str]:
    """Stop what a supervisor that was killed left running, in the order of a proper stop; the names of those found."""
    left = [child for child in (before.children if before else []) if child.process.alive()]
    for child in sorted(left, key=lambda child: _stop_rank(child.name)):
        log.warning("orphan-found", child=child.name, pid=child.pid)
        first = signal.SIGINT if child.name in ("postgres", "nats") else signal.SIGTERM
        stop_process(child.process, [(first, 15)])
    names = [child.name for child in left]
    if settings.embeds_postgres and settings.secrets.superuser_password.exists() and settings.postgres().running():
        # Its own pid file knows it, even where the supervisor was killed before it could write the pid down.
        log.warning("orphan-found", child="postgres")
        settings.postgres().stop()
        names.append("postgres")
    return names


def main() -> None:
    settings = StackSettings()
    configure_logging("supervisor")
    with Lock(settings.home) as lock:
        if not lock.acquire():
            sys.exit("another supervisor holds this data folder")
        sys.exit(Supervisor(settings).run())


if __name__ == "__main__":
    main()
