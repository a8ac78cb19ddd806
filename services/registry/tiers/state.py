"""Applications for tiers and designations as their events carry them."""

from __future__ import annotations

from services.registry.tiers.models import Designation, TierApplication
from shared.events.contracts import registry as rc


def application_state(application: TierApplication, *, remark_hash: str | None = None) -> rc.TierApplicationState:
    """The application after the event."""
    names = set(rc.TierApplicationState.model_fields) - {"remark_hash"}
    values = {name: getattr(application, name) for name in names}
    return rc.TierApplicationState(**values, remark_hash=remark_hash)


def designation_state(designation: Designation, *, remark_hash: str | None = None) -> rc.DesignationState:
    """The designation after the event."""
    names = set(rc.DesignationState.model_fields) - {"remark_hash"}
    values = {name: getattr(designation, name) for name in names}
    return rc.DesignationState(**values, remark_hash=remark_hash)
