"""What divisions do: leading groups and papers (5.1-1), matching funds (5.1-2); and the city's targets (1.2-3)."""

from __future__ import annotations

from datetime import date

from deploy.demo import tables
from deploy.demo.client import Json
from deploy.demo.story.world import Step, StoryBroken, World


async def tell_division(world: World, row: tables.DivisionPage, until: date) -> None:
    """The page kept by the division's officer; papers handed in on their days."""
    found = world.divisions[row.division]
    path, officer = f"/v1/divisions/{found['id']}", world.division("officer", row.division)
    if found["leading_group"] is None and row.named_on <= until:
        group = {
            "document_no": row.group_document_no,
            "established_on": row.group_established_on.isoformat(),
            "chair_post": row.chair_post,
            "members": list(row.members),
        }
        body = {"leading_group": group, "contacts": [{"office": row.office, "phone": row.phone}]}
        found = await world.api.get(path, officer)
        found = await world.api.patch(path, officer, row.named_on, body, version=found["version"])
    for kind, number, day in (("plan", row.plan_no, row.plan_on), ("policy", row.policy_no, row.policy_on)):
        owed = [paper for paper in found["papers"] if paper["kind"] == kind and paper["handed_in_on"] is None]
        if owed and day is not None and day <= until:
            hand_in, key = f"{path}/papers/{owed[0]['id']}/hand-in", f"division/{row.division}/{kind}"
            found = await world.api.post(hand_in, officer, day, {"document_no": number}, key=key)
    world.divisions[row.division] = found


async def tell_fund(world: World, row: tables.MatchingFund, until: date) -> None:
    """A year's budget, recorded by one person and approved by another; raised later in the year by another document."""
    if row.recorded_on > until:
        return
    officer, approver = world.division("officer", row.division), world.division("approver", row.division)
    name, found = f"matching-fund/{row.division}/{row.year}", world.funds.get((row.division, row.year))
    if found is None:
        body = {"year": row.year, "document_no": row.document_no, "amount": row.amount}
        found = await world.api.post("/v1/matching-funds", officer, row.recorded_on, body, key=name)
    path = f"/v1/matching-funds/{found['id']}"
    papers = {"document_no": row.document_no, "minutes_no": f"{row.document_no}附会议纪要"}
    found = await world.walk(path, name, found, [Step("recorded", row.approved_on, "approve", approver, papers)], until)
    if row.revised_on is not None and row.revised_on <= until and found["document_no"] != row.revision_no:
        if found["pending_document_no"] is None:
            body = {"document_no": row.revision_no, "amount": row.revised}
            found = await world.api.post(f"{path}/revise", officer, row.revised_on, body, key=f"{name}/revise")
        raised = {"document_no": row.revision_no, "minutes_no": f"{row.revision_no}附会议纪要"}
        steps = [Step("approved", row.revision_approved_on, "approve", approver, raised)]
        found = await world.walk(path, f"{name}/revision", found, steps, until)
    world.funds[row.division, row.year] = found


async def tell_matching_payment(world: World, row: tables.MatchingPayment, until: date) -> None:
    """Entered by the officer; one that was wrong is taken back whole by the approver."""
    if row.spent_on > until:
        return
    where = row.division, row.year, row.voucher_no
    path, name = (
        f"/v1/matching-funds/{world.funds[row.division, row.year]['id']}/spending",
        f"matching/{'/'.join(map(str, where))}",
    )
    found = world.payments.get(where)
    if found is None:
        body: Json = {
            "amount": row.amount,
            "purpose": row.purpose,
            "description": row.description,
            "voucher_no": row.voucher_no,
            "document_no": row.document_no,
        }
        if row.centre is None:
            body["enterprise_code"] = row.enterprise
        else:
            body["centre_id"] = world.centres[row.centre]["id"]
        officer = world.division("officer", row.division)
        found = await world.api.post(path, officer, row.spent_on, body, key=name)
    approver = world.division("approver", row.division)
    confirmed = [Step("recorded", row.spent_on, "confirm", approver)]
    found = await world.walk(f"{path}/{found['id']}", name, found, confirmed, until)
    if row.reversed_on is not None and row.reversed_on <= until and found["reversed_on"] is None:
        body = {"reason_code": row.reversal_reason, "voucher_no": row.reversal_voucher_no}
        await world.api.post(f"{path}/{found['id']}/reverse", approver, row.reversed_on, body, key=f"{name}/reverse")
    world.payments[where] = found


async def tell_target(world: World, row: tables.TargetFigure, until: date) -> None:
    """A quarter's figure from its document, entered by the office and confirmed by its approver."""
    if row.entered_on > until:
        return
    target = world.targets.get((row.item, row.year))
    if target is None:
        raise StoryBroken(f"the ledger has no target {row.item} of {row.year}")
    path, name = f"/v1/targets/{target['id']}", f"target/{row.item}/{row.year}/{row.quarter}"
    figure = await _figure(world, path, row)
    if figure is None:
        body = {"quarter": row.quarter, "value": row.value, "document_no": row.document_no}
        await world.api.post(f"{path}/actuals", world.bureau("office_officer"), row.entered_on, body, key=name)
        figure = await _figure(world, path, row)
    if (
        figure is not None
        and figure["status"] == "entered"
        and row.confirmed_on is not None
        and row.confirmed_on <= until
    ):
        confirm = f"{path}/actuals/{figure['id']}/confirm"
        await world.api.post(confirm, world.bureau("office_approver"), row.confirmed_on, key=f"{name}/confirm")


async def _figure(world: World, path: str, row: tables.TargetFigure) -> Json | None:
    entered = (await world.api.get(f"{path}/history", world.auditor))["items"]
    return next((figure for figure in entered if figure["document_no"] == row.document_no), None)
