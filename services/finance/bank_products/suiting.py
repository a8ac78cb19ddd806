"""Which products suit an enterprise on a day, from what finance knows and what the enterprise states (3.3-1)."""

from __future__ import annotations

from datetime import date
from typing import Final

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.bank_products.facts import Firm, find_firm
from services.finance.bank_products.matching import Facts, Terms, match_product, outcome_of, verdict_of
from services.finance.bank_products.models import BankProductTerms
from services.finance.bank_products.queries import offered_on
from services.finance.bank_products.schemas import MatchList, MatchOut, ReasonOut, Statements, TermsOut
from services.finance.bank_products.states import DOES_NOT_FIT, FITS, OPEN
from shared.auth.principal import Principal
from shared.http.decisions import Explainer
from shared.policy.decision import Decision, plain
from shared.policy.edition import Editions

_ORDER: Final = (FITS, OPEN, DOES_NOT_FIT)


def facts_of(firm: Firm, statements: Statements) -> Facts:
    """What finance knows, and what was stated."""
    return Facts(
        size_class=firm.size_class,
        industry_code=firm.industry_code,
        registered_on=firm.registered_on,
        in_centre=firm.centre_id is not None,
        amount=statements.amount,
        tenor_months=statements.tenor_months,
        collaterals=None if statements.collaterals is None else tuple(statements.collaterals),
        available_data=None if statements.available_data is None else tuple(statements.available_data),
        tax_grade=statements.tax_grade,
        channel=statements.channel,
    )


def terms_of(row: BankProductTerms) -> Terms:
    """Approved terms for the rules."""
    shown = TermsOut.model_validate(row)
    return Terms(
        minimum_amount=shown.minimum_amount,
        limit_amount=shown.limit_amount,
        longest_months=shown.longest_months,
        collaterals=tuple(shown.collaterals),
        channels=tuple(shown.channels),
        required_data=tuple(shown.required_data),
        sizes=tuple(shown.sizes),
        industries=tuple(shown.industries),
        tax_grades=tuple(shown.tax_grades),
        minimum_age_months=shown.minimum_age_months,
    )


async def match_products(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    explain: Explainer,
    *,
    enterprise_code: str | None,
    bank: str | None,
    statements: Statements,
) -> MatchList:
    """Every product offered today with the reasons for and against it; a pure look, nothing is stored. Raises as
    `find_firm`."""
    firm = await find_firm(session, enterprise_code, principal)
    day = principal.today
    edition = editions.require_in_force(day)
    facts = facts_of(firm, statements)
    items = []
    for product, terms in await offered_on(session, day, bank=bank):
        decision = match_product(edition, terms_of(terms), facts, day)
        items.append(
            MatchOut(
                product_id=product.id,
                code=product.code,
                bank=product.bank,
                name_zh=product.name_zh,
                name_en=product.name_en,
                match=verdict_of(decision),
                terms=TermsOut.model_validate(terms),
                reasons=_reasons(decision, explain),
            )
        )
    items.sort(key=lambda item: (_ORDER.index(item.match), item.code))
    return MatchList(
        enterprise_code=firm.code, as_of=day, edition=edition.id, facts=shown_facts(facts, day), items=items
    )


def shown_facts(facts: Facts, day: date) -> dict[str, JsonValue]:
    """The facts by name; what is not known is left out."""
    found: dict[str, JsonValue] = {}
    for name in Facts.__dataclass_fields__:
        value = getattr(facts, name)
        if value is not None:
            found[name] = list(value) if isinstance(value, tuple) else plain(value)
    if facts.registered_on is not None:
        found["months_since_registration"] = _months(facts.registered_on, day)
    return found


def _months(since: date, day: date) -> int:
    months = (day.year - since.year) * 12 + day.month - since.month
    return max(0, months - (day.day < since.day))


def _reasons(decision: Decision, explain: Explainer) -> list[ReasonOut]:
    texts = explain(decision).results
    return [
        ReasonOut(
            rule=result.rule,
            clause=result.clause,
            outcome=outcome_of(result),
            inputs=dict(result.inputs),
            limit=result.limit,
            message=result.message,
            text=text.text or "",
        )
        for result, text in zip(decision.results, texts, strict=True)
    ]
