"""`mengchuang up`, `down` and `status` on a real stack: what the operator sees, and what survives what."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from deploy.embedded.databases import DATABASES
from deploy.embedded.process import ProcessId, wait_until
from deploy.settings import PORT_VARIABLES
from deploy.state import State, StateFile
from tests.support import reaper
from tests.support.waiting import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CHILDREN = {"postgres", "nats", "provisioner", "bureaus", *DATABASES}


class Stack:
    """A stack of its own: data folder and ports that nobody else has."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ports = {name: free_port() for name in PORT_VARIABLES}
        ports = {PORT_VARIABLES[name]: str(port) for name, port in self.ports.items()}
        own = {name: value for name, value in os.environ.items() if not name.endswith("_DATABASE_URL")}
        self.env = {**own, **ports, "DATA_DIR": str(home), "COLUMNS": "200", "LC_ALL": "C.UTF-8"}

    def run(self, *words: str, text: str = "", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.cli", *words]
        settings = {**self.env, **(env or {})}
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, env=settings, timeout=150, check=False
        )
        if (state := StateFile(self.home).read()) is not None:
            for process in (state.process, *(child.process for child in state.children)):
                reaper.watch_process(process)
        return done

    def up(self) -> subprocess.CompletedProcess[str]:
        done = self.run("up")
        assert done.returncode == 0, done.stderr
        return done

    def ensure_up(self) -> None:
        """Up; the command is not asked where its supervisor and every service are there."""
        state = StateFile(self.home).read()
        if state is None or not state.process.alive() or not all(self.ready(name) for name in DATABASES):
            self.up()

    @property
    def state(self) -> State:
        state = StateFile(self.home).read()
        assert state is not None
        return state

    def child(self, name: str) -> ProcessId:
        return next(child.process for child in self.state.children if child.name == name)

    def log(self) -> list[dict[str, object]]:
        lines = (self.home / "logs" / "supervisor.log").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def ready(self, name: str) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def kill_everything(self) -> None:
        state = self.state
        processes = [state.process, *(child.process for child in state.children)]
        for process in processes:
            process.send(signal.SIGKILL)
        assert wait_until(lambda: not any(process.alive() for process in processes), 10)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack") / "data")
    yield stack
    stack.run("down")


def until(stack: Stack, name: str, seconds: float = 30) -> None:
    deadline = monotonic() + seconds
    while not stack.ready(name):
        assert monotonic() < deadline, f"{name} is not ready again"
        sleep(0.1)


def test_up_starts_everything_and_shows_where_it_is(stack: Stack) -> None:
    done = stack.up()
    assert {child.name for child in stack.state.children} == CHILDREN
    for name in DATABASES:
        assert stack.ready(name)
        assert f"http://127.0.0.1:{stack.ports[name]}" in done.stdout
        assert f"{name}.log" in done.stdout
    assert stack.run("status").returncode == 0


def test_up_again_says_that_it_is_up_and_starts_nothing(stack: Stack) -> None:
    stack.ensure_up()
    before = stack.state
    done = stack.up()
    assert "up already" in done.stdout
    assert stack.state == before


def test_streams_are_as_they_should_be_and_the_logs_verify(stack: Stack) -> None:
    stack.ensure_up()
    assert stack.run("nats", "drift").returncode == 0
    assert stack.run("events", "verify").returncode == 0
    assert "Nothing is parked" in stack.run("events", "parked").stdout


def test_a_child_that_dies_is_restarted_and_that_is_logged(stack: Stack) -> None:
    stack.ensure_up()
    before = stack.child("finance")
    before.send(signal.SIGKILL)
    deadline = monotonic() + 30
    while not (restarted := [line for line in stack.log() if line.get("event") == "child-restarted"]):
        assert monotonic() < deadline
        sleep(0.1)
    assert restarted[0]["child"] == "finance"
    assert any(line.get("event") == "child-died" for line in stack.log())
    until(stack, "finance")
    assert stack.child("finance").pid != before.pid
    assert "restarted 1x" in stack.run("status").stdout


