"""Wishes for money sent to banks, their answers, and the banks' reconciled days (3.2-1, 3.3-1)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Json
from deploy.demo.story.world import Step, World

_PATH: Final = "/v1/referrals"
_DAYS: Final = "/v1/banks/reconciliations"
_FIELDS: Final = ["identity", "registration", "industry", "size", "tenancy", "statements"]


async def tell_referral(world: World, row: tables.Referral, until: date) -> None:
    """The enterprise authorises the bank and sends its wish; the bank examines, answers, pays out, is paid back."""
    if row.sent_on > until:
        return
    holder, banker = world.holder("enterprise", row.enterprise), world.banker(row.bank)
    name, found = f"referral/{row.key}", world.referrals.get((row.enterprise, row.bank))
    if found is None:
        found = await _send(world, row, name)
    offer = {
        "amount": row.amount,
        "rate": row.rate,
        "tenor_months": row.tenor_months,
        "until": None if row.offered_on is None else (row.offered_on + timedelta(days=14)).isoformat(),
    }
    refused = {"reason_code": row.refusal_reason}
    steps = [
        Step("sent", row.refused_on, "refuse", banker, {**_reference(row, "A"), **refused}),
        Step("sent", row.accepted_on, "accept", banker, _reference(row, "A")),
        Step("accepted", row.offered_on, "offer", banker, {**_reference(row, "O"), **offer}),
        Step("offered", row.agreed_on, "agree", holder),
        Step("agreed", row.disbursed_on, "disburse", banker, _money(row, "D", row.amount, row.disbursed_on)),
        Step("disbursed", row.repaid_on, "repay", banker, _money(row, "R", row.repaid, row.repaid_on)),
    ]
    after = await world.walk(f"{_PATH}/{found['id']}", name, found, steps, until)
    world.referrals[row.enterprise, row.bank] = {**found, "status": after["status"]}


async def _send(world: World, row: tables.Referral, name: str) -> Json:
    holder = world.holder("enterprise", row.enterprise)
    authorised = {
        "banks": [row.bank],
        "purpose": "loan_application",
        "fields": _FIELDS,
        "valid_until": date(row.sent_on.year, 12, 31).isoformat(),
    }
    await world.api.post(f"{_PATH}/authorisations", holder, row.sent_on, authorised, key=f"{name}/authorise")
    body = {
        "to": [{"bank": row.bank}],
        "amount": row.amount,
        "tenor_months": row.tenor_months,
        "purpose": row.purpose,
    }
    sent = await world.api.post(_PATH, holder, row.sent_on, body, key=f"{name}/send")
    found: Json = sent["items"][0]
    return found


def _reference(row: tables.Referral, step: str) -> Json:
    return {"reference": f"{row.bank}-{row.key}-{step}"}


def _money(row: tables.Referral, step: str, amount: str | None, day: date | None) -> Json:
    return {**_reference(row, step), "amount": amount, "value_on": None if day is None else day.isoformat()}


async def tell_bank_day(world: World, row: tables.BankDay, until: date) -> None:
    """The bank files its day; a digit that is wrong there is a difference, and a task of both sides."""
    if row.filed_on > until or (row.bank, row.day.isoformat()) in world.bank_days:
        return
    banker = world.banker(row.bank)
    statement = await world.api.get(f"{_DAYS}/statement", banker, day=row.day.isoformat())
    lines, control = statement["lines"], dict(statement["control"])
    if row.wrong is not None:
        more = Decimal(row.wrong) - Decimal(lines[0]["amount"])
        side = "disbursed" if lines[0]["kind"] == "disbursement" else "repaid"
        control[side] = f"{Decimal(control[side]) + more:.2f}"
        lines = [{**lines[0], "amount": row.wrong}, *lines[1:]]
    body = {"day": row.day.isoformat(), "lines": lines, "control": control}
    key = f"bank-day/{row.bank}/{row.day}"
    world.bank_days[row.bank, row.day.isoformat()] = await world.api.post(_DAYS, banker, row.filed_on, body, key=key)
