"""`mengchuang bank selftest` as a bank runs it: a process of its own that has an address and a key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.bank_kit.conftest import DAY


@dataclass(frozen=True)
class Run:
    """What the command answered; `results` by name where it got that far."""

    code: int
    out: str
    err: str
    results: dict[str, dict[str, Any]]

    def names(self, outcome: str) -> set[str]:
        return {name for name, result in self.results.items() if result["outcome"] == outcome}


def selftest(url: str, key: str, folder: Path, *words: str, columns: int = 80, language: str = "en") -> Run:
    """Run it with files for the results."""
    file = folder / f"{uuid4().hex}.json"
    env = {name: value for name, value in os.environ.items() if not name.startswith("MENGCHUANG")}
    env |= {"COLUMNS": str(columns), "MENGCHUANG_BANK_KEY": key}
    command = [sys.executable, "-m", "deploy.cli", "bank", "selftest", "--base-url", url, "--lang", language]
    command += ["--business-day", DAY, "--json", str(file), *words]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    found = json.loads(file.read_text(encoding="utf-8"))["checks"] if file.exists() else []
    return Run(done.returncode, done.stdout, done.stderr, {result["id"]: result for result in found})