def test_services_come_back_when_the_database_was_killed(stack: Stack) -> None:
    stack.ensure_up()
    killed = stack.child("postgres").pid
    stack.child("postgres").send(signal.SIGKILL)
    sleep(1)
    for name in DATABASES:
        until(stack, name, 60)
    assert stack.child("postgres").pid != killed


def test_everything_killed_recovers_and_keeps_what_was_committed(stack: Stack) -> None:
    stack.ensure_up()
    name = f"keeper{os.getpid()}"
    assert stack.run("accounts", "add", name, "--role", "admin", text="a long secret, told once\n").returncode == 0
    stack.kill_everything()
    assert "down" in stack.run("status").stdout
    stack.up()
    again = stack.run("accounts", "add", name, "--role", "admin", text="a long secret, told once\n")
    assert "username-taken" in again.stderr, "the account is still there"


def test_logs_of_the_run_before_are_kept(stack: Stack) -> None:
    stack.ensure_up()
    kept = [stack.home / "logs" / f"{name}.log.1" for name in ("supervisor", "postgres", "nats")]
    if not all(log.exists() for log in kept):
        stack.run("down")
        stack.up()
    assert all(log.exists() for log in kept)


def test_orphans_of_a_killed_supervisor_are_stopped_before_the_next_start(stack: Stack) -> None:
    stack.ensure_up()
    orphans = [child.process for child in stack.state.children]
    supervisor = stack.state.process
    supervisor.send(signal.SIGKILL)
    assert wait_until(lambda: not supervisor.alive(), 10)
    assert all(process.alive() for process in orphans)
    stack.up()
    assert not any(process.alive() for process in orphans)


def test_down_stops_orphans_too(stack: Stack) -> None:
    stack.ensure_up()
    orphans = [child.process for child in stack.state.children]
    supervisor = stack.state.process
    supervisor.send(signal.SIGKILL)
    assert wait_until(lambda: not supervisor.alive(), 10)
    done = stack.run("down")
    assert "Stopped" in done.stdout
    assert not any(process.alive() for process in orphans)


def test_down_stops_the_gateway_first_and_the_database_last(stack: Stack) -> None:
    stack.ensure_up()
    processes = [child.process for child in stack.state.children]
    assert stack.run("down").returncode == 0
    assert not any(process.alive() for process in processes)
    order = [str(line["child"]) for line in stack.log() if line.get("event") == "child-stopped"]
    assert order[0] == "gateway"
    assert order[-3:] == ["provisioner", "nats", "postgres"]
    for name in ("gateway", "registry"):
        last = (stack.home / "logs" / f"{name}.log").read_text()
        assert "Traceback" not in last
    assert "Nothing was running" in stack.run("down").stdout


def test_a_busy_port_is_named_with_the_variable_that_changes_it(stack: Stack) -> None:
    stack.run("down")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", stack.ports["vouchers"]))
        taken.listen()
        done = stack.run("up")
    assert done.returncode == 1
    assert f"Port {stack.ports['vouchers']} is in use" in done.stderr
    assert "vouchers needs it" in done.stderr
    assert "MENGCHUANG_VOUCHERS_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_databases_are_migrated_while_the_stack_is_down(stack: Stack) -> None:
    stack.run("down")
    done = stack.run("migrate")
    assert done.returncode == 0, done.stderr
    assert all(f"{name}: at " in done.stdout for name in DATABASES)
    assert "down" in stack.run("status").stdout


def test_secrets_and_the_broker_s_configuration_are_for_the_owner_only(stack: Stack) -> None:
    for path in (stack.home / "secrets").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (stack.home / "nats.conf").stat().st_mode & 0o077 == 0


def test_a_simulated_clock_is_refused_in_production(stack: Stack) -> None:
    done = stack.run("up", "--simulated-clock", env={"ENVIRONMENT": "production"})
    assert done.returncode == 2
    assert "refused in production" in done.stderr
