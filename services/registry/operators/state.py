"""A change of operator as its events carry it."""

from __future__ import annotations

from services.registry.operators.models import OperatorChange
from shared.events.contracts import registry as rc


def change_state(change: OperatorChange, *, remark_hash: str | None = None) -> rc.OperatorChangeState:
    """The change after the event."""
    return rc.OperatorChangeState(
        id=change.id,
        no=change.no,
        centre_id=change.centre_id,
        status=change.status,
        from_code=change.from_code,
        from_name=change.from_name,
        to_code=change.to_code,
        to_name=change.to_name,
        reason_code=change.reason_code,
        applied_on=change.applied_on,
        takes_over_on=change.takes_over_on,
        document_no=change.document_no,
        refusal_code=change.refusal_code,
        remark_hash=remark_hash,
    )
