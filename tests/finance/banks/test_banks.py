"""The register of banks: proposed by one, approved by another; those of the policy are in it from the start (3.2-1)."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests.finance.banking import Street
from tests.finance.support import Desk, Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

BANKS = "/v1/banks"


@pytest_asyncio.fixture(loop_scope="session")
async def street(desk: Desk) -> Street:
    return Street(desk)


def bank(code: str, **other: object) -> Json:
    return {"code": code, "name": "西藏银行", "office": "普惠金融部", "channels": ["offline"], **other}


async def test_the_two_banks_of_the_policy_are_there_for_everybody(street: Street) -> None:
    answer = await street.get("public", BANKS, account="anonymous", limit=200)
    assert {"CCB", "PSBC"} <= {item["code"] for item in answer["items"]}


async def test_a_bank_counts_once_another_person_approves_it(street: Street) -> None:
    proposed = await street.ok("finance_officer", BANKS, bank("BOT"), status=201)
    assert proposed["status"] == "proposed"
    path = f"{BANKS}/{proposed['id']}"
    hidden = await street.send("public", "GET", path, account="anonymous")
    assert hidden.status_code == 404
    same = await street.send("finance_approver", "POST", f"{path}/approve", account="finance_officer-city")
    assert (same.status_code, same.json()["code"]) == (403, "four-eyes-required")
    approved = await street.ok("finance_approver", f"{path}/approve")
    assert approved["status"] == "active"
    shown = await street.get("public", path, account="anonymous")
    assert shown["revisions"] == [], "who recorded what is the bureau's business"


async def test_a_suspended_bank_keeps_its_record(street: Street) -> None:
    proposed = await street.ok("finance_officer", BANKS, bank("LSB"), status=201)
    path = f"{BANKS}/{proposed['id']}"
    await street.ok("finance_approver", f"{path}/approve")
    body = {name: value for name, value in bank("LSB", taking_referrals=False).items() if name != "code"}
    await street.ok("finance_officer", f"{path}/revise", body)
    pending = await street.send("finance_officer", "POST", f"{path}/revise", body)
    assert pending.json()["code"] == "change-pending"
    suspended = await street.ok("finance_approver", f"{path}/approve")
    assert (suspended["status"], suspended["revision"]) == ("suspended", 2)
    assert [row["status"] for row in suspended["revisions"]] == ["approved", "approved"]


async def test_a_code_is_taken_once(street: Street) -> None:
    again = await street.send("finance_officer", "POST", BANKS, bank("CCB"))
    assert (again.status_code, again.json()["code"]) == (409, "bank-exists")


async def test_a_refused_proposal_may_be_made_again(street: Street) -> None:
    proposed = await street.ok("finance_officer", BANKS, bank("XZB"), status=201)
    path = f"{BANKS}/{proposed['id']}"
    refused = await street.ok("finance_approver", f"{path}/refuse", {"reason_code": "incomplete"})
    assert refused["status"] == "refused"
    body = {name: value for name, value in bank("XZB").items() if name != "code"}
    assert (await street.ok("finance_officer", f"{path}/revise", body))["status"] == "proposed"
