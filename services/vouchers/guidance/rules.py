"""The limits that the city sets for programmes, tested on the terms that an issuer wants (4.3-4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.vouchers.programmes.rules import TermsInForce
from shared.policy.decision import Decision, RuleInput, RuleResult
from shared.policy.edition import Edition

DRAFT: Final = "draft"
APPROVED: Final = "approved"
REFUSED: Final = "refused"
CANCELLED: Final = "cancelled"
STATUSES: Final = (DRAFT, APPROVED, REFUSED, CANCELLED)

_RULE: Final = "vouchers.guidance"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a year's programmes may be at most; None: no such limit. Percent and yuan."""

    no: str
    max_percent: Decimal | None = None
    max_enterprise_quota: Decimal | None = None
    max_quota_share_percent: Decimal | None = None
    first_voucher_free_allowed: bool = True
    recommended_categories: Sequence[str] = ()


def decide_guidance(
    edition: Edition, limits: Limits | None, terms: TermsInForce, changed: Collection[str] | None = None
) -> Decision:
    """4.3-4: the science bureau guides. Of an amendment only what it changes is tested (`changed`, names of terms;
    None for a whole programme): what was lawful before the guidance stays so."""
    if limits is None:
        return edition.decision(edition.result(_RULE, True, {}, message="guidance-none"))
    results = [
        *_share_of_price(edition, limits, terms, changed),
        *_quota(edition, limits, terms, changed),
        *_share_of_budget(edition, limits, terms, changed),
        *_first_free(edition, limits, terms, changed),
        *_recommended(edition, limits, terms, changed),
    ]
    if not results:
        results = [edition.result(_RULE, True, {"guidance": limits.no}, message="guidance-not-touched")]
    return edition.decision(*results)


def _touches(changed: Collection[str] | None, *names: str) -> bool:
    return changed is None or any(name in changed for name in names)


def _share_of_price(
    edition: Edition, limits: Limits, terms: TermsInForce, changed: Collection[str] | None
) -> list[RuleResult]:
    limit = limits.max_percent
    if limit is None or not _touches(changed, "subsidy_percent", "category_terms"):
        return []
    shares: list[tuple[Decimal, str | None]] = [(terms.subsidy_percent, None)]
    shares += [(of.percent, category) for category, of in terms.category_terms.items() if of.percent is not None]
    highest, category = max(shares, key=lambda share: share[0])
    inputs: dict[str, RuleInput] = {"guidance": limits.no, "percent": highest, "category": category}
    return [_compared(edition, "guidance-percent", highest <= limit, inputs, limit)]


def _quota(edition: Edition, limits: Limits, terms: TermsInForce, changed: Collection[str] | None) -> list[RuleResult]:
    limit = limits.max_enterprise_quota
    if limit is None or not _touches(changed, "enterprise_quota"):
        return []
    inputs: dict[str, RuleInput] = {"guidance": limits.no, "quota": terms.enterprise_quota}
    return [_compared(edition, "guidance-quota", terms.enterprise_quota <= limit, inputs, limit)]


def _share_of_budget(
    edition: Edition, limits: Limits, terms: TermsInForce, changed: Collection[str] | None
) -> list[RuleResult]:
    limit = limits.max_quota_share_percent
    if limit is None or not _touches(changed, "budget", "enterprise_quota"):
        return []
    passed = terms.enterprise_quota * 100 <= limit * terms.budget
    inputs: dict[str, RuleInput] = {"guidance": limits.no, "quota": terms.enterprise_quota, "budget": terms.budget}
    return [_compared(edition, "guidance-share", passed, inputs, limit)]


def _first_free(
    edition: Edition, limits: Limits, terms: TermsInForce, changed: Collection[str] | None
) -> list[RuleResult]:
    if limits.first_voucher_free_allowed or not _touches(changed, "first_voucher_free"):
        return []
    inputs: dict[str, RuleInput] = {"guidance": limits.no, "first_voucher_free": terms.first_voucher_free}
    return [_compared(edition, "guidance-first-free", not terms.first_voucher_free, inputs, None)]


def _recommended(
    edition: Edition, limits: Limits, terms: TermsInForce, changed: Collection[str] | None
) -> list[RuleResult]:
    """A recommendation binds nobody: categories beyond it are named, and pass."""
    if not limits.recommended_categories or not _touches(changed, "categories"):
        return []
    beyond = [category for category in terms.categories if category not in limits.recommended_categories]
    message = "guidance-categories-beyond" if beyond else "guidance-categories-recommended"
    inputs: dict[str, RuleInput] = {"guidance": limits.no, "beyond": ", ".join(beyond) or None}
    return [edition.result(_RULE, True, inputs, limit=", ".join(limits.recommended_categories), message=message)]


def _compared(
    edition: Edition,
    message: str,
    passed: bool,
    inputs: Mapping[str, RuleInput],
    limit: Decimal | None,
) -> RuleResult:
    ending = "kept" if passed else "exceeded"
    return edition.result(_RULE, passed, inputs, limit=limit, message=f"{message}-{ending}")
