"""Document number and minutes with every money decision that a test sends without thinking of them."""

from __future__ import annotations

import re
from typing import Final

_DECISIONS: Final = re.compile(
    r"^/v1/(?:"
    r"grants/[^/]+/(?:approve|countersign)"
    r"|grants/repayments/[^/]+/(?:approve|countersign)"
    r"|financing-rewards/[^/]+/(?:approve|second-approve|countersign)"
    r"|alliance-support/[^/]+/approve"
    r"|loans/[^/]+/approve"
    r"|loans/subsidies/[^/]+/approve"
    r"|loans/guarantees/claims/[^/]+/approve"
    r"|matching-funds/[^/]+/approve"
    r"|angel-funds/[^/]+/(?:approve|orders/[^/]+/confirm)"
    r")$"
)
PAPERS: Final = {"document_no": "拉科发〔2019〕31号", "minutes_no": "〔2019〕3号会议纪要"}


def with_papers(path: str, body: object) -> object:
    """The body with papers where the address is that of a money decision; one that the test names stays, `None` too."""
    if not _DECISIONS.match(path) or not isinstance(body, dict | None):
        return body
    return {**PAPERS, **(body or {})}
