"""Keeping what was written at a step of a case."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.remarks.models import CaseRemark


async def keep_remark(
    session: AsyncSession, subject_id: UUID, *, step: str, text: str | None, written_by: str
) -> str | None:
    """Store the text, if there is one; returns its salted SHA-256 for the event, which never carries the text."""
    if text is None:
        return None
    salt = secrets.token_bytes(16)
    digest = hashlib.sha256(salt + text.encode()).hexdigest()
    session.add(
        CaseRemark(subject_id=subject_id, step=step, text=text, salt=salt, digest=digest, written_by=written_by)
    )
    return digest


async def latest_remark(session: AsyncSession, subject_id: UUID) -> str | None:
    """The last text written on the case; None where there is none or it was erased."""
    query = select(CaseRemark.text).where(CaseRemark.subject_id == subject_id).order_by(CaseRemark.id.desc()).limit(1)
    text: str | None = await session.scalar(query)
    return text
