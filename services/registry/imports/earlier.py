"""Centres listed before the policy, with their tier and titles: checked for one person, carried out for another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from pydantic import BaseModel, Field, JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.centres.models import Centre
from services.registry.centres.profile import register_centre
from services.registry.centres.schemas import RegisterCentre
from services.registry.centres.usecases import record_step
from services.registry.codes import DocumentNo, Name
from services.registry.imports.centres import column_of, known_centre, profile_columns, profile_of
from services.registry.imports.rows import Kind, Row, Status, Tally, Work, one_by_one, require_same
from services.registry.imports.rules import decide_earlier
from services.registry.imports.words import title_kinds
from services.registry.qualifications.cases import record as record_title
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import MUNICIPAL
from services.registry.tiers.designations import record_step as record_designation_step
from services.registry.tiers.models import Designation
from services.registry.tiers.periods import begin_at_listing
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.files.columns import Column
from shared.http.schemas import Request
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.refusals import require_passed

_GRANTED: Final = "_granted_on"
_DOCUMENT: Final = "_document_no"
_NOT_YET: Final = "awaiting_approval"
"""Stands for the approver while a file is only checked; nothing of that stays."""

_SAME: Final = {name: name for name in ("operator_name", "tier", "listed_on", "document_no")}


class EarlierTitle(Request):
    """A municipal title of that time."""

    granted_on: date
    document_no: DocumentNo


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
    def designated(self) -> bool:
        """Whether the designation from above is complete."""
        return None not in (self.designation_issuer, self.designation_document_no, self.designated_on)

    @property
    def tier(self) -> str:
        return self.profile.tier


def _columns(edition: Edition) -> list[Column]:
    day = ("格式 2018-03-19，须早于政策生效日", "As 2018-03-19, before the policy's first day")
    document = ("填写文号", "The document's number")
    titles = [
        column
        for code, title in title_kinds(edition).items()
        for column in (
            Column(code + _GRANTED, f"{title}认定日期", "date", False, {}, *day),
            Column(code + _DOCUMENT, f"{title}认定文号", "text", False, {}, *document),
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
    for ending in (_GRANTED, _DOCUMENT):
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


async def _apply(session: AsyncSession, work: Work, rows: Sequence[Row], tally: Tally) -> None:
    async def take_over(row: Row) -> Status:
        assert isinstance(row.sent, EarlierCentre)
        known = await known_centre(session, work, row.sent.profile.operator_code, row.sent.profile.name)
        if known is not None:
            return require_same(row, known, _SAME)
        await _take_over(session, work, row.sent)
        return "inserted"

    await one_by_one(session, EARLIER, rows, tally, take_over)


async def _take_over(session: AsyncSession, work: Work, sent: EarlierCentre) -> None:
    """Registered by the checks of every registration, then listed on the day of that time, without a notice."""
    granted_on = [title.granted_on for title in sent.titles.values()]
    first_day = min(edition.first_day for edition in work.editions)
    if sent.designated_on is not None:
        granted_on.append(sent.designated_on)
    decision = require_passed(
        decide_earlier(
            work.edition,
            sent.tier,
            sent.listed_on,
            granted_on,
            first_day,
            designated=sent.designated,
        )
    )
    centre = await register_centre(session, work.editions, work.principal, sent.profile)
    proposer, approver = _two_people(work)
    centre.registered_by = centre.submitted_by = centre.reviewed_by = proposer
    centre.decided_by, centre.decided_on = approver, work.principal.today
    centre.migrated, centre.status, centre.edition = True, "listed", work.edition.id
    centre.listed_on, centre.document_no = sent.listed_on, sent.document_no
    centre.decision, centre.designation = decision.to_json(), _designation(sent)
    await begin_at_listing(session, centre, sent.listed_on, sent.document_no)
    context = EventContext.of(work.principal, sent.listed_on)
    await record_step(session, rc.CentreListed, centre, context, decision)
    await _designate(session, work, centre, sent, decision)
    for kind, title in sent.titles.items():
        await _grant(session, work, centre, kind, title, decision)


async def _grant(
    session: AsyncSession, work: Work, centre: Centre, kind: str, sent: EarlierTitle, decision: Decision
) -> None:
    proposer, approver = _two_people(work)
    title = Qualification(
        id=uuid7(),
        version=0,
        centre_id=centre.id,
        operator_code=centre.operator_code,
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
        no=await next_case_no(session, "QA", sent.granted_on.year),
    )
    session.add(title)
    await session.flush()
    context = EventContext.of(work.principal, sent.granted_on)
    await record_title(session, rc.QualificationGranted, title, context, decision)


async def _designate(
    session: AsyncSession, work: Work, centre: Centre, sent: EarlierCentre, decision: Decision
) -> None:
    """What the State designated is on file as any later designation: a delisting reports it upward."""
    tier = work.edition.tiers[sent.tier]
    day, issuer, document_no = sent.designated_on, sent.designation_issuer, sent.designation_document_no
    if tier.city_approves.value or day is None or issuer is None or document_no is None:
        return
    proposer, approver = _two_people(work)
    designation = Designation(
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
        no=await next_case_no(session, "DS", day.year),
    )
    session.add(designation)
    await session.flush()
    context = EventContext.of(work.principal, designation.effective_on)
    await record_designation_step(session, rc.DesignationConfirmed, designation, context, decision)


def _two_people(work: Work) -> tuple[str, str]:
    """Who had the file checked, and who approves it."""
    if work.proposed_by is None:
        return work.principal.account_id, _NOT_YET
    return work.proposed_by, work.principal.account_id


def _designation(sent: EarlierCentre) -> dict[str, JsonValue] | None:
    if sent.designated_on is None:
        return None
    return {
        "issuer": sent.designation_issuer,
        "document_no": sent.designation_document_no,
        "designated_on": sent.designated_on.isoformat(),
    }


EARLIER: Final = Kind(
    name="centres-before-2019",
    title_zh="2019年以前的双创中心",
    roles=OFFICERS,
    columns=_columns,
    request=_request,
    key=_key,
    apply=_apply,
    approved=True,
    column_of=_column_of,
)
