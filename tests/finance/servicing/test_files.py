"""Lists of served loans, guarantees, claims and subsidies as files."""

from __future__ import annotations

from datetime import date

import pytest

from services.finance.loans.states import GUARANTEED
from shared.db import Database
from tests.finance.serving import GUARANTEES, RATES, SUBSIDIES, Counter, new_reference, signed
from tests.finance.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = date(2019, 3, 15)


async def test_every_list_is_a_file_with_headings_and_words(desk: Desk, db: Database) -> None:
    counter = Counter(desk)
    loan = await signed(db, "100000.00", product=GUARANTEED)
    guarantee = await counter.guaranteed(loan)
    await counter.drawn(loan, "100000.00", DAY)
    await counter.paid(loan, "100.00", on=DAY)
    await counter.called(guarantee)
    body = {"amount": "10.00", "received_on": "2020-09-30", "reference": new_reference("ZC")}
    await counter.guarantor(f"{GUARANTEES}/{guarantee['id']}/recoveries", body)
    start_up = await signed(db, "50000.00")
    await counter.drawn(start_up, "50000.00", DAY)
    await counter.statement(2019, 1)
    expected = {
        "/v1/loans/arrears": "逾期90天以上",
        f"{loan.path}/drawdowns": loan.no,
        f"{loan.path}/payments": "追偿",
        GUARANTEES: "已代偿",
        f"{GUARANTEES}/claims": "已支付",
        f"{GUARANTEES}/{guarantee['id']}/recoveries": guarantee["no"],
        SUBSIDIES: "IS-2019-",
        f"{SUBSIDIES}/lines": "季度贴息",
        RATES: "已确认",
    }
    for path, word in expected.items():
        headers = desk.headers("admin", roles=("finance_officer",), account_id="finance_officer-1", today=counter.today)
        headers |= {"Accept": "text/csv", "Accept-Language": "zh-CN"}
        answer = await desk.client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.headers["content-type"].startswith("text/csv"), path
        assert word in answer.text, (path, answer.text[:400])
