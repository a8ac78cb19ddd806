"""Ends what a test session leaves behind when it is killed: servers of their own sessions outlive their parent.

A small process waits on a pipe that only the test process holds open. Every line names something to end: `pid <pid>
<start time>` or `dir <path>`. When the pipe closes, however the tests ended, it kills and removes.
"""

import atexit
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.embedded.process import ProcessId

_process: subprocess.Popen[bytes] | None = None


def watch_process(process: ProcessId | None) -> None:
    if process is not None:
        _tell(f"pid {process.pid} {process.started}")


def watch_folder(folder: Path) -> None:
    """Remove the folder at the end of the session."""
    _tell(f"dir {folder}")


def _tell(line: str) -> None:
    global _process
    if _process is None:
        command = [sys.executable, "-m", "tests.support.reaper"]
        _process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        atexit.register(_finish, _process)
    if _process.stdin is not None:
        _process.stdin.write(line.encode() + b"\n")
        _process.stdin.flush()


def _finish(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.wait(30)


def main() -> None:
    processes: list[ProcessId] = []
    folders: list[Path] = []
    for line in sys.stdin:
        kind, _, rest = line.strip().partition(" ")
        if kind == "dir":
            folders.append(Path(rest))
        else:
            pid, started = rest.split()
            processes.append(ProcessId(int(pid), float(started)))
    for process in processes:
        process.send(9)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
