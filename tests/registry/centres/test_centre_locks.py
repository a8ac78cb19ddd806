"""Races of a centre's life, step by step: one transaction stays open while another one comes."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.registry.centres.queries import notice_subject
from services.registry.centres.usecases import CENTRES, list_centre
from services.registry.notices.schemas import RecordObjection
from services.registry.notices.usecases import record_objection
from services.registry.operators.schemas import ApplyForChange
from services.registry.operators.usecases import apply_for_change, approve_change
from services.registry.steps import CaseStep
from shared.errors import DomainError
from tests.registry.support import ANNOUNCED, OPERATOR, STRANGER, Registry, expect
from tests.registry.test_locks import (
    CENTRE,
    DECIDER,
    EDITIONS,
    OFFICER,
    Step,
    applying,
    delisting,
    first_then_second,
    statuses,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOCUMENT = CaseStep(document_no="拉科发〔2019〕12号")
CHANGE = "SELECT status FROM operator_change WHERE id = :id"


def listing(centre_id: str) -> Step:
    return lambda session: list_centre(session, EDITIONS, DECIDER, UUID(centre_id), DOCUMENT)


def objecting(centre_id: str) -> Step:
    sent = RecordObjection(signatory="次仁", text="场地不符。", received_on=ANNOUNCED)
    return lambda session: record_objection(session, EDITIONS, OFFICER, CENTRES, UUID(centre_id), notice_subject, sent)


def taking_over(centre_id: str, change_id: str) -> Step:
    step = CaseStep(document_no="拉科发〔2019〕40号")
    return lambda session: approve_change(session, EDITIONS, DECIDER, UUID(centre_id), UUID(change_id), step)


def asking_to_take_over(centre_id: str, to_code: str) -> Step:
    sent = ApplyForChange(to_code=to_code, to_name="接手公司", reason_code="transfer", agreement_no="转1")
    return lambda session: apply_for_change(session, EDITIONS, OFFICER, UUID(centre_id), sent)


async def reviewed_change(registry: Registry, centre_id: str, to_code: str) -> str:
    path = f"/v1/centres/{centre_id}/operator-changes"
    body = {"to_code": to_code, "to_name": "接手公司", "reason_code": "transfer", "agreement_no": "转1"}
    change = expect(await registry.second_officer.post(path, body), 201)
    expect(await registry.officer.post(f"{path}/{change['id']}/review"), 200)
    return str(change["id"])


async def test_an_objection_that_comes_during_the_listing_is_too_late(registry: Registry) -> None:
    centre = await registry.announced()
    with pytest.raises(DomainError, match="notice-not-running"):
        await first_then_second(registry, listing(centre["id"]), objecting(centre["id"]))
    assert await statuses(registry, CENTRE, id=centre["id"]) == ["listed"]


async def test_a_listing_that_comes_during_an_objection_waits_and_is_refused(registry: Registry) -> None:
    centre = await registry.announced()
    with pytest.raises(DomainError, match="objection-unanswered"):
        await first_then_second(registry, objecting(centre["id"]), listing(centre["id"]))
    assert await statuses(registry, CENTRE, id=centre["id"]) == ["announced"]


async def test_a_takeover_that_a_ban_on_the_new_operator_overtakes_is_refused(registry: Registry) -> None:
    failed, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    change = await reviewed_change(registry, other["id"], OPERATOR)
    with pytest.raises(DomainError, match="invalid-transition"):
        await first_then_second(
            registry, delisting(failed["id"], operator_barred=True), taking_over(other["id"], change)
        )
    assert await statuses(registry, CHANGE, id=change) == ["refused"]


async def test_nobody_asks_for_a_takeover_while_its_operator_is_being_banned(registry: Registry) -> None:
    failed, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    with pytest.raises(DomainError, match="takeover-barred"):
        await first_then_second(
            registry, delisting(failed["id"], operator_barred=True), asking_to_take_over(other["id"], OPERATOR)
        )


async def test_a_ban_waits_for_a_takeover_and_the_takeover_stands(registry: Registry) -> None:
    failed, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    change = await reviewed_change(registry, other["id"], OPERATOR)
    await first_then_second(registry, taking_over(other["id"], change), delisting(failed["id"], operator_barred=True))
    assert await statuses(registry, CHANGE, id=change) == ["approved"]


async def test_the_operator_that_hands_over_applies_for_nothing_more(registry: Registry) -> None:
    """It passed the check of its own centres before the takeover was committed."""
    centre = await registry.listed()
    change = await reviewed_change(registry, centre["id"], STRANGER)
    with pytest.raises(DomainError, match="not-found"):
        await first_then_second(registry, taking_over(centre["id"], change), applying(centre["id"], "maker_space"))
