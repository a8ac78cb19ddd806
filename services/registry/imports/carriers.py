"""Carriers beside the centres, each with its link to a centre where the row names one; a carrier with several links has
as many rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, acts_for_bureau
from services.registry.carriers.models import Carrier, CarrierLink
from services.registry.carriers.schemas import Word
from services.registry.carriers.usecases import RULES, carrier_state, link_state
from services.registry.centres.models import Centre
from services.registry.codes import DocumentNo, Name
from services.registry.imports.at_the_end import AtTheEnd, Numbers, breathing, put_down, sliced
from services.registry.imports.facts import Facts
from services.registry.imports.rows import MAX_ROWS_AT_THE_END, Kind, Row, Status, Work, require_same
from services.registry.imports.standing import Standings
from services.registry.imports.stays import CaseNo
from services.registry.imports.words import carrier_kinds, divisions
from services.registry.policy import require_known
from shared.auth.principal import Principal
from shared.auth.roles import CENTRE_OPERATOR
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.files.columns import Column
from shared.http.schemas import Request
from shared.http.validation import Fault, PayloadInvalid
from shared.identifiers import UnifiedSocialCreditCode
from shared.ids import uuid7
from shared.policy.edition import Edition

_Named = tuple[str, str, str]
"""Kind, name and division: what makes two rows the same carrier."""


class CarrierRow(Request):
    """A carrier, and its link from `linked_on` where `centre_no` names a centre; `is_centre_no` where the carrier is
    itself a centre here."""

    kind: Word
    name: Name
    division: Word
    operator_code: UnifiedSocialCreditCode | None = None
    is_centre_no: CaseNo | None = None
    centre_no: CaseNo | None = None
    linked_on: date | None = None
    agreement_no: DocumentNo | None = None

    @property
    def named(self) -> _Named:
        return self.kind, self.name, self.division


def _columns(edition: Edition) -> list[Column]:
    choose = ("从列表中选择", "Choose from the list")
    number = ("系统编号，例如 CE-2019-0001", "The system's number, such as CE-2019-0001")
    return [
        Column("kind", "载体种类", "text", True, carrier_kinds(edition), *choose),
        Column("name", "载体名称", "text", True, {}, "不超过 200 字", "At most 200 characters", "虚构众创空间"),
        Column("division", "所在区县或园区", "text", True, divisions(edition), *choose, example="540102 城关区"),
        Column(
            "operator_code",
            "载体运营方统一社会信用代码",
            remedy_zh="18 位代码，单元格设为文本格式",
            remedy_en="The 18 characters of the code, in a cell formatted as text",
        ),
        Column("is_centre_no", "本身为双创中心的编号", "text", False, {}, *number),
        Column(
            "centre_no",
            "衔接的双创中心编号",
            remedy_zh="由本人办理的双创中心；运营方必填，主管部门可只登记载体",
            remedy_en="A centre whose cases you handle; an operator needs it, a bureau may register the carrier alone",
            example="CE-2019-0001",
        ),
        Column(
            "linked_on",
            "衔接开始日期",
            "date",
            remedy_zh="填写衔接的双创中心时必填，不得晚于今天",
            remedy_en="Needed with a centre, not after today",
            example="2019-03-18",
        ),
        Column("agreement_no", "衔接协议编号", remedy_zh="不超过 100 字", remedy_en="At most 100 characters"),
    ]


def _request(values: Mapping[str, object]) -> CarrierRow:
    return CarrierRow.model_validate(values)


def _sent(sent: BaseModel) -> CarrierRow:
    assert isinstance(sent, CarrierRow)
    return sent


def _key(sent: BaseModel) -> object:
    row = _sent(sent)
    return row.named, row.centre_no, row.linked_on


def faults_of(principal: Principal, sent: CarrierRow) -> Iterator[Fault]:
    """What in a row does not go together."""
    if sent.centre_no is None:
        if not acts_for_bureau(principal):
            yield Fault("centre_no", "missing", {})
        for name in ("linked_on", "agreement_no"):
            if getattr(sent, name) is not None:
                yield Fault(name, "without_centre", {})
    elif sent.linked_on is None:
        yield Fault("linked_on", "missing", {})
    elif sent.linked_on > principal.today:
        yield Fault("linked_on", "in_the_future", {})


class Carriers(AtTheEnd):
    """Carriers by kind, name and division, and the links of the file's centres, which alone need the centres held."""

    def __init__(self, session: AsyncSession, work: Work) -> None:
        super().__init__(session, work, CARRIERS)
        self._standings = Standings(session, work.principal)
        self._centres: dict[str, UUID] = {}
        self._known: dict[_Named, Carrier] = {}
        self._links: dict[tuple[UUID, UUID], list[CarrierLink]] = {}
        self._new: list[Carrier] = []
        self._new_links: list[CarrierLink] = []

    async def prepare(self, rows: Sequence[Row]) -> None:
        sent = [_sent(row.sent) for row in rows]
        await self._standings.read(one.centre_no for one in sent if one.centre_no is not None)
        selves = {one.is_centre_no for one in sent if one.is_centre_no is not None}
        found = await self.session.execute(select(Centre.no, Centre.id).where(Centre.no.in_(selves)))
        self._centres = {row.no: row.id for row in found}
        for some in sliced({one.named for one in sent}):
            named = select(Carrier).where(tuple_(Carrier.kind, Carrier.name, Carrier.division).in_(some))
            for carrier in await self.session.scalars(named):
                self._known[carrier.kind, carrier.name, carrier.division] = carrier
        for centres in sliced([centre.id for centre in self._standings.known]):
            links = select(CarrierLink).where(CarrierLink.centre_id.in_(centres))
            for link in await self.session.scalars(links):
                self._links.setdefault((link.centre_id, link.carrier_id), []).append(link)

    async def hold(self) -> None:
        await self._standings.hold()

    def judge(self, row: Row) -> Status:
        sent, edition = _sent(row.sent), self.work.edition
        require_known("kind", [sent.kind], edition.centres.carrier_kinds)
        require_known("division", [sent.division], edition.divisions.units)
        if faults := list(faults_of(self.work.principal, sent)):
            raise PayloadInvalid(*faults)
        itself = None
        if sent.is_centre_no is not None:
            itself = self._centres.get(sent.is_centre_no)
            if itself is None:
                raise DomainError("carrier-centre-unknown", 404, params={"no": sent.is_centre_no})
        at = None if sent.centre_no is None else self._standings.of(sent.centre_no)
        known = self._known.get(sent.named)
        if known is not None:
            require_same(row, known, {"operator_code": "operator_code"})
            if itself is not None and itself != known.centre_id:
                raise DomainError("carrier-registered-already", 409, clauses=["1.1-2"])
        if at is not None and at.id in (itself, known.centre_id if known else None):
            raise PayloadInvalid.at("centre_no", "carrier_is_the_centre")
        carrier = known or self._carrier(sent, itself)
        status: Status = "unchanged" if known else "inserted"
        if at is not None and sent.linked_on is not None:
            status = self._link(row, carrier, at.id, sent.linked_on) if known else self._linked(sent, carrier, at.id)
        if known is None:
            self._known[sent.named] = carrier
            self._new.append(carrier)
        return status

    def _link(self, row: Row, carrier: Carrier, centre_id: UUID, day: date) -> Status:
        """A link of a carrier that is known."""
        links = self._links.get((centre_id, carrier.id), [])
        for link in links:
            if link.linked_on == day:
                return require_same(row, link, {"agreement_no": "agreement_no"})
        if any(link.ended_on is None or link.ended_on >= day for link in links):
            raise DomainError("carrier-linked-already", 409, clauses=["1.1-2"])
        return self._linked(_sent(row.sent), carrier, centre_id)

    def _carrier(self, sent: CarrierRow, itself: UUID | None) -> Carrier:
        return Carrier(
            id=uuid7(),
            version=0,
            kind=sent.kind,
            name=sent.name,
            division=sent.division,
            operator_code=sent.operator_code,
            centre_id=itself,
            registered_by=self.work.principal.account_id,
        )

    def _linked(self, sent: CarrierRow, carrier: Carrier, centre_id: UUID) -> Status:
        assert sent.linked_on is not None
        link = CarrierLink(
            id=uuid7(),
            version=0,
            centre_id=centre_id,
            carrier_id=carrier.id,
            linked_on=sent.linked_on,
            agreement_no=sent.agreement_no,
            recorded_by=self.work.principal.account_id,
        )
        self._links.setdefault((centre_id, carrier.id), []).append(link)
        self._new_links.append(link)
        return "inserted"

    async def write(self) -> None:
        numbers, facts, work = Numbers(), Facts(), self.work
        context, year, edition = EventContext.of(work.principal), work.principal.today.year, work.edition.id
        for _ in self._new:
            numbers.want("CA", year)
        await numbers.take(self.session)
        async for carrier in breathing(self._new):
            carrier.no = numbers.next("CA", year)
            facts.add(rc.CarrierRegistered, carrier, carrier_state(carrier), context, RULES, edition)
        await put_down(self.session, self._new)
        async for link in breathing(self._new_links):
            facts.add(rc.CarrierLinked, link, link_state(link), context, RULES, edition)
        await facts.write(self.session)
        await self.hold()
        await put_down(self.session, self._new_links)


CARRIERS: Final = Kind(
    name="carriers",
    title_zh="载体",
    roles=(CENTRE_OPERATOR, *OFFICERS),
    columns=_columns,
    request=_request,
    key=_key,
    begin=Carriers,
    subject="name",
    refused_at={
        "import-centre-unknown": "centre_no",
        "carrier-centre-unknown": "is_centre_no",
        "carrier-registered-already": "is_centre_no",
        "carrier-linked-already": "linked_on",
    },
    max_rows=MAX_ROWS_AT_THE_END,
)
