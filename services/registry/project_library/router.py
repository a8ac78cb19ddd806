"""`/v1/project-library`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.persons.numbers import MaybeKeys
from services.registry.persons.showing import NotReplayed
from services.registry.project_library import claims, items, publication
from services.registry.project_library.claim_schemas import (
    AskClaim,
    ClaimEligibilityOut,
    LibraryClaimOut,
    RequestClaim,
)
from services.registry.project_library.counts import library_year
from services.registry.project_library.models import LibraryItem, LibrarySwitch
from services.registry.project_library.queries import (
    EDITORS,
    LIBRARIANS,
    ORDERS,
    WHOLE,
    find_claim,
    find_visible,
    find_whole,
    matching,
    shown,
    shown_claim,
    visible,
    whole_item,
)
from services.registry.project_library.schemas import (
    AmendItem,
    CheckItem,
    DraftItem,
    ItemFilter,
    LibraryCountsFilter,
    LibraryItemOut,
    LibrarySwitchOut,
    LibraryYearOut,
    PublicLibraryItemOut,
    PublishItem,
    ReturnItem,
    ScheduleItem,
    SubmitItem,
    SwitchOffItem,
    WithdrawItem,
)
from services.registry.project_library.state import ref_of
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, FOUNDER, PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, PageParams, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/project-library", tags=["project-library"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Whole = Annotated[Principal, Depends(require(*WHOLE))]
Counter = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL))]
Author = Annotated[Principal, Depends(require(CENTRE_OPERATOR, FOUNDER, *LIBRARIANS))]
Editor = Annotated[Principal, Depends(require(*EDITORS))]
Chooser = Annotated[Principal, Depends(require(FOUNDER, *LIBRARIANS))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_items(
    session: Session, principal: Anyone, wanted: Annotated[ItemFilter, Query()]
) -> Page[LibraryItemOut | PublicLibraryItemOut]:
    """Published projects for everybody; one's own in every state."""
    query = visible(principal).where(matching(wanted))
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=shown)


@router.get("/counts")
async def count_items(session: Session, _: Counter, wanted: Annotated[LibraryCountsFilter, Query()]) -> LibraryYearOut:
    """The library's year in numbers."""
    return await library_year(session, wanted.year)


@router.get("/{item_id}", responses=problem_responses(404))
async def read_item(
    item_id: UUID, session: Session, principal: Anyone, response: Response
) -> LibraryItemOut | PublicLibraryItemOut:
    """One project."""
    row = await find_visible(session, principal, item_id)
    set_etag(response, row[0].version)
    answer = shown(row)
    if isinstance(answer, LibraryItemOut):
        return answer.model_copy(update={"remark": await latest_remark(session, item_id)})
    return answer


@router.get("/{item_id}/switches", responses=problem_responses(404))
async def list_switches(
    item_id: UUID, session: Session, principal: Whole, wanted: Annotated[PageParams, Query()]
) -> Page[LibrarySwitchOut]:
    """When it was put up and taken off, oldest first."""
    await find_whole(session, principal, item_id)
    query = select(LibrarySwitch).where(LibrarySwitch.item_id == item_id)
    return await paginate(session, query, keys=[LibrarySwitch.id], params=wanted, item=LibrarySwitchOut.model_validate)


@router.post("", status_code=201, responses=problem_responses(404, 409, 429, 503))
async def draft_item(
    body: DraftItem,
    session: Session,
    principal: Author,
    runtime: RuntimeDep,
    keys: MaybeKeys,
    _: NotReplayed,
    response: Response,
) -> LibraryItemOut:
    """Draft a project with its owner's consent."""
    item = await items.draft_item(session, runtime, keys, principal, body)
    response.headers["Location"] = f"/v1/project-library/{item.id}"
    return await _answer(session, item, response)


