"""A voucher's code is renewed by its holder; the old one stops working at once (4.3-1)."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.vouchers.vouchers.codes import new_code
from tests.vouchers.support import AUDITOR, Standing, Town, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")


def path_of(standing: Standing) -> str:
    return f"/v1/vouchers/{standing.voucher_id}/rotate-code"


async def test_the_old_code_draws_no_more_and_the_new_one_does(town: Town) -> None:
    standing = await town.standing()
    assert code_of(await standing.at_counter("10.00")) == (201, "")
    renewed = await town.api.post(standing.firm.caller, path_of(standing))
    code = renewed.json()["code"]
    assert renewed.headers["Cache-Control"] == "no-store"
    assert code != standing.code
    assert await town.code(standing.firm, standing.voucher_id) == code
    assert code_of(await standing.at_counter("10.00")) == (404, "not-found")
    seller = standing.seller.caller
    assert code_of(await town.api.post(seller, "/v1/redemptions", standing.sale("10.00"))) == (404, "not-found")
    assert code_of(await standing.at_counter("10.00", more={"code": code})) == (201, "")
    assert await town.events(standing.voucher_id, "vouchers.voucher.code_renewed.v1") == 1


async def test_the_new_code_is_kept_nowhere_but_with_the_voucher(town: Town) -> None:
    standing = await town.standing()
    key = uuid4().hex
    first = (await town.api.post(standing.firm.caller, path_of(standing), key=key)).json()["code"]
    again = (await town.api.post(standing.firm.caller, path_of(standing), key=key)).json()["code"]
    assert first != again, "an answer with a secret is not stored, so the second is a renewal of its own"
    for table in ("event_log", "idempotency_key", "voucher"):
        for code in (again, again.replace("-", "")):
            found = f"SELECT count(*) FROM {table} WHERE strpos({table}::text, :code) > 0"
            assert await town.one(found, code=code) == 0, table


async def test_a_hold_made_with_the_old_code_stands(town: Town) -> None:
    standing = await town.standing()
    held = await town.api.ok(standing.seller.caller, "/v1/redemptions", standing.sale("10.00", invoice=None))
    await town.api.ok(standing.firm.caller, path_of(standing))
    await standing.step(standing.seller.caller, held["id"], "deliver")
    assert (await standing.step(standing.firm.caller, held["id"], "redeem")).status_code == 200


async def test_only_the_holder_renews_and_only_while_the_voucher_is_active(town: Town) -> None:
    standing = await town.standing()
    stranger = await town.registry.enterprise()
    assert code_of(await town.api.post(stranger.caller, path_of(standing))) == (404, "not-found")
    for caller in (officer(), AUDITOR, standing.seller.caller):
        assert code_of(await town.api.post(caller, path_of(standing))) == (403, "forbidden")
    stale = await town.api.post(standing.firm.caller, path_of(standing), headers={"If-Match": '"7"'})
    assert code_of(stale) == (412, "precondition-failed")
    await town.registry.delist(standing.centre_id)
    assert code_of(await town.api.post(standing.firm.caller, path_of(standing))) == (409, "invalid-transition")


@pytest.mark.parametrize("way", ["/v1/redemptions/counter", "/v1/redemptions"])
async def test_a_draw_that_waits_for_the_renewal_is_refused(town: Town, way: str) -> None:
    standing = await town.standing()
    async with town.db.transaction() as session:
        values = {"id": standing.voucher_id}
        await session.execute(
            text("UPDATE voucher SET code_generation = code_generation + 1 WHERE id = CAST(:id AS uuid)"), values
        )
        drawing = asyncio.create_task(town.api.post(standing.seller.caller, way, standing.sale("10.00")))
        await asyncio.sleep(0.3)
        assert not drawing.done()
        renewed = "UPDATE voucher_code SET code = :code, generation = 2 WHERE voucher_id = CAST(:id AS uuid)"
        await session.execute(text(renewed), {**values, "code": new_code()})
    assert code_of(await drawing) == (404, "not-found")
    assert await standing.parts() == ("1000.00", "0.00", "0.00")
