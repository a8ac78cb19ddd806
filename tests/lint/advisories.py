"""Whether anything that is installed has a known fault, as pip-audit finds it among the Python advisories.

`python -m tests.lint.advisories` fails on findings. Where nobody can be asked it says so in one line and does not fail:
a build must work without that network, and must not look as if it had been audited.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PROGRAM = Path(sys.executable).with_name("pip-audit")
SECONDS = 60
"""Beyond which an advisory source counts as not reached."""


@dataclass(frozen=True, slots=True)
class Audit:
    """Findings by `package version: advisory`; how many packages were judged, and how many there were."""

    findings: tuple[str, ...] = ()
    judged: int = 0
    asked: int = 0
    failure: str = ""

    @property
    def lines(self) -> list[str]:
        """What to say; nothing where all were judged and none is at fault."""
        said = list(self.findings)
        if self.judged < self.asked or self.failure:
            why = self.failure or "the index answers that it knows nothing of the others"
            said.append(f"advisories: {self.judged} of {self.asked} packages were judged: {why}")
        return said

    @property
    def failed(self) -> bool:
        return bool(self.findings)


def read(report: str, locks: int) -> Audit:
    """pip-audit's report in JSON; one that cannot be read comes of a source that was not reached."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Audit(asked=locks, failure="no advisory source could be reached")
    findings = sorted(
        f"{one['name']} {one['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'none yet'}"
        for one in packages
        for fault in one.get("vulns", ())
    )
    judged = sum("skip_reason" not in one for one in packages)
    return Audit(tuple(dict.fromkeys(findings)), judged, len(packages))


def audit(*locks: Path) -> Audit:
    """Ask about everything that these lock files pin."""
    command = [str(PROGRAM), "--progress-spinner", "off", "--format", "json", "--disable-pip", "--require-hashes"]
    for lock in locks:
        command += ["--requirement", str(lock)]
    pinned = sum(line.partition(" ")[0].count("==") for lock in locks for line in lock.read_text().splitlines())
    try:
        done = subprocess.run(
            [*command, "--timeout", "5"], capture_output=True, text=True, check=False, timeout=SECONDS, cwd=ROOT
        )
    except subprocess.TimeoutExpired:
        return Audit(asked=pinned, failure=f"no answer within {SECONDS} s")
    return read(done.stdout, pinned)


def main() -> int:
    """The command."""
    outcome = audit(*(ROOT / name for name in LOCKS))
    for line in outcome.lines:
        sys.stderr.write(f"{line}\n")
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(main())
