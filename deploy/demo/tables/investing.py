"""A centre's angel fund, a financing reward, support for an alliance."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import field_validator

from deploy.demo.tables.base import Row, words


class AngelFund(Row):
    """A centre's fund with one investment. `others` are the other investors, `code=yuan`; `overstep` is what the
    municipal fund is first to subscribe, a fen too much."""

    file: ClassVar[str] = "angel-funds.csv"

    centre: str
    name: str
    manager_code: str
    expert_code: str
    municipal_code: str
    document_no: str
    minutes_no: str
    registered_on: date
    approved_on: date
    others: tuple[str, ...]
    overstep: str
    overstepped_on: date
    municipal: str
    closed_on: date
    called_on: date
    paid_in_on: date
    municipal_paid_on: date
    enterprise: str
    investment: str
    proposed_on: date
    voted_on: date
    invested_on: date
    value: str
    valued_on: date

    _lists = field_validator("others", mode="before")(words)


class Reward(Row):
    """A reward for financing that a centre's operator applies for."""

    file: ClassVar[str] = "rewards.csv"

    centre: str
    enterprise: str
    investor_code: str
    investor_name: str
    investment: str
    arrived_on: date
    registered_on: date
    amount: str
    bank_slip_no: str
    document_no: str
    minutes_no: str
    applied_on: date
    reviewed_on: date
    announced_on: date
    approved_on: date
    paid_on: date
    reference: str


class AllianceActivity(Row):
    """Something that an alliance did."""

    file: ClassVar[str] = "alliance-activities.csv"

    alliance: str
    kind: str
    held_on: date
    title: str
    participants: int
    evidence: str
    recorded_on: date


class AllianceSupport(Row):
    """Money for an alliance's year: the sheet is drafted, confirmed and published first. `marks` are `item=mark`."""

    file: ClassVar[str] = "alliance-supports.csv"

    alliance: str
    year: int
    marks: tuple[str, ...]
    drafted_on: date
    confirmed_on: date
    published_on: date
    assessment_no: str
    recipient_code: str
    recipient_name: str
    amount: str
    applied_on: date
    reviewed_on: date
    announced_on: date
    approved_on: date
    document_no: str
    minutes_no: str
    paid_on: date
    reference: str

    _lists = field_validator("marks", mode="before")(words)
