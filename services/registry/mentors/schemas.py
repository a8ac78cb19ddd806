"""Mentors as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.registry.codes import DocumentNo, PersonRef, ReasonCode, Remark
from services.registry.mentors.rules import SESSION_STATUSES, STATUSES
from services.registry.persons.schemas import NamedContact
from services.registry.texts import NoMobile
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord, OneOf
from shared.identifiers import UnifiedSocialCreditCode

FieldCode = Annotated[str, Field(min_length=1, max_length=64, examples=["financing"])]
Fields = Annotated[list[FieldCode], Field(min_length=1, max_length=20)]
Organisation = Annotated[str, Field(min_length=1, max_length=200), NoMobile]
Introduction = Annotated[str, Field(min_length=1, max_length=2000), NoMobile]
Topic = Annotated[str, Field(min_length=1, max_length=200), NoMobile]
Hours = Annotated[Decimal, Field(gt=0, le=24, max_digits=4, decimal_places=1, examples=["1.5"])]


class ConsentOnPaper(Request):
    """The consent that the person signed; `public_page` says that it also agrees to be shown to everybody."""

    given_on: date
    channel: Annotated[str, Field(min_length=1, max_length=64)] = "paper"
    document_no: DocumentNo
    public_page: bool = False


class ProposeMentor(NamedContact):
    """Somebody to be appointed, for which term. Without `until_on` it is the longest that there is. The consent may
    follow, by the person's own account; nobody is appointed before."""

    fields: Fields
    organisation: Organisation | None = None
    introduction: Introduction | None = None
    graduate_team: bool = False
    from_on: date
    until_on: date | None = None
    proposed_on: date | None = None
    consent: ConsentOnPaper | None = None


class ReappointMentor(Request):
    """Another term. It follows the running one without a gap; for somebody whose term is over it begins `from_on`."""

    from_on: date | None = None
    until_on: date | None = None
    proposed_on: date | None = None


class AmendMentor(Request):
    """Fields left out stay as they are. The mentor itself changes what is said about it, officers all of it."""

    fields: Fields | None = None
    organisation: Organisation | None = None
    introduction: Introduction | None = None
    graduate_team: bool | None = None


class AppointMentor(Request):
    """The document of the appointment. It begins on the day of the decision at the earliest."""

    document_no: DocumentNo
    decided_on: date | None = None


class RefuseMentor(Request):
    """Why what was proposed is refused."""

    reason_code: ReasonCode
    decided_on: date | None = None
    remark: Remark | None = None


class EndMentor(Request):
    """Why the appointment ends before its time; `ended_on` is its last day."""

    reason_code: ReasonCode
    document_no: DocumentNo
    ended_on: date | None = None
    remark: Remark | None = None


class LinkCentre(Request):
    """The mentor works with the centre from `since` on."""

    centre_id: UUID
    since: date | None = None


class UnlinkCentre(Request):
    """`until` is the last day."""

    until: date | None = None


class RecordSession(Request):
    """What was done on a day for an enterprise, by id or code, or for a project. The centre names the mentor, the
    mentor the centre."""

    mentor_id: UUID | None = None
    centre_id: UUID
    enterprise_id: UUID | None = None
    enterprise_code: UnifiedSocialCreditCode | None = None
    project_id: UUID | None = None
    held_on: date
    hours: Hours
    field: FieldCode
    topic: Topic

    @model_validator(mode="after")
    def _one_advised(self) -> Self:
        named = (self.enterprise_id, self.enterprise_code, self.project_id)
        if sum(one is not None for one in named) != 1:
            raise PydanticCustomError(
                "advised_named_once", "exactly one of enterprise_id, enterprise_code and project_id"
            )
        return self


class SessionReason(Request):
    """Why it is not so."""

    reason_code: ReasonCode
    remark: Remark | None = None


