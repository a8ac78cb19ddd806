"""The city's guidance, voucher programmes, providers, vouchers and their use."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Caller, Json
from deploy.demo.story.world import Step, World

_ANOTHER_TERM: Final = timedelta(days=365)
"""An admission that goes on for longer was renewed already."""


_UNAPPROVED: Final = "awaiting_approval"
_PURPOSE: Final = "购买法律维权服务（虚构）。"
_BANK: Final = "虚构银行拉萨支行"


async def tell_guidance(world: World, row: tables.Guidance, until: date) -> None:
    """Drafted by the science bureau's officer, approved by its approver (4.3-4)."""
    if row.drafted_on > until:
        return
    name, found = f"guidance/{row.year}", world.guidance.get(row.year)
    if found is None:
        body = row.model_dump(mode="json", exclude={"drafted_on", "approved_on"})
        found = await world.api.post(
            "/v1/voucher-guidance", world.bureau("science_officer"), row.drafted_on, body, key=name
        )
    steps = [Step("draft", row.approved_on, "approve", world.bureau("science_approver"))]
    world.guidance[row.year] = await world.walk(f"/v1/voucher-guidance/{found['id']}", name, found, steps, until)


async def tell_programme(world: World, row: tables.Programme, until: date) -> None:
    """Drafted by the division's officer, opened by its approver."""
    key = (row.issuer_division, row.kind, row.year)
    name = f"programme/{row.issuer_division}/{row.kind}/{row.year}"
    officer = world.division("officer", row.issuer_division)
    found = world.programmes.get(key)
    if found is None:
        if row.drafted_on > until:
            return
        body: Json = {"kind": row.kind, "year": row.year, "budget": row.budget}
        if row.category_terms is not None:
            body["category_terms"] = dict(map(_category_terms, row.category_terms))
        if row.subsidy_percent is not None:
            body["subsidy_percent"] = row.subsidy_percent
        found = await world.api.post("/v1/voucher-programmes", officer, row.drafted_on, body, key=name)
    steps = [Step("draft", row.opened_on, "open", world.division("approver", row.issuer_division))]
    world.programmes[key] = await world.walk(f"/v1/voucher-programmes/{found['id']}", name, found, steps, until)


def _category_terms(text: str) -> tuple[str, Json]:
    category, percent, cap = text.split(":")
    return category, {name: value for name, value in (("percent", percent), ("cap", cap)) if value}


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
    if found["status"] == "admitted" and row.listed_on is not None and row.listed_on <= until:
        await _list_and_bank(world, row, row.listed_on, path, name)
    if row.renewed_on is not None and row.renewed_on <= until:
        await _renew(world, row, row.renewed_on, path, name)
    world.providers[row.code] = found


async def _list_and_bank(world: World, row: tables.Provider, day: date, path: str, name: str) -> None:
    """A service with its price, for everybody to see; and the account to be paid to, confirmed by the bureau."""
    key = world.providers.get(row.code, {}).get("id"), row.categories[0]
    if key in world.offerings:
        return
    caller = world.holder("provider", row.code)
    body = {"account_name": row.name, "bank_name": _BANK, "number": row.account_number}
    account = await world.api.post(f"{path}/accounts", caller, day, body, key=f"{name}/account")
    if account["status"] == "proposed":
        confirm = f"{path}/accounts/{account['id']}/confirm"
        await world.api.post(confirm, world.bureau("science_officer"), day, key=f"{name}/account/confirm")
    service = {
        "category": row.categories[0],
        "title": row.offering,
        "unit": row.offering_unit,
        "price": row.offering_price,
    }
    listed = await world.api.post(f"{path}/offerings", caller, day, service, key=f"{name}/offering")
    world.offerings[listed["provider_id"], listed["category"]] = listed


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
    """To an enterprise in one of its centres: issued by the division's officer and approved by another, or applied for
    by the enterprise."""
    if row.issued_on > until:
        return
    programme = world.programmes[row.issuer_division, row.kind, row.year]
    key = (programme["id"], world.enterprises[row.enterprise]["id"])
    name, found = f"voucher/{row.issuer_division}/{row.kind}/{row.year}/{row.enterprise}", world.vouchers.get(key)
    if found is None:
        found = await _issued(world, row, programme["id"], name)
    if found["frozen_reason"] == _UNAPPROVED:
        approver = world.division("approver", row.issuer_division)
        step = Step("frozen", row.issued_on, "approve", approver)
        found = await world.walk(f"/v1/vouchers/{found['id']}", name, found, [step], until)
    world.vouchers[key] = found


