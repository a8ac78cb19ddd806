"""Whatever is done to grants in whatever order: no ceiling is passed, the journal balances and equals the cases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.grants import usecases as deciding
from services.finance.grants.cases import Step
from services.finance.grants.models import Grant
from services.finance.grants.schemas import Approval, GrantApplication, Refusal, StepRequest
from services.finance.payments import usecases as paying
from services.finance.payments.schemas import MoneyBack, Payment
from services.finance.payments.standing import Standing
from services.finance.spending import usecases as spending_cases
from services.finance.spending.schemas import SpendingIn
from shared.auth.principal import Principal
from shared.db import Database
from shared.errors import DomainError
from shared.policy.edition import load_editions
from tests.finance.support import (
    ACCOUNTS,
    OPERATOR,
    PEOPLE,
    TODAY,
    accept_rectification,
    application,
    delist,
    list_centre,
    publish_result,
    spending,
)

T = TypeVar("T")
AMOUNTS = st.sampled_from(["0.01", "50000.00", "99999.99", "120000.00", "200000.00"])
EDITIONS = load_editions(None)


def person(name: str) -> Principal:
    return Principal(
        account_id=ACCOUNTS[name],
        roles=frozenset(PEOPLE[name]),
        org=OPERATOR,
        division=None,
        provider=None,
        bank=None,
        person_ref=None,
        today=TODAY,
        simulated=True,
        correlation_id="property",
        issuer="gateway",
        internal=False,
    )


class Money(RuleBasedStateMachine):
    """One centre and a year; each run has a centre of its own in the same database."""

    runner: ClassVar[asyncio.Runner]
    db: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.centre: UUID
        self.grants: list[UUID] = []

    def wait(self, work: Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return self.runner.run(run())

    def attempt(self, use_case: Callable[[AsyncSession], Awaitable[T]]) -> T | None:
        """A use case in its transaction; a refusal is an outcome like any other."""
        with suppress(DomainError):
            return self.wait(self.db.run(use_case))
        return None

    def step(self, number: int, name: str) -> Step:
        return Step(self.grants[number % len(self.grants)], person(name), EDITIONS)

    @initialize()
    def begin(self) -> None:
        self.centre = self.wait(list_centre(self.db))

    @rule(amount=AMOUNTS)
    def apply(self, amount: str) -> None:
        sent = GrantApplication.model_validate(application(self.centre, amount))
        operator = person("operator")
        grant = self.attempt(lambda s: deciding.apply_for_grant(s, sent, principal=operator, editions=EDITIONS))
        if grant is not None:
            self.grants.append(grant.id)

    @rule(number=st.integers(0, 9), amount=AMOUNTS, depth=st.integers(1, 4))
    def advance(self, number: int, amount: str, depth: int) -> None:
        """One to four steps towards payment, as far as they are possible."""
        if not self.grants:
            return
        good = Standing("good", "listed")
        steps: list[Callable[[AsyncSession], Awaitable[Grant]]] = [
            lambda s: deciding.review_grant(s, StepRequest(), step=self.step(number, "science_officer")),
            lambda s: deciding.approve_grant(
                s, Approval.model_validate({"amount": amount}), step=self.step(number, "science_approver")
            ),
            lambda s: deciding.countersign_grant(s, StepRequest(), step=self.step(number, "industry_approver")),
            lambda s: paying.disburse_grant(s, Payment(), good, step=self.step(number, "treasury_approver")),
        ]
        for use_case in steps[:depth]:
            self.attempt(use_case)

    @rule(number=st.integers(0, 9), amount=AMOUNTS, purpose=st.sampled_from(["operations", "banquets"]))
    def spend(self, number: int, amount: str, purpose: str) -> None:
        if self.grants:
            sent = SpendingIn.model_validate(spending(amount, purpose=purpose))
            self.attempt(lambda s: spending_cases.record_spending(s, sent, step=self.step(number, "operator")))

    @rule(number=st.integers(0, 9), amount=AMOUNTS, recover=st.booleans())
    def give_back(self, number: int, amount: str, recover: bool) -> None:
        if self.grants:
            sent = MoneyBack.model_validate({"amount": amount})
            use_case = paying.recover_grant if recover else paying.refund_grant
            self.attempt(lambda s: use_case(s, sent, step=self.step(number, "treasury_officer")))

    @rule(number=st.integers(0, 9))
    def refuse(self, number: int) -> None:
        if self.grants:
            sent = Refusal(reason_code="other")
            self.attempt(lambda s: deciding.refuse_grant(s, sent, step=self.step(number, "industry_approver")))

    @rule(number=st.integers(0, 9))
    def close(self, number: int) -> None:
        if self.grants:
            self.attempt(lambda s: paying.close_grant(s, StepRequest(), step=self.step(number, "science_officer")))

    @rule(year=st.sampled_from([2018, 2019]), rectified=st.booleans())
    def evaluate(self, year: int, rectified: bool) -> None:
        if rectified:
            self.wait(accept_rectification(self.db, self.centre, year))
        else:
            self.wait(publish_result(self.db, self.centre, year, "fail"))

    @rule()
    def delist(self) -> None:
        self.wait(delist(self.db, self.centre))

    @invariant()
    def ceilings_and_journal_equal_the_cases(self) -> None:
        if not hasattr(self, "centre"):
            return
        told = self.wait(self._sums())
        cases = told["cases"]
        assert told["ceiling"] == [cases["committed"], cases["committed"]] or not told["ceiling"]
        assert cases["committed"] <= Decimal("200000.00")
        assert told["accounts"].get("grants.committed", 0) == cases["committed"]
        assert told["accounts"].get("grants.treasury", 0) == -cases["out"]
        assert told["accounts"].get("grants.advance", 0) == cases["advance"]
        assert told["accounts"].get("grants.expenditure", 0) == cases["spent"]
        assert told["accounts"].get("grants.receivable", 0) == cases["due"]
        assert sum(told["accounts"].values()) == 0
        assert told["unbalanced"] == 0

    async def _sums(self) -> dict[str, Any]:
        centre = {"centre": str(self.centre)}
        async with self.db.transaction() as session:
            cases = (await session.execute(text(CASES), centre)).mappings().one()
            accounts = await session.execute(
                text("SELECT account, sum(amount) AS total FROM posting WHERE subject = :centre GROUP BY account"),
                centre,
            )
            ceiling = await session.scalars(
                text("SELECT committed FROM ceiling WHERE subject LIKE :centre || '%' ORDER BY kind"), centre
            )
            unbalanced = await session.scalar(text(UNBALANCED))
            return {
                "cases": cases,
                "accounts": {row.account: row.total for row in accounts},
                "ceiling": list(ceiling),
                "unbalanced": unbalanced,
            }


CASES = """
SELECT coalesce(sum(approved) FILTER (WHERE status NOT IN ('refused', 'cancelled')), 0) AS committed,
       coalesce(sum(paid - refunded - recovered), 0) AS out,
       coalesce(sum(paid - spent - refunded - recovery_due), 0) AS advance,
       coalesce(sum(spent), 0) AS spent,
       coalesce(sum(recovery_due - recovered), 0) AS due
FROM centre_grant WHERE centre_id::text = :centre
"""
UNBALANCED = "SELECT count(*) FROM (SELECT 1 FROM posting GROUP BY entry_id HAVING sum(amount) <> 0) AS entries"


@pytest.fixture
def machine(finance_url: str) -> Iterator[type[Money]]:
    with asyncio.Runner() as runner:
        Money.runner, Money.db = runner, Database(finance_url, application_name="property")
        yield Money
        runner.run(Money.db.close())


@pytest.mark.slow
def test_no_sequence_passes_a_ceiling_or_unbalances_the_journal(machine: type[Money]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
