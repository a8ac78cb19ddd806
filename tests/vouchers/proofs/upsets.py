"""What happens to everybody: batches from files, a centre delisted and its firms relocated, a provider suspended."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID, uuid4

from services.vouchers.batches.issuing import run_waiting
from services.vouchers.sums.folding import fold_all
from shared.runtime import Runtime
from tests.vouchers.proofs.asks import REFUSED, Ask
from tests.vouchers.proofs.life import Life, price, science

IMPORT: Final = "/v1/imports/vouchers"
BATCHES: Final = "/v1/voucher-batches"

_MEASURE: Final = """
    SELECT CAST(measure.id AS text), measure.status, measure.stated_on, statement_until FROM provider_measure AS measure
    WHERE CAST(provider_id AS text) = :provider AND status NOT IN ('dropped', 'lifted') ORDER BY id DESC LIMIT 1
"""


async def take_in_batch(life: Life, chance: random.Random) -> Ask | None:
    """A file of an officer's, which then waits for the approver. Sent beside the line: its body is the file."""
    no = await life.town.one("SELECT no FROM programme WHERE CAST(id AS text) = :id", id=chance.choice(life.programmes))
    rows = [f"{firm.code},{no},{price(chance, 30_000)}," for firm in life.firms]
    api = life.town.api
    headers = {
        **api.headers(life.office.officer, life.day),
        "Content-Disposition": "attachment; filename=batch.csv",
        "Idempotency-Key": uuid4().hex,
    }
    content = "\n".join(["enterprise_code,programme_no,face_value,category", *rows]).encode()
    sent = await asyncio.gather(
        *(api.client.post(IMPORT, params={"partial": "true"}, headers=headers, content=content) for _ in range(2))
    )
    assert {answer.status_code for answer in sent} <= {200, *REFUSED}, [answer.text for answer in sent]
    taken = next((answer.json().get("batch_id") for answer in sent if answer.status_code == 200), None)
    if taken is None:
        return None
    return life.ask("approve voucher batch", life.office.approver, f"{BATCHES}/{taken}/approve")


async def issue_batches(life: Life) -> None:
    """Two processes' worth of issuing at once."""
    transport: Any = life.town.api.client._transport
    runtime = cast(Runtime, transport.app.state.runtime)
    await asyncio.gather(run_waiting(runtime), run_waiting(runtime))


async def fold(life: Life, chance: random.Random, others: Awaitable[None]) -> None:
    """The sums are added up in small pieces, by two at once, beside something else."""
    db, at_once = life.town.db, chance.choice([1, 7, 1000])
    await asyncio.gather(fold_all(db, at_once), fold_all(db, at_once), others)


async def delist(life: Life, chance: random.Random) -> None:
    """The centre of one of the firms is delisted; the event comes twice."""
    centre = life.centres[chance.choice(life.firms).id]
    case = await life.town.registry.delist(centre)
    await life.town.registry.remind(centre, case)


async def delist_beside(life: Life, chance: random.Random, others: Awaitable[None] | None) -> None:
    """At the same moment as something else."""
    await asyncio.gather(delist(life, chance), *([] if others is None else [others]))


async def relocate(life: Life, chance: random.Random) -> None:
    """A firm moves into another listed centre, today."""
    lost = {row.enterprise_id for row in life.delisted}
    firm = chance.choice([firm for firm in life.firms if firm.id in lost] or life.firms)
    stay = await life.row(
        "SELECT id, version, admitted_on FROM known_tenancy WHERE enterprise_id = :firm AND ended_on IS NULL",
        firm=firm.id,
    )
    registry = life.town.registry
    if stay is not None:
        ended = max(stay.admitted_on, life.day - timedelta(days=1))
        await registry.tenancy(
            firm.id,
            life.centres[firm.id],
            tenancy_id=UUID(str(stay.id)),
            admitted_on=stay.admitted_on,
            ended_on=ended,
            version=stay.version + 1,
        )
    centre = await registry.centre(owner=life.division, site=life.division)
    await registry.tenancy(firm.id, centre, admitted_on=life.day)
    life.centres[firm.id] = centre


async def suspend(life: Life, chance: random.Random) -> Ask | None:
    """The next step of a measure against the second provider, up to its lifting."""
    seller = life.sellers[1]
    base = f"/v1/providers/{seller.id}/measures"
    found = await life.row(_MEASURE, provider=seller.id)
    if found is None:
        body = {"kind": "suspension", "ground": "fraud", "reasons": "多笔服务与发票不符。"}
        return life.ask("intend suspension", science("intend"), base, body)
    path = f"{base}/{found.id}"
    match found.status:
        case "intended" if found.stated_on is None and life.day <= found.statement_until:
            return life.ask("provider's view", seller.caller, f"{path}/statement", {"text": "服务均已完成。"})
        case "intended":
            body = {"holds": chance.choice(["released", "honoured"])}
            return life.ask("propose suspension", science("propose"), f"{path}/propose", body)
        case "proposed":
            body = {"document_no": "拉科发〔2019〕33号"}
            return life.ask("suspend provider", science("decide"), f"{path}/decide", body)
        case "decided":
            ground = {"ground": "remedied"}
            return life.ask("propose lifting", science("propose"), f"{path}/propose-lifting", ground)
    return life.ask("lift suspension", science("lift"), f"{path}/lift")
