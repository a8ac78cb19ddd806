"""Centres listed before the policy, with their tier and titles: checked for one person, carried out for another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.centres.models import Centre
from services.registry.centres.schemas import RegisterCentre
from services.registry.centres.usecases import centre_state
from services.registry.codes import DocumentNo, Name
from services.registry.imports.at_the_end import Numbers, breathing, put_down
from services.registry.imports.centres import Drafts, column_of, profile_columns, profile_of, registered
from services.registry.imports.facts import Facts
from services.registry.imports.plaques import Plaques
from services.registry.imports.rows import DIFFERS, MAX_ROWS_AT_THE_END, Kind, Row, Status, Work, require_same
from services.registry.imports.rules import decide_earlier
from services.registry.imports.words import title_kinds
from services.registry.qualifications.cases import qualification_state
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import MUNICIPAL
from services.registry.tiers.models import Designation, TierPeriod
from services.registry.tiers.periods import listing_period
from services.registry.tiers.state import designation_state
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.files.columns import Column
from shared.files.problems import shown
from shared.http.schemas import Request
from shared.ids import uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.refusals import require_passed

_GRANTED: Final = "_granted_on"
_DOCUMENT: Final = "_document_no"
_PLAQUE: Final = "_plaque_no"
_NOT_YET: Final = "awaiting_approval"
"""Stands for the approver while a file is only checked; nothing of that stays."""

_SAME: Final = {name: name for name in ("operator_name", "tier", "listed_on", "document_no")}


class EarlierTitle(Request):
    """A municipal title of that time; `plaque_no` where its plaque is out."""

    granted_on: date
    document_no: DocumentNo
    plaque_no: DocumentNo | None = None


class EarlierCentre(Request):
    """A centre listed before the policy; `titles` by kind."""

    profile: RegisterCentre
    listed_on: date
    document_no: DocumentNo
    designation_issuer: Name | None = None
    designation_document_no: DocumentNo | None = None
    designated_on: date | None = None
    titles: dict[str, EarlierTitle] = Field(default_factory=dict)

    @property
    def operator_name(self) -> str:
        return self.profile.operator_name

    @property
    def plaques(self) -> list[tuple[str, str, str]]:
        """Kind, field and number of the plaques that are named."""
        named = ((kind, title.plaque_no) for kind, title in self.titles.items())
        return [(kind, f"titles.{kind}.plaque_no", no) for kind, no in named if no is not None]

    @property
    def designated(self) -> bool:
        """Whether the designation from above is complete."""
        return None not in (self.designation_issuer, self.designation_document_no, self.designated_on)

    @property
    def tier(self) -> str:
        return self.profile.tier


def _columns(edition: Edition) -> list[Column]:
    day = ("格式 2018-03-19，须早于政策生效日", "As 2018-03-19, before the policy's first day")
    document = ("填写文号", "The document's number")
    plaque = ("填写牌匾上的编号；没有牌匾的留空", "The number on the plaque; empty where there is none")
    titles = [
        column
        for code, title in title_kinds(edition).items()
        for column in (
            Column(code + _GRANTED, f"{title}认定日期", "date", False, {}, *day),
            Column(code + _DOCUMENT, f"{title}认定文号", "text", False, {}, *document),
            Column(code + _PLAQUE, f"{title}牌匾编号", "text", False, {}, *plaque),
        )
    ]
    return [
        *profile_columns(edition),
        Column("listed_on", "认定日期", "date", True, {}, *day, example="2018-03-19"),
        Column("document_no", "认定文号", "text", True, {}, *document, example="拉科发〔2018〕12号"),
        Column("designation_issuer", "上级认定机关", remedy_zh="国家级须填", remedy_en="Needed for the national tier"),
        Column(
            "designation_document_no", "上级认定文号", remedy_zh="国家级须填", remedy_en="Needed for the national tier"
        ),
        Column(
            "designated_on", "上级认定日期", "date", remedy_zh="国家级须填", remedy_en="Needed for the national tier"
        ),
        *titles,
    ]


def _request(values: Mapping[str, object]) -> EarlierCentre:
    own = {"listed_on", "document_no", "designation_issuer", "designation_document_no", "designated_on"}
    titles: dict[str, dict[str, object]] = {}
    profile: dict[str, object] = {}
    for name, value in values.items():
        kind, ending = _title_of(name) if name not in own else ("", "")
        if kind:
            titles.setdefault(kind, {})[ending] = value
        elif name not in own:
            profile[name] = value
    listing = {name: value for name, value in values.items() if name in own}
    return EarlierCentre.model_validate({**listing, "profile": profile_of(profile), "titles": titles})


def _title_of(name: str) -> tuple[str, str]:
    for ending in (_GRANTED, _DOCUMENT, _PLAQUE):
        if name.endswith(ending):
            return name.removesuffix(ending), ending.lstrip("_")
    return "", ""


def _column_of(field: str) -> str:
    first, _, rest = field.partition(".")
    if first == "titles":
        kind, _, name = rest.partition(".")
        return f"{kind}_{name}"
    return column_of(rest) if first == "profile" else first


def _key(sent: BaseModel) -> object:
    assert isinstance(sent, EarlierCentre)
    return sent.profile.operator_code, sent.profile.name


@dataclass(slots=True)
class _TakenOver:
    """A centre with all that comes with it, before it is numbered."""

    centre: Centre
    draft: Decision
    sent: EarlierCentre
    decision: Decision
    designation: Designation | None
    titles: list[Qualification]


class EarlierCentres(Drafts):
    """Registered by the checks of every registration, then listed on the day of that time, without a notice."""

    def __init__(self, session: AsyncSession, work: Work) -> None:
        super().__init__(session, work, EARLIER)
        self._taken_over: list[_TakenOver] = []
        self._plaques = Plaques()

    async def prepare(self, rows: Sequence[Row]) -> None:
        await super().prepare(rows)
        named = [row.sent.plaques for row in rows if isinstance(row.sent, EarlierCentre)]
        await self._plaques.read(self.session, [plaque_no for plaques in named for _, _, plaque_no in plaques])

    def profile(self, sent: BaseModel) -> RegisterCentre:
        assert isinstance(sent, EarlierCentre)
        return sent.profile

    def judge(self, row: Row) -> Status:
        sent, work = row.sent, self.work
        assert isinstance(sent, EarlierCentre)
        known = self.known.get((sent.profile.operator_code, sent.profile.name))
        if known is not None:
            same = require_same(row, known, _SAME)
            self._require_recorded(row, known, sent)
            return same
        granted_on = [title.granted_on for title in sent.titles.values()]
        if sent.designated_on is not None:
            granted_on.append(sent.designated_on)
        decision = require_passed(
            decide_earlier(
                work.edition, sent.tier, sent.listed_on, granted_on, work.first_day, designated=sent.designated
            )
        )
        self._plaques.take((field, plaque_no) for _, field, plaque_no in sent.plaques)
        centre, draft = self.draft(sent.profile)
        designation = _designated(work, centre, sent)
        titles = [_granted(work, centre, kind, title, decision) for kind, title in sent.titles.items()]
        self._taken_over.append(_TakenOver(centre, draft, sent, decision, designation, titles))
        return "inserted"

    def _require_recorded(self, row: Row, known: Centre, sent: EarlierCentre) -> None:
        for kind, field, plaque_no in sent.plaques:
            if not self._plaques.on_record(plaque_no, known.id, kind):
                column = _column_of(field)
                raise DomainError(DIFFERS, 409, params={"column": column, "value": shown(column, plaque_no) or "…"})

    async def write(self) -> None:
        numbers, facts, year = Numbers(), Facts(), self.work.principal.today.year
        for new in self._taken_over:
            numbers.want("CE", year)
            if new.designation is not None:
                numbers.want("DS", new.designation.designated_on.year)
            for title in new.titles:
                numbers.want("QA", title.applied_on.year)
        await numbers.take(self.session)
        async for new in breathing(self._taken_over):
            new.centre.no = numbers.next("CE", year)
            registered(facts, self.work, new.centre, new.draft)
            _list(facts, self.work, new)
            if new.designation is not None:
                new.designation.no = numbers.next("DS", new.designation.designated_on.year)
                _confirm(facts, self.work, new.designation, new.decision)
            for title in new.titles:
                title.no = numbers.next("QA", title.applied_on.year)
                _grant(facts, self.work, title, new.decision)
        await self._put_down()
        await facts.write(self.session)
        await self.hold()

    async def _put_down(self) -> None:
        """The centres first: nothing else says that the others belong to them."""
        await put_down(self.session, [new.centre for new in self._taken_over])
        await put_down(self.session, [_period(new) for new in self._taken_over])
        designations = [new.designation for new in self._taken_over if new.designation is not None]
        await put_down(self.session, designations)
        await put_down(self.session, [title for new in self._taken_over for title in new.titles])


def _list(facts: Facts, work: Work, new: _TakenOver) -> None:
    centre, sent = new.centre, new.sent
    proposer, approver = _two_people(work)
    centre.registered_by = centre.submitted_by = centre.reviewed_by = proposer
    centre.decided_by, centre.decided_on = approver, work.principal.today
    centre.migrated, centre.status, centre.edition = True, "listed", work.edition.id
    centre.listed_on, centre.document_no = sent.listed_on, sent.document_no
    centre.decision = new.decision.to_json()
    context = EventContext.of(work.principal, sent.listed_on)
    facts.add(rc.CentreListed, centre, centre_state(centre), context, new.decision.rules, centre.edition)


def _period(new: _TakenOver) -> TierPeriod:
    centre = new.centre
    assert centre.listed_on is not None
    return listing_period(centre, centre.listed_on, centre.document_no)


def _granted(work: Work, centre: Centre, kind: str, sent: EarlierTitle, decision: Decision) -> Qualification:
    proposer, approver = _two_people(work)
    return Qualification(
        id=uuid7(),
        version=0,
        centre_id=centre.id,
        operator_code=centre.operator_code,
        applicant_code=centre.operator_code,
        beside_another=False,
        kind=kind,
        level=MUNICIPAL,
        status="active",
        edition=work.edition.id,
        decision=decision.to_json(),
        applied_by=proposer,
        applied_on=sent.granted_on,
        reviewed_by=proposer,
        reviewed_on=work.principal.today,
        decided_by=approver,
        decided_on=work.principal.today,
        granted_on=sent.granted_on,
        document_no=sent.document_no,
        plaque_no=sent.plaque_no,
    )


def _grant(facts: Facts, work: Work, title: Qualification, decision: Decision) -> None:
    context = EventContext.of(work.principal, title.granted_on)
    facts.add(rc.QualificationGranted, title, qualification_state(title), context, decision.rules, title.edition)


def _designated(work: Work, centre: Centre, sent: EarlierCentre) -> Designation | None:
    """What the State designated is on file as any later designation: a delisting reports it upward."""
    tier = work.edition.tiers[sent.tier]
    day, issuer, document_no = sent.designated_on, sent.designation_issuer, sent.designation_document_no
    if tier.city_approves.value or day is None or issuer is None or document_no is None:
        return None
    proposer, approver = _two_people(work)
    return Designation(
        id=uuid7(),
        version=0,
        centre_id=centre.id,
        tier=sent.tier,
        status="confirmed",
        edition=work.edition.id,
        issuer=issuer,
        document_no=document_no,
        designated_on=day,
        valid_until=None,
        partner_ids=[],
        joint_carrier_ids=[],
        recorded_by=proposer,
        recorded_on=work.principal.today,
        decided_by=approver,
        decided_on=work.principal.today,
        effective_on=max(day, sent.listed_on),
    )


def _confirm(facts: Facts, work: Work, designation: Designation, decision: Decision) -> None:
    context = EventContext.of(work.principal, designation.effective_on)
    state = designation_state(designation)
    facts.add(rc.DesignationConfirmed, designation, state, context, decision.rules, designation.edition)


def _two_people(work: Work) -> tuple[str, str]:
    """Who had the file checked, and who approves it."""
    return work.proposer, _NOT_YET if work.proposed_by is None else work.principal.account_id


EARLIER: Final = Kind(
    name="centres-before-2019",
    title_zh="2019年以前的双创中心",
    roles=OFFICERS,
    columns=_columns,
    request=_request,
    key=_key,
    begin=EarlierCentres,
    subject="operator_code",
    refused_at={"not-listed-before-policy": "listed_on", "earlier-designation-missing": "designated_on"},
    max_rows=MAX_ROWS_AT_THE_END,
    approved=True,
    column_of=_column_of,
)
