"""The treasury's budget lines, without which no grant is approved (3.1-4)."""

from __future__ import annotations

from datetime import date

from deploy.demo import tables
from deploy.demo.story.world import Step, World


async def tell_appropriation(world: World, row: tables.Appropriation, until: date) -> None:
    """Entered by one person, approved by another."""
    if row.proposed_on > until:
        return
    name, found = f"appropriation/{row.programme}/{row.year}", world.appropriations.get((row.programme, row.year))
    if found is None:
        body = row.model_dump(mode="json", include={"programme", "year", "document_no", "amount"})
        officer = world.bureau("treasury_officer")
        found = await world.api.post("/v1/appropriations", officer, row.proposed_on, body, key=name)
    steps = [Step("recorded", row.approved_on, "approve", world.bureau("treasury_approver"))]
    path = f"/v1/appropriations/{found['id']}"
    world.appropriations[row.programme, row.year] = await world.walk(path, name, found, steps, until)
