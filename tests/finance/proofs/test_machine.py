"""Whatever is done with any money, in whatever order, whatever fails meanwhile: no ceiling is passed, the journal
balances, every account is the sum of its cases, and nothing is paid twice.

`FINANCE_LIVES=200` plays more cities than a build does.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import event

from services.finance.journal.entries import Movement
from services.finance.main import definition
from services.finance.settings import FinanceSettings
from shared.app import create_app
from shared.db import Database
from tests.finance.conftest import DEMO_EDITION
from tests.finance.proofs.machine.city import City
from tests.finance.proofs.machine.fate import AT_ONCE, DIES, RIVALS, TWICE, Fates, Grave, Tally
from tests.finance.proofs.machine.machine import AllMoney, Closing
from tests.finance.support import Desk, Standings
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port

BUILD: Final = 4
LIVES: Final = int(os.environ.get("FINANCE_LIVES", BUILD))
STEPS: Final = int(os.environ.get("FINANCE_TURNS", "16"))
KILLS: Final = int(os.environ.get("FINANCE_KILLS", "3"))

BOOKED: Final = set(Movement) - {Movement.BUDGET_OPENED}
"""What a build's cities book: everything but what an upgrade alone writes."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(max(900, LIVES * 90))]


class Towns:
    """Builds a city for each example: a database, the service over it, and a process that may be killed."""

    def __init__(self, cluster: Cluster, keys: Keys, peers: Standings, folder: Path, tally: Tally) -> None:
        self.cluster, self.keys, self.peers, self.folder, self.tally = cluster, keys, peers, folder, tally

    async def open(self) -> tuple[Fates, Closing]:
        stack = AsyncExitStack()
        url = self.cluster.service_database("finance")
        stack.callback(self.cluster.drop_database, url)
        app = create_app(definition, self._settings(url))
        await stack.enter_async_context(app.router.lifespan_context(app))
        grave = Grave()
        event.listen(app.state.runtime.db.engine.sync_engine, "commit", grave.commit)
        client = AsyncClient(transport=ASGITransport(app), base_url="http://finance")
        await stack.enter_async_context(client)
        db = Database(url, application_name="machine")
        stack.push_async_callback(db.close)
        process = Process(partial(self._process, url))
        stack.callback(process.end)
        fates = Fates(City(db, Desk(client, self.keys)), grave, self.tally, process)
        return fates, stack.aclose

    def _settings(self, url: str) -> FinanceSettings:
        return FinanceSettings(
            environment="test",
            database_url=url,
            signing_key_file=self.keys.private("finance"),
            public_keys_dir=self.keys.public_dir,
            evaluation_url=self.peers.url("evaluation"),
            registry_url=self.peers.url("registry"),
            business_clock="simulated",
            policy_dir=DEMO_EDITION,
            evidence_keys_file=self.keys.evidence_keys,
            workers_enabled=False,
        )

    def _process(self, url: str) -> ServiceProcess:
        own = self._settings(url).model_dump(mode="json", exclude_none=True)
        names = ["environment", "signing_key_file", "public_keys_dir", "evaluation_url", "registry_url"]
        names += ["business_clock", "policy_dir", "evidence_keys_file"]
        env = {name.upper(): str(own[name]) for name in names}
        env |= {"SERVICE_NAME": "finance", "DATABASE_URL": url, "WORKERS_ENABLED": "false", "LOG_LEVEL": "WARNING"}
        return ServiceProcess("services.finance.main:app", free_port(), env, log_file=self.folder / "finance.log")


class Process:
    """Started when somebody asks for it first."""

    def __init__(self, make: partial[ServiceProcess]) -> None:
        self.make = make
        self.started: ServiceProcess | None = None

    def __call__(self) -> ServiceProcess:
        if self.started is None:
            self.started = self.make()
            self.started.start(wait=False)
        return self.started

    def end(self) -> None:
        if self.started is not None:
            self.started.kill9()


@pytest.fixture
def machine(postgres: Cluster, keys: Keys, standings: Standings, tmp_path: Path) -> Iterator[type[AllMoney]]:
    with asyncio.Runner() as runner:
        AllMoney.runner, AllMoney.tally = runner, Tally()
        AllMoney.open = Towns(postgres, keys, standings, tmp_path, AllMoney.tally).open
        AllMoney.kills = KILLS
        yield AllMoney


def test_no_sequence_with_any_money_passes_a_ceiling_or_parts_books_from_cases(machine: type[AllMoney]) -> None:
    chosen = settings(
        max_examples=LIVES,
        stateful_step_count=STEPS,
        derandomize=True,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except BaseException:
        if machine.tally.failed:
            pytest.fail(machine.tally.failed[0], pytrace=False)
        raise
    finally:
        if os.environ.get("FINANCE_LIVES_REPORT"):
            Path(os.environ["FINANCE_LIVES_REPORT"]).write_text(told(machine.tally), "utf-8")
    assert machine.tally.wrong == [], "requests that nobody could read prove nothing"
    if LIVES >= BUILD:
        assert {movement.value for movement in BOOKED} <= machine.tally.kinds, "the cities must have moved every money"
        assert {TWICE, DIES, AT_ONCE, RIVALS} <= machine.tally.fates.keys()


def told(tally: Tally) -> str:
    """What was tried and done how often, what was refused why, which movements were booked."""
    lines = [f"{tally.done[verb]:5} of {times:5}  {verb}" for verb, times in sorted(tally.sent.items())]
    lines += [f"{times:5}  {why}" for why, times in tally.refused.most_common()]
    lines += [f"{times:5}  {fate}" for fate, times in tally.fates.most_common()]
    lines += tally.wrong
    never = sorted({movement.value for movement in Movement} - tally.kinds)
    return "\n".join([*lines, f"never booked: {', '.join(never)}"])
