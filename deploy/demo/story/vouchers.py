"""Voucher programmes, providers, vouchers and their use."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from deploy.demo import tables
from deploy.demo.story.world import Step, World

_ANOTHER_TERM: Final = timedelta(days=365)
"""An admission that goes on for longer was renewed already."""


async def tell_programme(world: World, row: tables.Programme, until: date) -> None:
    """Drafted by the division's officer, opened by its approver."""
    key = (row.issuer_division, row.kind, row.year)
    name = f"programme/{row.issuer_division}/{row.kind}/{row.year}"
    officer = world.division("officer", row.issuer_division)
    found = world.programmes.get(key)
    if found is None:
        if row.drafted_on > until:
            return
        body = {"kind": row.kind, "year": row.year, "budget": row.budget}
        if row.subsidy_percent is not None:
            body["subsidy_percent"] = row.subsidy_percent
        found = await world.api.post("/v1/voucher-programmes", officer, row.drafted_on, body, key=name)
    steps = [Step("draft", row.opened_on, "open", world.division("approver", row.issuer_division))]
    world.programmes[key] = await world.walk(f"/v1/voucher-programmes/{found['id']}", name, found, steps, until)


async def tell_closing(world: World, row: tables.Programme, until: date) -> None:
    """A programme ends when its last voucher is issued."""
    key = (row.issuer_division, row.kind, row.year)
    if (found := world.programmes.get(key)) is not None:
        steps = [Step("open", row.closed_on, "close", world.division("officer", row.issuer_division))]
        path, name = f"/v1/voucher-programmes/{found['id']}", f"programme/{row.issuer_division}/{row.kind}/{row.year}"
        world.programmes[key] = await world.walk(path, name, found, steps, until)


async def tell_provider(world: World, row: tables.Provider, until: date) -> None:
    """Applies itself; an officer reviews and announces, an approver admits or refuses; two years later it goes on."""
    name = f"provider/{row.code}"
    found = world.providers.get(row.code)
    if found is None:
        if row.applied_on > until:
            return
        body = {
            "name": row.name,
            "categories": list(row.categories),
            "legal_representative_ref": row.legal_representative_ref,
            "declares_no_penalty": True,
        }
        caller = world.holder("provider", row.code)
        found = await world.api.post("/v1/providers", caller, row.applied_on, body, key=name)
    decide = Step("reviewed", row.decided_on, "admit", world.bureau("science_approver"))
    if row.refused_reason is not None:
        body = {"reason_code": row.refused_reason}
        decide = Step("reviewed", row.decided_on, "refuse", world.bureau("science_approver"), body)
    path, officer = f"/v1/providers/{found['id']}", world.bureau("science_officer")
    found = await world.walk(path, name, found, [Step("applied", row.reviewed_on, "review", officer)], until)
    if found["status"] == "reviewed" and row.refused_reason is None:
        await world.api.post(f"{path}/notice", officer, row.reviewed_on, key=f"{name}/notice")
    found = await world.walk(path, name, found, [decide], until)
    if row.renewed_on is not None and row.renewed_on <= until:
        await _renew(world, row, row.renewed_on, path, name)
    world.providers[row.code] = found


async def _renew(world: World, row: tables.Provider, granted_on: date, path: str, name: str) -> None:
    """Asked for two weeks before it is granted, reviewed in between."""
    found = await world.api.get(path, world.auditor)
    if date.fromisoformat(found["admitted_until"]) > granted_on + _ANOTHER_TERM:
        return
    name, days = f"{name}/renewal", [granted_on - timedelta(days=before) for before in (14, 7)]
    body = {"declares_no_penalty": True}
    renewal = await world.api.post(
        f"{path}/renewals", world.holder("provider", row.code), days[0], body, key=f"{name}/ask"
    )
    steps = [
        Step("requested", days[1], "review", world.bureau("science_officer")),
        Step("reviewed", granted_on, "approve", world.bureau("science_approver")),
    ]
    await world.walk(f"{path}/renewals/{renewal['id']}", name, renewal, steps, granted_on)


async def tell_voucher(world: World, row: tables.Voucher, until: date) -> None:
    """Issued by the division's officer to an enterprise in one of its centres."""
    if row.issued_on > until:
        return
    programme = world.programmes[row.issuer_division, row.kind, row.year]
    key = (programme["id"], world.enterprises[row.enterprise]["id"])
    if key in world.vouchers:
        return
    body = {
        "programme_id": programme["id"],
        "enterprise_id": world.enterprises[row.enterprise]["id"],
        "face_value": row.face_value,
    }
    if row.category is not None:
        body["category"] = row.category
    officer = world.division("officer", row.issuer_division)
    name = f"voucher/{row.issuer_division}/{row.kind}/{row.year}/{row.enterprise}"
    world.vouchers[key] = await world.api.post("/v1/vouchers", officer, row.issued_on, body, key=name)


async def tell_redemption(world: World, row: tables.Redemption, until: date) -> None:
    """Held by the enterprise, delivered by the provider, redeemed or called off by the enterprise."""
    if row.held_on > until:
        return
    programme = world.programmes[row.issuer_division, row.kind, row.year]
    voucher = world.vouchers[programme["id"], world.enterprises[row.enterprise]["id"]]
    key = (voucher["id"], row.category, row.held_on.isoformat())
    name = f"redemption/{row.enterprise}/{row.contract_no}"
    holder = world.holder("enterprise", row.enterprise)
    found = world.redemptions.get(key)
    if found is None:
        body = {
            "voucher_id": voucher["id"],
            "provider_id": world.providers[row.provider]["id"],
            "category": row.category,
            "price": row.price,
            "contract_no": row.contract_no,
        }
        found = await world.api.post("/v1/redemptions", holder, row.held_on, body, key=f"{name}/hold")
    invoice = {} if row.invoice_number is None else {"invoice": {"number": row.invoice_number}}
    steps = [
        Step("held", row.delivered_on, "deliver", world.holder("provider", row.provider)),
        Step("held", row.released_on, "release", holder),
        Step("delivered", row.redeemed_on, "redeem", holder, invoice),
    ]
    world.redemptions[key] = await world.walk(f"/v1/redemptions/{found['id']}", name, found, steps, until)