@router.patch("/{item_id}", responses=problem_responses(404, 409, 412, 428))
async def amend_item(
    item_id: UUID,
    body: AmendItem,
    session: Session,
    principal: Author,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> LibraryItemOut:
    """Change a draft."""
    item = await items.amend_item(session, runtime.editions, principal, item_id, body, if_match=if_match)
    return await _answer(session, item, response)


@router.post("/{item_id}/submit", responses=_STEP)
async def submit_item(
    item_id: UUID,
    session: Session,
    principal: Author,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[SubmitItem, Body(default_factory=SubmitItem)],
    if_match: IfMatch = None,
) -> LibraryItemOut:
    """Hand it in."""
    step = CaseStep(on=body.submitted_on, if_match=if_match)
    return await _answer(
        session, await items.submit_item(session, runtime.editions, principal, item_id, step), response
    )


@router.post("/{item_id}/return", responses=_STEP)
async def return_item(
    item_id: UUID,
    body: ReturnItem,
    session: Session,
    principal: Editor,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> LibraryItemOut:
    """Send it back as a draft."""
    step = CaseStep(on=body.returned_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    return await _answer(
        session, await items.return_item(session, runtime.editions, principal, item_id, step), response
    )


@router.post("/{item_id}/check", responses=_STEP)
async def check_item(
    item_id: UUID,
    session: Session,
    principal: Editor,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[CheckItem, Body(default_factory=CheckItem)],
    if_match: IfMatch = None,
) -> LibraryItemOut:
    """Take it into the library, as another than who drafted it."""
    item = await items.check_item(session, runtime.editions, principal, item_id, body, if_match=if_match)
    return await _answer(session, item, response)


@router.post("/{item_id}/schedule", responses=_STEP)
async def schedule_item(
    item_id: UUID,
    body: ScheduleItem,
    session: Session,
    principal: Editor,
    response: Response,
    if_match: IfMatch = None,
) -> LibraryItemOut:
    """Have a round publish it, or take it out of its round."""
    item = await publication.schedule_item(session, principal, item_id, body.round_id, if_match=if_match)
    return await _answer(session, item, response)


@router.post("/{item_id}/publish", responses=_STEP)
async def publish_item(
    item_id: UUID,
    session: Session,
    principal: Editor,
    response: Response,
    body: Annotated[PublishItem, Body(default_factory=PublishItem)],
    if_match: IfMatch = None,
) -> LibraryItemOut:
    """Put the publish switch on."""
    step = CaseStep(on=body.published_on, if_match=if_match)
    return await _answer(session, await publication.publish_item(session, principal, item_id, step), response)


@router.post("/{item_id}/switch-off", responses=_STEP)
async def switch_off_item(
    item_id: UUID,
    body: SwitchOffItem,
    session: Session,
    principal: Editor,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> LibraryItemOut:
    """Put the publish switch off."""
    step = CaseStep(on=body.switched_off_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    item = await publication.switch_off_item(session, runtime.editions, principal, item_id, step)
    return await _answer(session, item, response)


@router.post("/{item_id}/withdraw", responses=_STEP)
async def withdraw_item(
    item_id: UUID,
    body: WithdrawItem,
    session: Session,
    principal: Author,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> LibraryItemOut:
    """Take it out of the library."""
    step = CaseStep(on=body.withdrawn_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    item = await items.withdraw_item(session, runtime.editions, principal, item_id, step)
    return await _answer(session, item, response)


@router.post("/{item_id}/eligibility", responses=problem_responses(404, 409))
async def ask_claim(
    item_id: UUID,
    session: Session,
    principal: Chooser,
    runtime: RuntimeDep,
    body: Annotated[AskClaim, Body(default_factory=AskClaim)],
) -> ClaimEligibilityOut:
    """Could the founder choose it today, rule by rule? Nothing is recorded."""
    decision = await claims.ask_claim(session, runtime.editions, principal, item_id, body)
    return ClaimEligibilityOut(
        eligible=decision.passed, item_id=item_id, day=principal.today, decision=decision.to_json()
    )


@router.post("/{item_id}/claims", status_code=201, responses=problem_responses(404, 409))
async def request_claim(
    item_id: UUID,
    body: RequestClaim,
    session: Session,
    principal: Chooser,
    runtime: RuntimeDep,
    response: Response,
) -> LibraryClaimOut:
    """Ask for the project as a founder."""
    claim = await claims.request_claim(session, runtime.editions, principal, item_id, body)
    response.headers["Location"] = f"/v1/library-claims/{claim.id}"
    set_etag(response, claim.version)
    return shown_claim(await find_claim(session, principal, claim.id), principal.today)


async def _answer(session: AsyncSession, item: LibraryItem, response: Response) -> LibraryItemOut:
    set_etag(response, item.version)
    return whole_item(item, await ref_of(session, item.owner_person_id))
