"""Alliances, their members and the talent they brought in as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from services.registry.alliances.rules import STATUSES, TALENT_STATUSES
from services.registry.codes import DocumentNo, Name, ReasonCode, Remark
from services.registry.names.schemas import SearchText
from services.registry.persons.schemas import NamedContact
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord, OneOf
from shared.identifiers import UnifiedSocialCreditCode

Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
AllianceKind = EditionWord(lambda edition: edition.alliances.kinds)
MemberKind = EditionWord(
    lambda edition: [word for alliance in edition.alliances.kinds.values() for word in alliance.member_types]
)
TalentKind = EditionWord(lambda edition: edition.alliances.talent_kinds)
Industry = EditionWord(lambda edition: edition.alliances.pairing_industries.value)


class ProposeLeadBody(Request):
    """The organisation that is to lead the alliance from a day on, by the document that says so."""

    name: Name
    code: UnifiedSocialCreditCode | None = None
    from_on: date
    document_no: DocumentNo


class RefuseLeadBody(Request):
    """Why the proposal is not followed."""

    reason_code: ReasonCode


class LeadBodyOut(Response):
    """A body that leads or led the alliance; the edition's own has no document of its own here."""

    name: str
    code: str | None
    from_on: date
    until_on: date | None
    document_no: str | None


class LeadProposalOut(Response):
    """A change of the lead body that waits for a second person."""

    name: str
    code: str | None
    from_on: date
    document_no: str
    proposed_by: str


class AllianceOut(Response):
    """An alliance on a day: who leads it, and how many members of which type it has; `natural_persons` of them are
    people, of whom the register of members shows only those who agreed to it."""

    id: UUID
    version: int
    kind: str
    title_zh: str
    title_en: str
    on: date
    lead_department: str
    lead_body: str | None
    lead_bodies: list[LeadBodyOut]
    members: int
    natural_persons: int
    members_by_type: dict[str, int]
    members_by_province: dict[str, int]
    proposal: LeadProposalOut | None = None


class AllianceFilter(PageParams):
    """`on`: as of that day, today if left out."""

    kind: Annotated[str, AllianceKind] | None = None
    on: date | None = None


class RequestMembership(Request):
    """A membership of one party. The party's own account applies by it; the lead bureau's officer invites by it or,
    with the number of the signed consent, enters an application on paper. A natural person, named as any person, joins
    on paper; `show_name` where the consent covers being named to everybody."""

    alliance: Word
    kind: Word
    centre_id: UUID | None = None
    enterprise_id: UUID | None = None
    partner_id: UUID | None = None
    person: NamedContact | None = None
    consent_document_no: DocumentNo | None = None
    show_name: StrictBool = False
    requested_on: date | None = None

    @model_validator(mode="after")
    def _one_party(self) -> Self:
        named = (self.centre_id, self.enterprise_id, self.partner_id, self.person)
        if sum(party is not None for party in named) != 1:
            raise PydanticCustomError("one_party", "exactly one of centre_id, enterprise_id, partner_id and person")
        if self.show_name and self.person is None:
            raise PydanticCustomError("name_of_a_person", "show_name is for a natural person")
        return self


class AcceptMember(Request):
    """`accepted_on`: for bureaus, a day in the past."""

    accepted_on: date | None = None


class RefuseMember(Request):
    """Why the lead bureau does not accept it."""

    reason_code: ReasonCode
    remark: Remark | None = None


class LeaveAlliance(Request):
    """The last day is the caller's today; an officer who enters it for a partner or a natural person
    gives its letter and its day."""

    document_no: DocumentNo | None = None
    left_on: date | None = None


class ProposeRemoval(Request):
    """Why the member should be removed."""

    reason_code: ReasonCode
    remark: Remark | None = None


class RemoveMember(Request):
    """Decides the removal that was proposed."""

    document_no: DocumentNo
    left_on: date | None = None


class PublicMemberOut(Response):
    """A member as everybody reads it."""

    id: UUID
    no: str
    alliance: str
    kind: str
    name: str
    province: str | None
    centre_id: UUID | None
    joined_on: date | None
    left_on: date | None


class MemberOut(PublicMemberOut):
    """A membership as its sides and the bureaus read it. The name of a natural person is whole for the lead bureaus,
    and masked for the others."""

    version: int
    enterprise_id: UUID | None
    partner_id: UUID | None
    person_id: UUID | None
    person_ref: str | None
    name_shown: bool
    status: str
    initiative: Literal["member", "lead"]
    requested_by: str
    requested_on: date
    consented_by: str | None
    consented_on: date | None
    consent_document_no: str | None
    accepted_by: str | None
    accepted_on: date | None
    removal_proposed_by: str | None
    removal_proposed_on: date | None
    reason_code: str | None
    document_no: str | None
    ended_by: str | None
    edition: str
    remark: str | None = None


class MemberFilter(PageParams):
    """Filters of the list; `on`: members of that day, which for others' memberships is today if left out."""

    no: str | None = None
    alliance: Annotated[str, AllianceKind] | None = None
    kind: Annotated[str, MemberKind] | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    province: str | None = Field(default=None, pattern=r"^[1-9][0-9]0000$")
    centre_id: UUID | None = None
    enterprise_id: UUID | None = None
    partner_id: UUID | None = None
    on: date | None = None
    q: SearchText | None = None
    sort: Literal["requested", "-requested"] = "requested"


class RecordTalent(Request):
    """People whom a member brought to one centre or enterprise: how many of which kind, by the document that shows it.
    Names do not belong here."""

    member_id: UUID
    centre_id: UUID | None = None
    enterprise_id: UUID | None = None
    kind: Word
    industry: Word | None = None
    heads: Annotated[int, Field(strict=True, ge=1, le=10_000)]
    arrived_on: date
    stays_until: date | None = None
    document_no: DocumentNo

    @model_validator(mode="after")
    def _one_host(self) -> Self:
        if (self.centre_id is None) == (self.enterprise_id is None):
            raise PydanticCustomError("one_host", "exactly one of centre_id and enterprise_id")
        return self


class VerifyTalent(Request):
    """`verified_on`: a day in the past."""

    verified_on: date | None = None


class RejectTalent(Request):
    """Why it does not count."""

    reason_code: ReasonCode


class TalentOut(Response):
    """Talent brought in; it counts once it is verified."""

    id: UUID
    version: int
    no: str
    alliance: str
    member_id: UUID
    centre_id: UUID | None
    enterprise_id: UUID | None
    kind: str
    industry: str | None
    province: str | None
    heads: int
    arrived_on: date
    stays_until: date | None
    document_no: str
    status: str
    recorded_by: str
    verified_by: str | None
    verified_on: date | None
    reason_code: str | None
    edition: str


class TalentFilter(PageParams):
    """Filters of the list; `since` and `until` are included."""

    no: str | None = None
    alliance: Annotated[str, AllianceKind] | None = None
    member_id: UUID | None = None
    centre_id: UUID | None = None
    enterprise_id: UUID | None = None
    kind: Annotated[str, TalentKind] | None = None
    industry: Annotated[str, Industry] | None = None
    status: Annotated[str, OneOf(*TALENT_STATUSES)] | None = None
    since: date | None = None
    until: date | None = None


class TalentCountFilter(PageParams):
    """Arrivals of one year, of one alliance."""

    year: int = Field(ge=2000, le=2100)
    alliance: Annotated[str, AllianceKind] | None = None


class TalentCountOut(Response):
    """Heads of one kind from one province in the year, verified entries only; `records` are the entries behind it."""

    alliance: str
    kind: str
    province: str
    heads: int
    records: int
