"""What is installed from npm is named by version and digest, never by a place to fetch it from."""

import json

import pytest

from tests.support.node import SOURCES

USES = sorted(path.parent.name for path in SOURCES.glob("*/package.json"))


@pytest.mark.parametrize("name", USES)
def test_a_lock_has_a_digest_for_every_package_and_no_address(name: str) -> None:
    text = (SOURCES / name / "package-lock.json").read_text()
    assert "://" not in text, f"write it with: python -m tests.support.node {name}"
    packages = {path: entry for path, entry in json.loads(text)["packages"].items() if path}
    assert packages
    assert [path for path, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")] == []
    assert "omit-lockfile-registry-resolved=true" in (SOURCES / name / ".npmrc").read_text()
