"""What vouchers took of an invoice no grant takes again (4.3-2)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.finance.consumers import vouchers as consumers
from shared.db import Database
from shared.document_claims import invoice_key
from shared.events.consumer import Received
from shared.events.contracts import vouchers as vc
from shared.ids import uuid7
from tests.finance.support import SELLER, Desk, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")

_numbers = count(1)


def fresh_number() -> str:
    return f"5419{next(_numbers):016}"


async def redeemed(
    db: Database,
    number: str,
    subsidy: str,
    of: str,
    *,
    status: str = "redeemed",
    redemption: UUID | None = None,
    version: int = 1,
) -> UUID:
    """Vouchers tells of a redemption on the invoice."""
    kind = {"held": vc.RedemptionHeld, "released": vc.RedemptionReleased}.get(status, vc.RedemptionRedeemed)
    data = vc.RedemptionState(
        id=redemption or uuid7(),
        no="RD-2019-0001",
        voucher_id=uuid7(),
        programme_id=uuid7(),
        enterprise_id=uuid7(),
        provider_id=uuid7(),
        category="legal_protection",
        status=status,
        price=Decimal(of),
        subsidy=Decimal(subsidy),
        held_on=date(2019, 5, 6),
        redeemed_on=None,
        reason_code=None,
        invoice_key=invoice_key(SELLER, None, number),
        invoice_amount=Decimal(of),
    )
    event = Received(
        id=uuid7(),
        type=kind.name,
        topic=kind.topic.name,
        position=version,
        subject=data.id,
        aggregate_version=version,
        effective_on=data.held_on,
        time=datetime.now(UTC),
        actor="seller",
        correlation_id="test",
        rules=(),
        edition="lhasa-2019",
        simulated=True,
        data=data,
    )
    async with db.transaction() as session:
        await consumers.know_claim(session, [event])
    return data.id


def invoice(number: str, **more: str) -> dict[str, Any]:
    return {"number": number, "seller_code": SELLER, **more}


@pytest.mark.parametrize(
    ("amount", "stated", "status"),
    [
        ("40.00", None, 201),
        ("40.01", None, 409),
        ("40.00", "100.00", 201),
        ("40.01", "5000.00", 409),
        ("40.00", "99.99", 409),
    ],
)
async def test_a_grant_is_charged_with_what_a_voucher_left_of_an_invoice(
    desk: Desk, db: Database, amount: str, stated: str | None, status: int
) -> None:
    grant = await desk.paid(await list_centre(db), "1000.00")
    number = fresh_number()
    await redeemed(db, number, "60.00", "100.00")
    more = {} if stated is None else {"amount": stated}
    answer = await desk.spend(grant, amount, invoice=invoice(number, **more))
    assert answer.status_code == status, answer.text
    if status == 409:
        assert (answer.json()["code"], answer.json()["clauses"]) == ("document-claims-exceeded", ["4.3-2"])
        assert "{" not in answer.json()["detail"]
    spent = (await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()["spent"]
    assert spent == (amount if status == 201 else "0.00")


async def test_a_planned_payment_is_tested_when_it_is_made(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db), "1000.00")
    path, number = f"/v1/grants/{grant['id']}/spending", fresh_number()
    planned = {"status": "planned", "purpose": "operations", "description": "房租", "amount": "50.00"}
    line = (await desk.post("operator", path, planned)).json()
    claim = await redeemed(db, number, "60.00", "100.00")
    documents = {"voucher_no": "记-1", "invoice": invoice(number)}
    refused = await desk.post("operator", f"{path}/{line['id']}/make", documents)
    assert (refused.status_code, refused.json()["code"]) == (409, "document-claims-exceeded")
    await redeemed(db, number, "60.00", "100.00", status="released", redemption=claim, version=2)
    assert (await desk.post("operator", f"{path}/{line['id']}/make", documents)).status_code == 200


async def test_a_hold_claims_until_it_is_released_whatever_comes_late(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db), "1000.00")
    number = fresh_number()
    claim = await redeemed(db, number, "100.00", "100.00", status="released", version=3)
    await redeemed(db, number, "100.00", "100.00", status="held", redemption=claim, version=1)
    assert (await desk.spend(grant, "100.00", invoice=invoice(number))).status_code == 201


async def test_vouchers_are_told_of_every_claim_in_the_one_spelling(desk: Desk, db: Database) -> None:
    grant = await desk.paid(await list_centre(db), "1000.00")
    number = fresh_number()
    line = (await desk.spend(grant, "30.00", invoice=invoice(number, amount="500.00"))).json()
    assert line["invoice_key"] == invoice_key(SELLER, None, number)
    async with db.transaction() as session:
        query = text("SELECT type, aggregate_version, data FROM event_log WHERE aggregate_id = CAST(:id AS uuid)")
        (told,) = await session.execute(query, {"id": line["id"]})
    assert (told.type, told.aggregate_version) == ("finance.claim.made.v1", 1)
    assert json.loads(told.data) == {
        "id": line["id"],
        "grant_id": grant["id"],
        "document_key": invoice_key(SELLER, None, number),
        "amount": "30.00",
        "document_amount": "500.00",
        "released": False,
    }
