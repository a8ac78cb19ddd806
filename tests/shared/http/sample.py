"""A small service with one endpoint for each thing the route class must get right."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, UploadFile
from pydantic import Field
from sqlalchemy import ForeignKey, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.requests import Request

from shared.auth.principal import Principal, require, require_internal
from shared.clock import effective_date
from shared.db import TYPE_MAP, Aggregate, new_metadata
from shared.errors import DomainError, not_found
from shared.http import schemas
from shared.http.body import BodyLimit
from shared.http.etag import IfMatch, require_match, set_etag
from shared.http.paging import Page, PageParams, SortKey, paginate
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import PositiveMoney
from shared.policy.decision import Decision, RuleResult
from shared.runtime import RuntimeDep

Officer = Annotated[Principal, Depends(require("science_officer"))]
Anyone = Annotated[Principal, Depends(require("public"))]
Known = Annotated[Principal, Depends(require())]
InternalCaller = Annotated[Principal, Depends(require_internal())]
Evaluation = Annotated[Principal, Depends(require_internal("evaluation"))]


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = TYPE_MAP


class Note(Aggregate, Base):
    __tablename__ = "note"

    title: Mapped[str] = mapped_column(unique=True)
    grade: Mapped[int] = mapped_column(default=0)
    written_on: Mapped[date | None]


class Tag(Base):
    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[UUID] = mapped_column(ForeignKey("note.id", deferrable=True, initially="DEFERRED"))


class NoteIn(schemas.Request):
    title: str = Field(min_length=1, max_length=20)
    kind: Literal["maker_space", "tech_incubator"] = "maker_space"
    amount: PositiveMoney | None = None
    code: UnifiedSocialCreditCode | None = None
    written_on: date | None = None
    tags: list[str] = Field(default=[], max_length=3)


class NoteOut(schemas.Response):
    id: UUID
    title: str
    grade: int
    version: int


class NoteFilter(PageParams):
    grade: int | None = None
    sort: Literal["title", "-title", "grade", "mixed"] = "title"


router = APIRouter(prefix="/v1/notes", route_class=ServiceRoute)
internal = APIRouter(prefix="/internal/notes", route_class=ServiceRoute)


@router.post("", status_code=201)
async def write_note(session: Session, caller: Officer, sent: NoteIn, response: Response) -> NoteOut:
    note = Note(title=sent.title, written_on=effective_date(caller, sent.written_on))
    session.add(note)
    await session.flush()
    set_etag(response, note.version)
    response.headers["Location"] = f"/v1/notes/{note.id}"
    return NoteOut.model_validate(note)


@router.post("/leads", status_code=201)
async def leave_lead(session: Session, _: Anyone, sent: NoteIn) -> NoteOut:
    note = Note(title=sent.title)
    session.add(note)
    await session.flush()
    return NoteOut.model_validate(note)


@router.get("")
async def list_notes(session: Session, _: Anyone, wanted: Annotated[NoteFilter, Query()]) -> Page[NoteOut]:
    statement = select(Note)
    if wanted.grade is not None:
        statement = statement.where(Note.grade == wanted.grade)
    orders: dict[str, list[SortKey]] = {
        "title": [Note.title],
        "-title": [Note.title.desc()],
        "grade": [Note.grade, Note.id],
        "mixed": [Note.grade.desc(), Note.title],
    }
    return await paginate(session, statement, keys=orders[wanted.sort], params=wanted, item=NoteOut.model_validate)


@router.get("/titles")
async def list_titles(session: Session, _: Known, wanted: Annotated[PageParams, Query()]) -> Page[str]:
    statement = select(Note.title, Note.grade)
    return await paginate(
        session, statement, keys=[Note.title], params=wanted, item=lambda row: f"{row.title}:{row.grade}"
    )


@router.get("/{note_id}")
async def read_note(session: Session, _: Known, note_id: UUID, response: Response) -> NoteOut:
    note = await session.get(Note, note_id)
    if note is None:
        raise not_found("note")
    set_etag(response, note.version)
    return NoteOut.model_validate(note)


@router.patch("/{note_id}")
async def change_note(session: Session, _: Officer, note_id: UUID, sent: NoteIn, if_match: IfMatch = None) -> NoteOut:
    note = await session.get_one(Note, note_id, with_for_update=True)
    require_match(if_match, note.version)
    note.title = sent.title
    note.version += 1
    return NoteOut.model_validate(note)


@router.post("/pay", dependencies=[IdempotencyRequired])
async def pay(session: Session, caller: Officer, sent: NoteIn) -> NoteOut:
    note = Note(title=sent.title)
    session.add(note)
    await session.flush()
    return NoteOut.model_validate(note)


@router.post("/slow")
async def slow(session: Session, _: Officer) -> dict[str, str]:
    await session.execute(text("SELECT pg_sleep(0.5)"))
    return {"slow": "done"}


@router.post("/secret")
async def secret(request: Request, session: Session, _: Officer) -> dict[str, int]:
    request.state.no_replay = True
    count = await session.scalar(text("SELECT nextval('secret_seq')"))
    return {"secret": count or 0}


@router.post("/untidy")
async def untidy(session: Session, _: Officer) -> dict[str, str]:
    """Breaks a constraint that is checked only at COMMIT."""
    session.add(Tag(id=1, note_id=UUID(int=1)))
    return {"tag": "written"}


@router.post("/refused")
async def refused(session: Session, _: Officer) -> None:
    session.add(Note(title="must not stay"))
    await session.flush()
    result = RuleResult("delisting.ban", "2.3-6", False, {"last_barred_day": "2024-03-01"}, "3", "sample-refused")
    passed = RuleResult("grants.cap", "3.1-1", True, {}, None, "unknown-message")
    decision = Decision.of("lhasa-2019", result, passed)
    raise DomainError(
        "sample-refused",
        409,
        params={"last_barred_day": date(2024, 3, 1), "amount": Decimal("200000.00")},
        decision=decision,
    )


@router.post("/broken")
async def broken(session: Session, _: Officer, sent: NoteIn) -> None:
    session.add(Note(title="must not stay either"))
    await session.flush()
    raise RuntimeError(f"secret {sent.title}")


@router.post("/contended")
async def contended(session: Session, runtime: RuntimeDep, _: Officer, first: int, second: int) -> dict[str, int]:
    """Locks two rows in the order asked for, so that two of them can deadlock."""
    for grade in (first, second):
        await session.execute(text("UPDATE note SET version = version + 1 WHERE grade = :grade"), {"grade": grade})
        await asyncio.sleep(0.2)
    return {"pool": runtime.settings.database_pool_size}


@router.post("/upload", dependencies=[Depends(BodyLimit(4096))])
async def upload(_: Officer, file: UploadFile) -> dict[str, int]:
    return {"size": len(await file.read())}


@router.get("/no/database")
async def no_database(caller: Known) -> dict[str, str | None]:
    return {"account": caller.account_id, "cid": caller.correlation_id}


@router.get("/wrong/answer", response_model=NoteOut)
async def wrong_answer(_: Known) -> dict[str, str]:
    return {"id": "张三"}


@internal.get("")
async def for_services(caller: InternalCaller) -> dict[str, str]:
    return {"issuer": caller.issuer, "cid": caller.correlation_id}


@internal.get("/evaluation")
async def for_evaluation(_: Evaluation) -> dict[str, str]:
    return {"only": "evaluation"}
