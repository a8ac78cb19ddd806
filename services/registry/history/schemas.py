"""Histories and past states as JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from shared.http.paging import PageParams
from shared.http.schemas import Response


class ChangeOut(Response):
    """One field before and after the event."""

    before: JsonValue
    after: JsonValue


class HistoryEntryOut(Response):
    """One event. `recorded_at` is when it was typed in, `effective_on` the day from which it holds.

    `changes` is what it changed about the thing; `fields` is what it says beside that, such as a permit that an
    enterprise has to hand in.

    `actor` is an account for bureaus and the auditor; others see their own account, and else only in which role
    somebody acted: `bureau`, a party's role, or `system` for what followed by itself from another event.
    """

    version: int
    event_id: UUID
    type: str
    recorded_at: datetime
    effective_on: date
    actor: str | None
    actor_role: str
    reason_code: str | None
    rules: list[str]
    clauses: list[str]
    edition: str | None
    changes: dict[str, ChangeOut]
    fields: dict[str, JsonValue] = Field(default_factory=dict)


class HistoryParams(PageParams):
    """Pages of a history, by version."""

    sort: Literal["version", "-version"] = "version"


class StateAsOf(Response):
    """The thing as it stood at the end of a day, with the fields of its events beside these.

    `version` and `effective_on` name the last change that counts.
    """

    model_config = ConfigDict(extra="allow", from_attributes=True, frozen=True)
    __pydantic_extra__: dict[str, JsonValue]

    as_of: date
    version: int
    effective_on: date
