"""Any sequence of uses of a voucher: its parts make up its face value, and the journal agrees with what is spent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar, TypeVar
from uuid import uuid4

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.vouchers.main import definition
from shared.app import create_app
from shared.settings import ServiceSettings
from tests.support.tokens import Keys
from tests.vouchers.support import Api, Standing, Town

T = TypeVar("T")

BOOKS = """
    SELECT balance, held, spent, returned,
        sum(amount) FILTER (WHERE account = 'programme_subsidy') AS debited,
        sum(amount) FILTER (WHERE account = 'provider_payable') AS credited
    FROM voucher LEFT JOIN redemption ON voucher_id = voucher.id
    LEFT JOIN journal_entry ON redemption_id = redemption.id
    LEFT JOIN posting ON entry_id = journal_entry.id
    WHERE voucher.id = CAST(:id AS uuid) GROUP BY voucher.id
"""
COMMITTED = """
    SELECT committed FROM ceiling JOIN voucher
    ON ceiling.subject IN (voucher.programme_id::text, voucher.issuer_division || ':' || voucher.enterprise_id)
    WHERE voucher.id = CAST(:id AS uuid)
"""
PRICES = st.integers(1, 60_000).map(lambda fen: Decimal(fen) / 100)


class VoucherLife(RuleBasedStateMachine):
    """A voucher of 500 yuan at 33.33 %, its holder and a provider; the model keeps books of its own."""

    town: ClassVar[Town]
    portal: ClassVar[BlockingPortal]

    def wait(self, work: Callable[[], Awaitable[T]]) -> T:
        return self.portal.call(work)

    @initialize()
    def issue(self) -> None:
        self.standing: Standing = self.wait(lambda: self.town.standing("500.00", subsidy_percent="33.33"))
        self.free, self.spent, self.returned = Decimal("500.00"), Decimal("0.00"), Decimal("0.00")
        self.open: dict[str, tuple[str, Decimal]] = {}
        self.stopped = False
        self.last: tuple[str, Decimal, httpx.Response] | None = None

    def expected(self, price: Decimal) -> Decimal:
        share = (price * Decimal("33.33") / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return Decimal(0) if self.stopped else min(share, self.free)

    @rule(price=PRICES)
    def sell_at_counter(self, price: Decimal) -> None:
        key = uuid4().hex
        answer = self.wait(lambda: self.standing.at_counter(str(price), key=key))
        subsidy = self.expected(price)
        assert answer.status_code == (201 if subsidy else 409), answer.text
        if subsidy:
            assert Decimal(answer.json()["subsidy"]) == subsidy
            self.free -= subsidy
            self.spent += subsidy
            self.last = (key, price, answer)

    @precondition(lambda self: self.last is not None)
    @rule()
    def repeat_the_last_sale(self) -> None:
        assert self.last is not None
        key, price, first = self.last
        again = self.wait(lambda: self.standing.at_counter(str(price), key=key))
        assert (again.status_code, again.content) == (201, first.content)

    @rule(price=PRICES)
    def hold(self, price: Decimal) -> None:
        body = self.standing.sale(str(price), invoice=None)
        answer = self.wait(lambda: self.town.api.post(self.standing.seller.caller, "/v1/redemptions", body))
        subsidy = self.expected(price)
        assert answer.status_code == (201 if subsidy else 409), answer.text
        if subsidy:
            self.free -= subsidy
            self.open[answer.json()["id"]] = ("held", subsidy)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), verb=st.sampled_from(["deliver", "redeem", "release", "take back"]))
    def step(self, data: st.DataObject, verb: str) -> None:
        redemption = data.draw(st.sampled_from(sorted(self.open)))
        state, subsidy = self.open[redemption]
        seller, firm = self.standing.seller.caller, self.standing.firm.caller
        caller = seller if verb in ("deliver", "take back") else firm
        path = "release" if verb == "take back" else verb
        possible = {
            "deliver": ["held"],
            "redeem": ["delivered"],
            "release": ["held"],
            "take back": ["held", "delivered"],
        }
        answer = self.wait(lambda: self.standing.step(caller, redemption, path))
        assert answer.status_code == (200 if state in possible[verb] else 409), answer.text
        if answer.status_code != 200:
            return
        if verb == "deliver":
            self.open[redemption] = ("delivered", subsidy)
            return
        del self.open[redemption]
        if verb == "redeem":
            self.spent += subsidy
        elif self.stopped:
            self.returned += subsidy
        else:
            self.free += subsidy

    @precondition(lambda self: not self.stopped and self.spent > 100)
    @rule()
    def delist_the_centre(self) -> None:
        self.wait(lambda: self.town.registry.delist(self.standing.centre_id))
        self.stopped = True
        self.returned = self.free + sum((taken for state, taken in self.open.values() if state == "held"), Decimal(0))
        self.free = Decimal(0)
        self.open = {key: value for key, value in self.open.items() if value[0] == "delivered"}

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "standing"):
            return
        held = sum((subsidy for _, subsidy in self.open.values()), Decimal(0))
        books = self.wait(lambda: self.town.rows(BOOKS, id=self.standing.voucher_id))[0]
        assert (books.balance, books.held, books.spent, books.returned) == (self.free, held, self.spent, self.returned)
        assert books.balance + books.held + books.spent + books.returned == 500
        committed = self.wait(lambda: self.town.rows(COMMITTED, id=self.standing.voucher_id))
        assert [row.committed for row in committed] == [500 - self.returned] * 2, "quota and budget"
        assert (books.debited or 0, books.credited or 0) == (self.spent, -self.spent)


@pytest.fixture
def portal(settings: ServiceSettings, keys: Keys) -> Iterator[BlockingPortal]:
    """The service on an event loop in a thread of its own, for a machine that knows no loop."""
    app = create_app(definition, settings)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vouchers")
        VoucherLife.portal = portal
        VoucherLife.town = Town(Api(client, keys), app.state.runtime.db)
        yield portal
        portal.call(client.aclose)


@pytest.mark.usefixtures("portal")
def test_balance_hold_and_spending_make_the_face_value_whatever_happens() -> None:
    run_state_machine_as_test(
        VoucherLife,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
