"""A change of profile as its events carry it."""

from __future__ import annotations

from services.registry.profile_changes.models import ProfileChange
from shared.events.contracts import registry as rc


def profile_change_state(change: ProfileChange, *, remark_hash: str | None = None) -> rc.ProfileChangeState:
    """The change after the event."""
    return rc.ProfileChangeState(
        id=change.id,
        no=change.no,
        centre_id=change.centre_id,
        status=change.status,
        changed=tuple(sorted(change.changes)),
        values=rc.ProfileValues.model_validate(change.changes),
        reason_code=change.reason_code,
        applied_on=change.applied_on,
        effective_on=change.effective_on,
        document_no=change.document_no,
        return_code=change.return_code,
        refusal_code=change.refusal_code,
        remark_hash=remark_hash,
    )
