"""Entitlements as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.finance.entitlements.budgets import Budget
from services.finance.entitlements.items import Standing
from shared.http.decisions import DecisionText, RuleText
from shared.http.schemas import Request, Response
from shared.money import Money


class EntitlementQuery(Request):
    """Whose: an enterprise by id or code, or a centre by id."""

    enterprise_id: UUID | None = None
    code: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    centre_id: UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(given is not None for given in (self.enterprise_id, self.code, self.centre_id)) != 1:
            raise PydanticCustomError("one_subject", "one of enterprise_id, code and centre_id")
        return self


class EntitlementOut(Response):
    """One thing that can be applied for: `open`; `needs` what `missing` names and the application brings; `closed` by
    the rules in `missing`; `ask` where the service behind `dry_run` says. Amounts in yuan are those of the cap that
    leaves least. The rules are those of the application, asked about the smallest amount. `budget` says whether this
    year's budget line is there that an approval, or a loan's interest subsidy, takes money of, and whether anything is
    left of it; null where no public budget is needed."""

    programme: str
    product: str
    subject: str
    """Code, person reference or centre for which it would be."""
    standing: Standing
    limit: Money | None
    counted: Money | None
    remaining: Money | None
    budget: Budget | None
    missing: list[RuleText]
    decision: DecisionText | None
    apply: str
    dry_run: str | None


class EntitlementsOut(Response):
    """What may still be applied for today. Without an edition in force nothing can be (6-1)."""

    as_of: date
    code: str | None
    centre_id: UUID | None
    in_force: DecisionText
    items: list[EntitlementOut]
    exposure: str | None
    """The statement of what is there already."""