class MentorTermOut(Response):
    """An appointment, proposed or decided; it held from `from_on` through `last_on`."""

    id: UUID
    from_on: date
    until_on: date
    last_on: date | None
    status: str
    edition: str
    decision: StoredDecision
    proposed_by: str
    proposed_on: date
    decided_by: str | None
    decided_on: date | None
    document_no: str | None
    reason_code: str | None


class PublicMentorOut(Response):
    """What a mentor agreed to show to everybody, and nothing else."""

    id: UUID
    no: str
    name: str
    fields: list[str]
    organisation: str | None
    introduction: str | None
    centre_ids: list[UUID] = Field(default_factory=list)


class MentorOut(PublicMentorOut):
    """A mentor, for the bureaus, the mentor itself and the centres it works with."""

    version: int
    person_id: UUID
    person_ref: PersonRef
    status: str
    graduate_team: bool
    appointed_from: date | None
    appointed_until: date | None
    document_no: str | None
    ended_on: date | None
    reason_code: str | None
    consented: bool
    """Whether the person's consent to be a mentor runs today."""
    public_page: bool
    """Whether it agreed to be shown to everybody."""
    open_term: MentorTermOut | None = None
    """What waits to be decided."""
    remark: str | None = None


class MentorLinkOut(Response):
    """A mentor at a centre, from `since` through `until`."""

    id: UUID
    version: int
    mentor_id: UUID
    centre_id: UUID
    since: date
    until: date | None
    reason_code: str | None


class MentorSessionOut(Response):
    """A session."""

    id: UUID
    version: int
    no: str
    mentor_id: UUID
    centre_id: UUID
    enterprise_id: UUID | None
    project_id: UUID | None
    held_on: date
    hours: Decimal
    field: str
    topic: str
    status: str
    edition: str
    decision: StoredDecision
    recorded_as: Literal["mentor", "centre"]
    recorded_by: str
    answered_by: str | None
    answered_on: date | None
    reason_code: str | None
    remark: str | None = None


class UncoveredCentreOut(Response):
    """A listed centre that no appointed mentor works with on the day."""

    centre_id: UUID
    owner_division: str
    listed_on: date | None
    last_covered_on: date | None
    """The last day on which one did."""


class MentorCountersOut(Response):
    """How far it is on the day: the team for graduates against its size, and the listed centres that have a mentor."""

    as_of: date
    graduate_team: int
    team_size: int
    mentors: int
    centres_listed: int
    centres_covered: int


class MentorLoadOut(Response):
    """What a mentor has to do: the centres of the last day of the period, and its sessions within; `hours` are those
    that were confirmed."""

    mentor_id: UUID
    no: str
    centres: int
    sessions_recorded: int
    sessions_confirmed: int
    sessions_contested: int
    hours: Decimal


class MentorFilter(PageParams):
    """Filters of the list; `on` asks who was appointed on that day."""

    no: str | None = Field(default=None, max_length=40)
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    field: Annotated[str, EditionWord(lambda edition: edition.mentors.fields)] | None = None
    graduate_team: bool | None = None
    centre_id: UUID | None = None
    on: date | None = None
    sort: Literal["no", "-no"] = "no"


class LinkFilter(PageParams):
    """Filters of a mentor's centres."""

    on: date | None = None


class SessionFilter(PageParams):
    """Filters of the sessions; `since` and `until` are included."""

    no: str | None = Field(default=None, max_length=40)
    mentor_id: UUID | None = None
    centre_id: UUID | None = None
    enterprise_id: UUID | None = None
    project_id: UUID | None = None
    status: Annotated[str, OneOf(*SESSION_STATUSES)] | None = None
    since: date | None = None
    until: date | None = None
    sort: Literal["held", "-held"] = "held"


class AsOfFilter(Request):
    """The state of a day, today if none is given."""

    as_of: date | None = None


class UncoveredFilter(PageParams):
    """Of which day, and of which county, district or park."""

    as_of: date | None = None
    division: str | None = Field(default=None, max_length=12)


class LoadFilter(PageParams):
    """The period; both days are included."""

    since: date
    until: date
