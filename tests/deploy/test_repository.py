"""The repository's own promises: pinned and hashed installs that name no host, and commands that explain themselves."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_and_hashes_everything_and_names_no_host_or_path(name: str) -> None:
    text = (ROOT / name).read_text()
    for entry in re.split(r"\n(?=[a-z])", text.strip()):
        assert PIN.match(entry), entry
        assert "--hash=sha256:" in entry, entry
    assert "://" not in text
    assert " @ " not in text
    assert "--index" not in text
    assert str(Path.home()) not in text


def test_both_locks_agree_on_every_version() -> None:
    run_time, development = (dict(PIN.findall((ROOT / name).read_text())) for name in LOCKS)
    assert run_time.items() <= development.items()


def test_make_alone_explains_every_command() -> None:
    make = ["make", "-C", str(ROOT)]
    said = subprocess.run(make, capture_output=True, text=True, check=True).stdout
    for target in ("up", "down", "demo", "test", "test-fast", "lint", "migrate", "revision", "clean"):
        assert re.search(rf"^  make {target} +\S", said, re.MULTILINE), target


def test_every_exception_to_a_check_carries_its_reason() -> None:
    bare = re.compile(r"#\s*(?:noqa(?!: [A-Z]+\d+(?:, ?[A-Z]+\d+)*\s+\S)|type: ignore(?!\[[\w, -]+\]\s+#? ?\S))")
    found = []
    for folder in ("services", "gateway", "shared", "deploy", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            if path != Path(__file__):
                for number, line in enumerate(path.read_text().splitlines(), 1):
                    if bare.search(line):
                        found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


def test_no_file_is_longer_than_a_reader_bears() -> None:
    """But for the packages of contracts, whose `__init__` is nothing but an index of names."""
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("services", "gateway", "shared", "deploy")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 350
        and not (path.name == "__init__.py" and path.parent.parent.name == "contracts")
    }
    assert long == {}
