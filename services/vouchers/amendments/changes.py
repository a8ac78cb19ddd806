"""A programme's terms with a change applied."""

from __future__ import annotations

from dataclasses import replace

from services.vouchers.amendments.schemas import TermsChange
from services.vouchers.policy import require_known
from services.vouchers.programmes.models import TERMS
from services.vouchers.programmes.rules import TermsInForce
from services.vouchers.programmes.schemas import category_terms_sent


def applied(before: TermsInForce, changes: TermsChange) -> TermsInForce:
    """The terms after the change. A category that is left out takes its own terms with it, unless they were sent.

    Raises 422 for terms of a category that the programme does not have.
    """
    values: dict[str, object] = {name: getattr(changes, name) for name in changes.sent}
    if changes.categories is not None:
        values["categories"] = tuple(dict.fromkeys(changes.categories))
    if changes.eligible_sizes is not None:
        values["eligible_sizes"] = tuple(dict.fromkeys(changes.eligible_sizes))
    if changes.category_terms is not None:
        values["category_terms"] = category_terms_sent(changes.category_terms)
    after = replace(before, **values)  # type: ignore[arg-type]  # the names are those of the class's own fields
    if changes.category_terms is None:
        left = {name: of for name, of in after.category_terms.items() if name in after.categories}
        return replace(after, category_terms=left)
    require_known("changes.category_terms", after.category_terms, after.categories)
    return after


def differing(before: TermsInForce, after: TermsInForce) -> tuple[str, ...]:
    """The names of the terms that are not the same."""
    return tuple(name for name in TERMS if getattr(before, name) != getattr(after, name))
