"""Bank accounts: sealed, masked, confirmed by the bureau before anything is paid there (4.3-2)."""

from __future__ import annotations

from typing import Any

import pytest

from services.vouchers.providers.accounts import account_of, number_of, seal_anew
from shared.sealing import Keyring, new_keys, with_new_key
from tests.support.tokens import Keys
from tests.vouchers.providers.support import Case, admitted
from tests.vouchers.support import AUDITOR, SCIENCE_OFFICER, Caller, Town, code_of, fresh_code, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBER = "6217 0036 5000 1234567"
ACCOUNT = {"account_name": "拉萨律师事务所", "bank_name": "建设银行拉萨城关支行", "number": NUMBER}


async def proposed(case: Case, **more: Any) -> dict[str, Any]:
    return await case.ok(case.caller, "accounts", {**ACCOUNT, **more})


async def test_an_account_counts_once_the_bureau_has_confirmed_it(town: Town, keys: Keys) -> None:
    case = await admitted(town)
    first = await proposed(case)
    assert (first["masked"], first["status"]) == ("****4567", "proposed")
    async with town.db.transaction() as session:
        assert await account_of(session, first["provider_id"]) is None
    await case.ok(SCIENCE_OFFICER, f"accounts/{first['id']}/confirm")
    second = await proposed(case, number="10000001")
    ring = Keyring.parse(keys.account_keys.read_text())
    async with town.db.transaction() as session:
        account = await account_of(session, first["provider_id"])
        assert account is not None
        assert (str(account.id), account.masked, number_of(account, ring)) == (
            first["id"],
            "****4567",
            "6217003650001234567",
        )
    await case.ok(SCIENCE_OFFICER, f"accounts/{second['id']}/confirm")
    listed = (await town.api.get(case.caller, f"{case.path}/accounts")).json()["items"]
    assert {found["id"]: found["status"] for found in listed} == {first["id"]: "replaced", second["id"]: "current"}


async def test_the_number_is_nowhere_but_sealed(town: Town) -> None:
    case = await admitted(town)
    answer = await proposed(case)
    digits = NUMBER.replace(" ", "")
    assert digits not in str(answer)
    rows = await town.rows("SELECT data FROM event_log WHERE aggregate_id = CAST(:id AS uuid)", id=case.id)
    assert rows
    assert not any(digits in str(row.data) for row in rows)
    sealed = await town.one(
        "SELECT sealed_number FROM settlement_account WHERE id = CAST(:id AS uuid)", id=answer["id"]
    )
    assert digits.encode() not in bytes(sealed)


@pytest.mark.parametrize("number", ["1234567", "1" * 33, "1234567a", "", "１２３４５６７８"])
async def test_a_number_that_is_none_is_refused_without_being_shown(town: Town, number: str) -> None:
    case = await admitted(town)
    refused = await case.post(case.caller, "accounts", {**ACCOUNT, "number": number})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "number")
    assert not number or number not in refused.text


async def test_another_account_named_before_the_first_was_looked_at_takes_its_place(town: Town) -> None:
    case = await admitted(town)
    first, second = await proposed(case), await proposed(case, number="20000002")
    confirm = await case.post(SCIENCE_OFFICER, f"accounts/{first['id']}/confirm")
    assert code_of(confirm) == (409, "invalid-transition")
    rejected = await case.ok(SCIENCE_OFFICER, f"accounts/{second['id']}/reject", {"reason_code": "name_differs"})
    assert rejected["status"] == "rejected"


async def test_accounts_are_for_the_provider_and_the_bureaus(town: Town) -> None:
    case = await admitted(town)
    await proposed(case)
    path = f"{case.path}/accounts"
    for caller in (case.caller, SCIENCE_OFFICER, AUDITOR):
        assert (await town.api.get(caller, path)).status_code == 200
    assert (await town.api.get(Caller(("provider",), org=fresh_code()), path)).status_code == 404
    assert (await town.api.get(officer(), path)).status_code == 403
    without = await town.api.post(case.caller, path, ACCOUNT, key=None)
    assert code_of(without) == (400, "idempotency-key-required")


async def test_accounts_are_sealed_anew_with_the_newest_key(town: Town, keys: Keys) -> None:
    case = await admitted(town)
    account = await proposed(case)
    await case.ok(SCIENCE_OFFICER, f"accounts/{account['id']}/confirm")
    content = keys.account_keys.read_text()
    newer = Keyring.parse(with_new_key(content))
    try:
        assert await seal_anew(town.db, newer) > 0
        assert await seal_anew(town.db, newer) == 0
        async with town.db.transaction() as session:
            found = await account_of(session, account["provider_id"])
            assert found is not None
            assert number_of(found, newer) == NUMBER.replace(" ", "")
        assert await seal_anew(town.db, Keyring.parse(new_keys())) == 0
    finally:
        await seal_anew(town.db, _as_before(content, newer))


def _as_before(content: str, newer: Keyring) -> Keyring:
    """All keys, the earlier one current again: other tests go on with it."""
    ring = Keyring.parse(content)
    newer.current = ring.current
    return newer
