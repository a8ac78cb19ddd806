"""Winners as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from services.registry.activities.schemas import Line, Word
from services.registry.activities.winners.rules import STATUSES
from services.registry.codes import DocumentNo, ReasonCode, Remark
from services.registry.persons.schemas import NamedContact
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord, OneOf
from shared.money import Money, PositiveMoney

Rank = Annotated[int, Field(strict=True, ge=1, le=1000)]


class WinnerConsent(Request):
    """How the person agreed to being recorded as a winner; on paper with the paper's number. `show_name` also agreed to
    being named to everybody."""

    given_on: date
    channel: Word
    document_no: DocumentNo | None = None
    show_name: StrictBool = False


class EnterWinner(Request):
    """A result: a project, an enterprise, or a person with its consent. `photo_id` is a photograph of the activity on
    which a person is seen that agreed to being named."""

    activity_id: UUID
    rank: Rank
    award: Line
    prize: PositiveMoney | None = None
    project_id: UUID | None = None
    enterprise_id: UUID | None = None
    person: NamedContact | None = None
    consent: WinnerConsent | None = None
    photo_id: UUID | None = None

    @model_validator(mode="after")
    def _one_party(self) -> Self:
        named = [party for party in (self.project_id, self.enterprise_id, self.person) if party is not None]
        if len(named) != 1:
            raise PydanticCustomError("winner_named_once", "exactly one of project_id, enterprise_id and person")
        if (self.person is None) != (self.consent is None):
            raise PydanticCustomError("winner_consent", "a person is entered with its consent, others without")
        if self.photo_id is not None and not (self.consent and self.consent.show_name):
            raise PydanticCustomError("winner_photograph", "a photograph of a person who agreed to be named")
        return self


class CorrectWinner(Request):
    """Fields left out stay as they are. `name_shown` false takes the name out of the public at once."""

    rank: Rank | None = None
    award: Line | None = None
    prize: PositiveMoney | None = None
    name_shown: Literal[False] | None = None


class FollowUpWinner(Request):
    """What was found: a landing names the centre, financing and support the amount in yuan and the document."""

    kind: Word
    centre_id: UUID | None = None
    amount: PositiveMoney | None = None
    document_no: DocumentNo | None = None
    remark: Remark | None = None
    followed_on: date | None = None


class EndWinner(Request):
    """Why the project was given up, or the result taken out; `ended_on` is for bureaus only."""

    reason_code: ReasonCode
    remark: Remark | None = None
    ended_on: date | None = None


class FollowUpOut(Response):
    """One follow-up."""

    id: UUID
    kind: str
    followed_on: date
    centre_id: UUID | None
    amount: Money | None
    document_no: str | None


class WinnerOut(Response):
    """A winner. `name` is the project's, the enterprise's, or that of a person who agreed to being named."""

    id: UUID
    version: int
    no: str
    activity_id: UUID
    rank: int
    award: str
    prize: Money | None
    name: str | None
    project_id: UUID | None
    enterprise_id: UUID | None
    person_ref: str | None
    name_shown: bool
    photo_id: UUID | None
    status: str
    next_due_on: date | None
    ended_on: date | None
    reason_code: str | None
    entered_by: str
    erased_on: date | None
    remark: str | None = None
    follow_ups: Annotated[list[FollowUpOut], Field(default_factory=list)]


class ResultOut(Response):
    """A result as everybody reads it; `name` is null for a person who is not named."""

    rank: int
    award: str
    party: str
    name: str | None


class WinnerFilter(PageParams):
    """Filters of the list; `due` asks whether the day by which somebody follows up has come."""

    no: str | None = None
    activity_id: UUID | None = None
    project_id: UUID | None = None
    enterprise_id: UUID | None = None
    series: Annotated[str, EditionWord(lambda edition: edition.activities.series)] | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    due: bool | None = None
    sort: Literal["entered", "-entered", "rank"] = "entered"


class ResultFilter(PageParams):
    """Pages of an activity's results."""
