"""Centres listed before the policy, with their tier and titles: checked for one person, carried out for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.centres.models import Centre
from services.registry.centres.namesakes import TAKEN, hold_names
from services.registry.centres.schemas import RegisterCentre
from services.registry.centres.usecases import centre_state
from services.registry.imports.at_the_end import Numbers, breathing, put_down
from services.registry.imports.centres import Drafts, registered
from services.registry.imports.earlier_rows import (
    EarlierCentre,
    EarlierTitle,
    earlier_column_of,
    earlier_columns,
    earlier_key,
    earlier_request,
)
from services.registry.imports.facts import Facts
from services.registry.imports.plaques import Plaques
from services.registry.imports.rows import (
    DIFFERS,
    MAX_ROWS_AT_THE_END,
    Kind,
    Overtaken,
    Row,
    Status,
    Work,
    require_same,
)
from services.registry.imports.rules import decide_earlier
from services.registry.names.terms import key_of
from services.registry.qualifications.cases import qualification_state
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import MUNICIPAL
from services.registry.tiers.models import Designation, TierPeriod
from services.registry.tiers.periods import listing_period
from services.registry.tiers.state import designation_state
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.files.problems import shown
from shared.ids import uuid7
from shared.policy.decision import Decision
from shared.refusals import require_passed

_NOT_YET: Final = "awaiting_approval"
"""Stands for the approver while a file is only checked; nothing of that stays."""

_SAME: Final = {name: name for name in ("operator_name", "tier", "listed_on", "document_no")}


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
        self.taken[key_of(centre.name)] = centre.operator_code
        designation = _designated(work, centre, sent)
        titles = [_granted(work, centre, kind, title, decision) for kind, title in sent.titles.items()]
        self._taken_over.append(_TakenOver(centre, draft, sent, decision, designation, titles))
        return "inserted"

    def _require_recorded(self, row: Row, known: Centre, sent: EarlierCentre) -> None:
        for kind, field, plaque_no in sent.plaques:
            if not self._plaques.on_record(plaque_no, known.id, kind):
                column = earlier_column_of(field)
                raise DomainError(DIFFERS, 409, params={"column": column, "value": shown(column, plaque_no) or "…"})

    async def write(self) -> None:
        await hold_names(self.session)
        if await self.names_on_the_list() != self.known_names:
            raise Overtaken
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
    columns=earlier_columns,
    request=earlier_request,
    key=earlier_key,
    begin=EarlierCentres,
    subject="operator_code",
    refused_at={"not-listed-before-policy": "listed_on", "earlier-designation-missing": "designated_on", TAKEN: "name"},
    max_rows=MAX_ROWS_AT_THE_END,
    approved=True,
    column_of=earlier_column_of,
)
