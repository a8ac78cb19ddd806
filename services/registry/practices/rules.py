"""The steps of a case of good practice."""

from __future__ import annotations

from typing import Final

DRAFT: Final = "draft"
SUBMITTED: Final = "submitted"
APPROVED: Final = "approved"
PUBLISHED: Final = "published"
WITHDRAWN: Final = "withdrawn"
STATUSES: Final = (DRAFT, SUBMITTED, APPROVED, PUBLISHED, WITHDRAWN)

EDITABLE: Final = (DRAFT,)
SUBMITTABLE: Final = (DRAFT,)
RETURNABLE: Final = (SUBMITTED, APPROVED)
APPROVABLE: Final = (SUBMITTED,)
PUBLISHABLE: Final = (APPROVED,)
PUBLICISABLE: Final = (PUBLISHED,)
WITHDRAWABLE: Final = (PUBLISHED,)