async def _issued(world: World, row: tables.Voucher, programme_id: str, name: str) -> Json:
    if row.applied_on is not None:
        return await _applied_for(world, row, row.applied_on, programme_id, name)
    body = {
        "programme_id": programme_id,
        "enterprise_id": world.enterprises[row.enterprise]["id"],
        "face_value": row.face_value,
    }
    if row.category is not None:
        body["category"] = row.category
    officer = world.division("officer", row.issuer_division)
    return await world.api.post("/v1/vouchers", officer, row.issued_on, body, key=name)


async def _applied_for(world: World, row: tables.Voucher, applied_on: date, programme_id: str, name: str) -> Json:
    """Reviewed by the officer, and issued by the approval of another."""
    holder, path = world.holder("enterprise", row.enterprise), "/v1/voucher-applications"
    found = [one async for one in world.api.items(path, world.auditor, programme_id=programme_id)]
    application = found[0] if found else None
    if application is None:
        body = {"programme_id": programme_id, "amount": row.face_value, "purpose": _PURPOSE}
        application = await world.api.post(path, holder, applied_on, body, key=f"{name}/apply")
    steps = [
        Step("submitted", row.reviewed_on, "review", world.division("officer", row.issuer_division)),
        Step("reviewed", row.issued_on, "approve", world.division("approver", row.issuer_division)),
    ]
    application = await world.walk(f"{path}/{application['id']}", name, application, steps, row.issued_on)
    return await world.api.get(f"/v1/vouchers/{application['voucher_id']}", world.auditor)


async def tell_redemption(world: World, row: tables.Redemption, until: date) -> None:
    """Held by the enterprise, delivered by the provider, redeemed or called off by the enterprise; ordered from the
    price list before, or sold at the counter in one call."""
    if (row.ordered_on or row.held_on) > until:
        return
    programme = world.programmes[row.issuer_division, row.kind, row.year]
    voucher = world.vouchers[programme["id"], world.enterprises[row.enterprise]["id"]]
    key = (voucher["id"], row.category, (row.ordered_on or row.held_on).isoformat())
    name = f"redemption/{row.enterprise}/{row.contract_no}"
    holder = world.holder("enterprise", row.enterprise)
    found = world.redemptions.get(key)
    if found is None:
        found = await _begin(world, row, voucher["id"], holder, name)
    provider = world.holder("provider", row.provider)
    invoice = {} if row.invoice_number is None else {"invoice": {"number": row.invoice_number}}
    steps = [
        Step("ordered", row.held_on, "accept", provider, {"contract_no": row.contract_no}),
        Step("held", row.delivered_on, "deliver", provider),
        Step("held", row.released_on, "release", holder),
        Step("delivered", row.redeemed_on, "redeem", holder, invoice),
    ]
    world.redemptions[key] = await world.walk(f"/v1/redemptions/{found['id']}", name, found, steps, until)


async def _begin(world: World, row: tables.Redemption, voucher_id: str, holder: Caller, name: str) -> Json:
    """The first step: an order, a sale at the counter with the code that the holder shows, or a hold."""
    provider_id = world.providers[row.provider]["id"]
    sale = {"category": row.category, "price": row.price, "contract_no": row.contract_no}
    if row.ordered_on is not None:
        offering = world.offerings[provider_id, row.category]
        order = {
            "voucher_id": voucher_id,
            "provider_id": provider_id,
            "offering_id": offering["id"],
            "quantity": row.quantity,
        }
        return await world.api.post("/v1/redemptions/orders", holder, row.ordered_on, order, key=f"{name}/order")
    if row.at_counter:
        shown = await world.api.get(f"/v1/vouchers/{voucher_id}/code", holder)
        body = {**sale, "code": shown["code"], "invoice": {"number": row.invoice_number}}
        provider = world.holder("provider", row.provider)
        return await world.api.post("/v1/redemptions/counter", provider, row.held_on, body, key=f"{name}/counter")
    body = {**sale, "voucher_id": voucher_id, "provider_id": provider_id}
    return await world.api.post("/v1/redemptions", holder, row.held_on, body, key=f"{name}/hold")
