"""Two providers that are paid to one account are seen to be, and nobody sees the account."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.vouchers.audit.duties import find_ties
from services.vouchers.settings import VoucherSettings
from shared.audit.duties import Asked, snapshot
from tests.vouchers.providers.support import admitted
from tests.vouchers.support import SCIENCE_OFFICER, Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

ACCOUNT = {"account_name": "甲公司", "bank_name": "建设银行拉萨城关支行"}


async def test_one_account_of_two_providers_ties_them_and_is_not_shown(town: Town, settings: VoucherSettings) -> None:
    numbers = ("6217 0036 5000 7654321", "6217003650007654321", "6217003650007654322")
    cases = [await admitted(town) for _ in numbers]
    for case, number in zip(cases, numbers, strict=True):
        account = await case.ok(case.caller, "accounts", {**ACCOUNT, "number": number})
        if case is not cases[1]:
            await case.ok(SCIENCE_OFFICER, f"accounts/{account['id']}/confirm")
    process = cast("Any", SimpleNamespace(settings=settings))
    async with snapshot(town.db) as session:
        found = await find_ties(Asked(session, process, date(2019, 1, 1), date(2019, 12, 31)))
    ties = {str(tie.party_id): tie for tie in found.ties if tie.shared == "bank_account"}
    first, second, third = (ties[str(case.id)] for case in cases)
    assert first.value == second.value != third.value
    assert (first.capacity, second.capacity) == ("settlement_account", "settlement_account_proposed")
    assert "7654321" not in "".join(tie.model_dump_json() for tie in found.ties)
