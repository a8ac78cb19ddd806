"""Steps of issuers and holders: vouchers issued, frozen, void, extended, reinstated and expired; terms changed."""

from __future__ import annotations

import random
from datetime import timedelta

from tests.vouchers.proofs.asks import Ask
from tests.vouchers.proofs.life import Life, Step, pick, price
from tests.vouchers.settlements.office import person

REQUESTS = "/v1/voucher-requests"
AMENDMENTS = "/v1/voucher-amendments"


async def issue(life: Life, chance: random.Random) -> Ask | None:
    body = {
        "programme_id": chance.choice(life.programmes),
        "enterprise_id": str(chance.choice(life.firms).id),
        "face_value": price(chance, 60_000),
    }
    return life.ask("issue", life.office.officer, "/v1/vouchers", body)


async def approve_issue(life: Life, chance: random.Random) -> Ask | None:
    waiting = [one for one in life.vouchers if one.status == "frozen" and one.frozen_reason == "awaiting_approval"]
    if not waiting:
        return await issue(life, chance)
    path = f"/v1/vouchers/{chance.choice(waiting).id}"
    if chance.random() < 0.25:
        return life.ask("refuse issue", life.office.approver, f"{path}/refuse", {"answer": "材料不齐"})
    return life.ask("approve issue", life.office.approver, f"{path}/approve")


async def freeze(life: Life, chance: random.Random) -> Ask | None:
    frozen = chance.random() < 0.6
    voucher = pick(chance, life.vouchers, "frozen" if frozen else "active")
    if voucher is None:
        return None
    path = f"/v1/vouchers/{voucher.id}"
    if frozen:
        return life.ask("unfreeze", life.office.approver, f"{path}/unfreeze")
    return life.ask("freeze", life.office.officer, f"{path}/freeze", {"reason_code": "fraud_suspected"})


async def request(life: Life, chance: random.Random) -> Ask | None:
    """A void, an extension or a reinstatement, asked for where it makes sense."""
    kind = chance.choice(["void", "extension", "extension", "reinstatement", "reinstatement"])
    voucher = pick(chance, life.vouchers, "active")
    if kind == "reinstatement":
        delisted = [one for one in life.vouchers if one.reason_code == "centre_delisted"]
        voucher = chance.choice(delisted) if delisted else pick(chance, life.vouchers, "stopped")
    if voucher is None:
        return None
    body = {"voucher_id": voucher.id, "kind": kind, "reason": "见附件"}
    caller = life.office.officer
    if kind == "void":
        body |= {"reason_code": "fraud", "delivered": chance.choice(["honoured", "released"])}
    elif kind == "extension":
        until = voucher.valid_until + timedelta(days=chance.choice([1, 30, 400]))
        body |= {"valid_until": until.isoformat()}
        caller = chance.choice([caller, life.firm_of(voucher).caller])
    return life.ask(f"ask for {kind}", caller, REQUESTS, body)


async def answer_request(life: Life, chance: random.Random) -> Ask | None:
    if not life.requests:
        return await request(life, chance)
    found = chance.choice(life.requests)
    path = f"{REQUESTS}/{found.id}"
    if found.status == "submitted":
        return life.ask(f"review {found.kind}", life.office.officer, f"{path}/review")
    if chance.random() < 0.15:
        return life.ask(f"refuse {found.kind}", life.office.approver, f"{path}/refuse", {"answer": "不符合条件"})
    return life.ask(f"approve {found.kind}", life.office.approver, f"{path}/approve")


async def amend(life: Life, chance: random.Random) -> Ask | None:
    """Draft a change of the terms, or approve the one that waits."""
    sql = (
        "SELECT CAST(amendment.id AS text) FROM programme_amendment AS amendment"
        " JOIN programme ON programme.id = programme_id"
        " WHERE programme.issuer_division = :division AND amendment.status = 'draft'"
    )
    drafted = await life.row(sql, division=life.division)
    if drafted is not None:
        approver = person("division_approver", life.division)
        return life.ask("approve amendment", approver, f"{AMENDMENTS}/{drafted.id}/approve")
    change = chance.choice(
        [
            {"budget": chance.choice(["900.00", "2400.00", "4000.00"])},
            {"subsidy_percent": chance.choice(["30.00", "50.00"])},
            {"enterprise_quota": chance.choice(["800.00", "1800.00"])},
        ]
    )
    body = {"changes": change, "reason": "预算调整"}
    path = f"/v1/voucher-programmes/{chance.choice(life.programmes)}/amendments"
    return life.ask("draft amendment", life.office.officer, path, body)


async def expire(life: Life, chance: random.Random) -> Ask | None:
    """Some days pass, and what has run out ends."""
    life.pass_days(chance.choice([0, 1, 3, 20]))
    kind = chance.choice(["vouchers", "vouchers", "redemptions", "redemptions", "providers"])
    science = person("science_officer", life.division)
    return life.ask(f"expire {kind}", science, f"/v1/{kind}/expire")


STEPS: tuple[Step, ...] = (issue, approve_issue, approve_issue, freeze, request, answer_request, answer_request, amend)
