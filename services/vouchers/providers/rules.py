"""States of a provider's admission, the reasons for refusing it, and what it asks for (4.3-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from services.vouchers.providers.terms import barred_until
from shared.policy.decision import Decision, RuleResult
from shared.policy.edition import Edition

APPLIED: Final = "applied"
REVIEWED: Final = "reviewed"
ADMITTED: Final = "admitted"
REFUSED: Final = "refused"
SUSPENDED: Final = "suspended"
EXPIRED: Final = "expired"
WITHDRAWN: Final = "withdrawn"
REMOVED: Final = "removed"

STATUSES: Final = (APPLIED, REVIEWED, ADMITTED, REFUSED, SUSPENDED, EXPIRED, WITHDRAWN, REMOVED)
ENDED: Final = (REFUSED, EXPIRED, WITHDRAWN, REMOVED)
"""Over: the organisation may apply again, which is another row."""
STANDING: Final = (ADMITTED, SUSPENDED)
"""In the register: an admission that runs, whether or not it may be used."""
PUBLIC: Final = (ADMITTED, SUSPENDED, EXPIRED, REMOVED)
"""Shown to everybody: who bought there has to find what became of it."""

RefusalReason = Literal["documents_incomplete", "not_qualified", "penalty_on_record", "outside_categories"]
Status = Literal["applied", "reviewed", "admitted", "refused", "suspended", "expired", "withdrawn", "removed"]

EVERY_CATEGORY: Final = "*"


@dataclass(frozen=True, slots=True)
class Penalty:
    """A penalty on record that was not annulled."""

    decided_on: date
    document_no: str


@dataclass(frozen=True, slots=True)
class Licence:
    """A verified licence; both days inclusive, None where it does not end."""

    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Applicant:
    """What an admission, or its renewal, is decided on."""

    categories: Sequence[str]
    declared: bool
    penalties: Sequence[Penalty]
    licences: Sequence[Licence]


def decide_admission(edition: Edition, applicant: Applicant, day: date) -> Decision:
    """4.3-2: declared, without a penalty for the edition's months, and licensed where its categories need it."""
    return edition.decision(
        _declared(edition, applicant), _penalty_free(edition, applicant, day), _licensed(edition, applicant, day)
    )


def _declared(edition: Edition, applicant: Applicant) -> RuleResult:
    required = edition.vouchers.providers.declaration_required.value
    if applicant.declared:
        message = "provider-declaration-made"
    else:
        message = "provider-declaration-missing" if required else "provider-declaration-not-required"
    passed = applicant.declared or not required
    return edition.result("vouchers.provider_declaration", passed, {"declared": applicant.declared}, message=message)


def _penalty_free(edition: Edition, applicant: Applicant, day: date) -> RuleResult:
    """The last day of the months after a penalty still bars."""
    months = edition.vouchers.providers.penalty_free_months.value
    latest = max(applicant.penalties, key=lambda penalty: penalty.decided_on, default=None)
    last_day = None if latest is None else barred_until(edition, latest.decided_on)
    barred = last_day is not None and day <= last_day
    return edition.result(
        "vouchers.provider_penalty_free",
        not barred,
        {
            "day": day,
            "months": months,
            "penalty_on": latest.decided_on if latest else None,
            "document_no": latest.document_no if latest else None,
        },
        limit=last_day,
        message="provider-penalty-on-record" if barred else "provider-penalty-free",
    )


def needing_licence(edition: Edition, categories: Sequence[str]) -> list[str]:
    """4.3-2: those of the categories that may not be offered without a licence."""
    needing = edition.vouchers.providers.licensed_categories.value
    return [name for name in categories if name in needing or EVERY_CATEGORY in needing]


def _licensed(edition: Edition, applicant: Applicant, day: date) -> RuleResult:
    """A licence that has ended bars as long as it is neither replaced nor struck out."""
    needed = needing_licence(edition, applicant.categories)
    ended = [found.valid_to for found in applicant.licences if found.valid_to is not None and found.valid_to < day]
    valid = [found for found in applicant.licences if found.valid_from <= day and found.valid_to not in ended]
    if ended:
        message = "provider-licence-expired"
    else:
        message = "provider-licence-missing" if needed and not valid else "provider-licences-valid"
    return edition.result(
        "vouchers.provider_licences",
        message == "provider-licences-valid",
        {
            "day": day,
            "licences": len(valid),
            "categories": ", ".join(needed),
            "licensed_until": min(ended, default=None),
        },
        limit=min(ended, default=None),
        message=message,
    )
