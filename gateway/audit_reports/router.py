"""`/v1/audit/…` beside the entries: packs, populations, samples, related parties and the year's end.

Each read of them is an entry of the audit, written before anything is sent.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path as InPath, Query
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.audit.record import record_export
from gateway.audit_reports import case_packs, related, rush, samples
from gateway.audit_reports.asking import Asker
from gateway.audit_reports.schemas import (
    NAME,
    Members,
    Period,
    PopulationList,
    PopulationOut,
    RelatedOut,
    RelatedQuery,
    RushCases,
    RushOut,
    RushQuery,
    SampleOut,
    SampleQuery,
)
from gateway.front.routes import UPSTREAMS
from shared.audit.duties import Member, Spending
from shared.auth.principal import Principal, require
from shared.auth.roles import AUDITOR
from shared.errors import not_found
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

PREFIX: Final = "/v1/audit"
_PIECE: Final = 256 * 1024
_packing: Final = asyncio.Semaphore(2)
"""Packs that are made at a time: each holds its events in memory, and reads every service's log."""

router = APIRouter(prefix=PREFIX, tags=["audit"], route_class=ServiceRoute)

Auditor = Annotated[Principal, Depends(require(AUDITOR))]
AWAY = problem_responses(409, 503)


async def _asker(request: Request) -> Asker:
    asker: Asker = request.app.state.asker
    return asker


Asking = Annotated[Asker, Depends(_asker)]


@router.get(
    "/cases/{kind}/{case_id}/case-pack",
    response_class=StreamingResponse,
    responses={**problem_responses(404, 409, 503), 200: {"content": {"application/zip": {}}}},
)
async def read_case_pack(
    kind: Annotated[str, InPath(pattern=r"^[a-z][a-z-]{0,49}(\.[a-z][a-z-]{0,49}){0,2}$")],
    case_id: UUID,
    session: Session,
    runtime: RuntimeDep,
    caller: Auditor,
    asker: Asking,
) -> Response:
    """One case with its history, documents, decisions and audit entries, as an archive that can be checked elsewhere.

    `kind` is the case's address before its id: `grants`, or `loans.guarantees` for `/v1/loans/guarantees/{id}`.
    """
    async with _packing:
        case = await case_packs.gather(asker, runtime.db, caller, kind.replace(".", "/"), case_id)
        pack = await case_packs.write(asker, caller, runtime.editions, case, caller.today.isoformat())
    file = pack.path.open("rb")
    pack.path.unlink()
    try:
        route, purpose = f"{PREFIX}/cases/{{kind}}/{{case_id}}/case-pack", case_packs.purpose_of(kind, case_id)
        await record_export(
            session,
            caller,
            kind="case_pack",
            route=route,
            purpose=purpose,
            rows=pack.files,
            size=pack.size,
            digest=pack.sha256,
        )
    except BaseException:
        file.close()
        raise

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(_PIECE):
                yield piece

    headers = {
        "Content-Length": str(pack.size),
        "Content-Disposition": f'attachment; filename="{case_packs.name_of(kind, case_id)}"',
        "Content-Digest": f"sha-256=:{b64encode(bytes.fromhex(pack.sha256)).decode()}:",
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(pieces(), media_type="application/zip", headers=headers)


@router.get("/populations", responses=AWAY)
async def list_populations(session: Session, caller: Auditor, asker: Asking) -> PopulationList:
    """What samples can be drawn from."""
    found = await asker.populations()
    await _record(session, caller, "/populations", "populations", len(found))
    items = [PopulationOut(name=name, service=service, money=money) for name, (service, money) in sorted(found.items())]
    return PopulationList(items=items)


@router.get("/populations/{name}", responses=problem_responses(404, 409, 503))
async def read_population(
    name: Annotated[str, InPath(pattern=NAME)],
    session: Session,
    caller: Auditor,
    asker: Asking,
    period: Annotated[Period, Query()],
) -> Members:
    """A whole population of a period: whoever has it and the seed can draw the sample again."""
    members, _ = await _members(asker, name, period)
    found = await asyncio.to_thread(samples.whole, name, period, members)
    purpose = f"population:{name}:{period.since}:{period.until}"
    await _record(session, caller, "/populations/{name}", purpose, len(members), digest=found.population_digest)
    return found


@router.get("/samples", responses=problem_responses(404, 409, 503))
async def draw_sample(
    response: Response, session: Session, caller: Auditor, asker: Asking, wanted: Annotated[SampleQuery, Query()]
) -> SampleOut:
    """A sample by a seed: simple random, stratified, or by monetary units. The draw is kept in the audit."""
    members, money = await _members(asker, wanted.population, wanted)
    found = await asyncio.to_thread(samples.sample, wanted, members, money=money)
    drawn = f"sample:{wanted.population}:{wanted.since}:{wanted.until}:{wanted.method}:{wanted.size}:{wanted.seed}"
    await _record(session, caller, "/samples", drawn, len(found.items), digest=found.population_digest)
    response.headers["Cache-Control"] = "no-store"
    return found


@router.get("/related-parties", responses=AWAY)
async def read_related_parties(
    response: Response, session: Session, caller: Auditor, asker: Asking, wanted: Annotated[RelatedQuery, Query()]
) -> RelatedOut:
    """Parties with the same person behind them, organisation, address or account, and the money between them."""
    found = await asyncio.to_thread(related.related, wanted, await asker.ties(wanted.since, wanted.until))
    purpose = f"related:{wanted.since}:{wanted.until}"
    await _record(session, caller, "/related-parties", purpose, len(found.items))
    response.headers["Cache-Control"] = "no-store"
    return found


@router.get("/year-end-rush", responses=AWAY)
async def read_year_end_rush(
    response: Response, session: Session, caller: Auditor, asker: Asking, wanted: Annotated[RushQuery, Query()]
) -> RushOut:
    """A year's spending by month, day, programme, division and applicant, and the share of its end."""
    end = rush.end_of(wanted.year)
    found = rush.lines(end, await _spending(asker, wanted.year))
    await _record(session, caller, "/year-end-rush", f"rush:{wanted.year}", len(found.items))
    response.headers["Cache-Control"] = "no-store"
    return found


@router.get("/year-end-rush/cases", responses=AWAY)
async def list_year_end_cases(
    response: Response, session: Session, caller: Auditor, asker: Asking, wanted: Annotated[RushQuery, Query()]
) -> RushCases:
    """The payments of a year's last month."""
    found = rush.cases(rush.end_of(wanted.year), await _spending(asker, wanted.year))
    await _record(session, caller, "/year-end-rush/cases", f"rush-cases:{wanted.year}", len(found.items))
    response.headers["Cache-Control"] = "no-store"
    return found


async def _members(asker: Asker, name: str, period: Period) -> tuple[list[Member], bool]:
    known = await asker.populations()
    if name not in known:
        raise not_found("population")
    service, money = known[name]
    return await asker.members(service, name, period.since, period.until), money


async def _spending(asker: Asker, year: int) -> dict[str, Spending]:
    since, until = rush.days_of(year)
    return dict(zip(UPSTREAMS, await asker.spending(since, until), strict=True))


async def _record(
    session: AsyncSession, caller: Principal, path: str, purpose: str, rows: int, *, digest: str | None = None
) -> None:
    """An auditor's reading leaves a trace like anybody's."""
    await record_export(
        session, caller, kind="audit_report", route=f"{PREFIX}{path}", purpose=purpose, rows=rows, digest=digest
    )
