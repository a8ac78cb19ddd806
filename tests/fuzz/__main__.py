"""`make fuzz`: every operation with everything unusual, and schemathesis over all of them as each role.

SEED changes what is made up, FUZZ_EXAMPLES how much of it schemathesis makes for each operation, FUZZ_ROLES (names with
commas) as whom, FUZZ_OPERATIONS how many operations of each, FUZZ_EACH how many unusual inputs each operation gets
(without the last two: all). Counts go to standard output, faults too; the exit code is 1 with any.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import httpx

from tests.fuzz.checked import check
from tests.fuzz.described import Description, Operation
from tests.fuzz.people import hire_all, key_of
from tests.fuzz.sending import Attempt, Sender, Tally, attempts, some
from tests.support.postgres import Cluster
from tests.support.suite import Suite


def main() -> int:
    """Run it; the number that the process ends with."""
    seed, examples = int(os.environ.get("SEED", "20190318")), int(os.environ.get("FUZZ_EXAMPLES", "25"))
    with tempfile.TemporaryDirectory(prefix="mc-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder) / "pg")
        try:
            with Suite(cluster, Path(folder) / "suite") as suite:
                faults = _everything(suite, seed, examples)
        finally:
            cluster.stop()
    return 1 if faults else 0


def _everything(suite: Suite, seed: int, examples: int) -> int:
    tokens = asyncio.run(hire_all(suite))
    document: dict[str, Any] = httpx.get(f"{suite.gateway_url}/openapi.json", timeout=90).json()
    description, tally = Description(document), Tally()
    operations, rng = list(description.operations()), Random(seed)
    each = int(os.environ.get("FUZZ_EACH") or 0)

    def wanted(operation: Operation) -> Iterable[Attempt]:
        if not each:
            return attempts(description, operation)
        return [
            *some(description, operation, rng, each, refused=True),
            *some(description, operation, rng, 1, refused=False),
        ]

    every = (attempt for operation in operations for attempt in wanted(operation))
    asyncio.run(Sender(suite.gateway_url, tokens, seed=seed).send(every, tally))
    _say(f"unusual inputs, seed {seed}: {tally}", tally.faults)
    count = len(tally.faults)
    for role in os.environ.get("FUZZ_ROLES", ",".join([*tokens, "public"])).split(","):
        own = [operation.id for operation in operations if _may_call(role, operation)]
        own = sorted(rng.sample(own, min(len(own), int(os.environ.get("FUZZ_OPERATIONS") or len(own)))))
        checked = check(document, suite.gateway_url, tokens.get(role), own, seed=seed, examples=examples)
        _say(f"as {role}, seed {seed}, {examples} examples: {checked}", checked.faults)
        count += len(checked.faults)
    return count


def _may_call(role: str, operation: Operation) -> bool:
    """A role, or the key of one."""
    return role in operation.roles or (operation.by_key and any(role == key_of(one) for one in operation.roles))


def _say(line: str, faults: list[str]) -> None:
    sys.stdout.write("\n".join([line, *(f"  {fault}" for fault in faults)]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
