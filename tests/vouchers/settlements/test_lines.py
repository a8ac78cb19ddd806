"""What a provider reads of its lines, and who lets a barred one back (4.3-4)."""

from __future__ import annotations

import pytest

from tests.vouchers.settlements.office import Office
from tests.vouchers.support import code_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_provider_reads_of_a_failed_inspection_and_not_of_a_suspicion(office: Office) -> None:
    standing = await office.holder()
    await office.sold(standing, "100.00")
    batch = await office.drafted()
    await office.ok(office.officer, f"/{batch['id']}/check")
    [line] = await office.lines(batch)
    body = {"line_id": line["id"], "outcome": "failed", "findings": "无服务成果", "fraud_suspected": True}
    await office.ok(office.officer, f"/{batch['id']}/inspections", body)
    path, seller = f"/v1/settlements/{batch['id']}/lines", standing.seller.caller
    [told] = (await office.get(path, seller))["items"]
    assert told["reason_code"] == "inspection_failed"
    assert (await office.get(path, seller, reason_code="fraud_suspected"))["items"] == []
    assert len((await office.get(path, seller, reason_code="inspection_failed"))["items"]) == 1
    assert (await office.lines(batch))[0]["reason_code"] == "fraud_suspected"


async def test_who_took_a_line_out_does_not_let_it_back(office: Office) -> None:
    await office.sold(await office.holder(), "100.00")
    batch = await office.drafted()
    [line] = await office.lines(batch)
    path = f"/{batch['id']}/lines/{line['id']}"
    await office.ok(office.officer, f"{path}/take-out", {"note": "材料待核", "barred": True})
    own = await office.post(office.officer, f"{path}/readmit", {"note": "核实无误"})
    assert code_of(own) == (403, "four-eyes-required")
    assert (await office.ok(office.payer, f"{path}/readmit", {"note": "核实无误"}))["status"] == "back"
