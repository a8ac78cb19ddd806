"""The staff register of a centre."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.staff.models import CentreStaff, StaffCertificate
from services.registry.staff.schemas import CertificateOut, StaffFilter, StaffOut
from shared.errors import not_found


def register(centre_id: UUID, wanted: StaffFilter) -> Select[CentreStaff]:
    """The centre's staff, filtered."""
    staff = CentreStaff
    query = select(staff).where(staff.centre_id == centre_id)
    if wanted.role is not None:
        query = query.where(staff.role == wanted.role)
    if wanted.full_time is not None:
        query = query.where(staff.full_time.is_(wanted.full_time))
    if wanted.person_ref is not None:
        query = query.where(staff.person_ref == wanted.person_ref)
    if wanted.on is not None:
        query = query.where(staff.from_on <= wanted.on, or_(staff.until_on.is_(None), staff.until_on >= wanted.on))
    return query


async def with_certificates(session: AsyncSession, found: Sequence[CentreStaff], today: date) -> list[StaffOut]:
    """The entries with what each holds."""
    query = select(StaffCertificate).where(StaffCertificate.staff_id.in_([staff.id for staff in found]))
    held: dict[UUID, list[CertificateOut]] = {}
    for certificate in await session.scalars(query.order_by(StaffCertificate.id)):
        held.setdefault(certificate.staff_id, []).append(_shown(certificate, today))
    return [
        StaffOut(
            id=staff.id,
            version=staff.version,
            centre_id=staff.centre_id,
            person_ref=staff.person_ref,
            role=staff.role,
            full_time=staff.full_time,
            from_on=staff.from_on,
            until_on=staff.until_on,
            recorded_by=staff.recorded_by,
            certificates=held.get(staff.id, []),
        )
        for staff in found
    ]


async def certificates_held(session: AsyncSession, staff_id: UUID, day: date) -> tuple[int, int]:
    """How many certificates somebody holds, and how many of them are valid on the day."""
    certificate = StaffCertificate
    runs = (certificate.issued_on <= day) & (certificate.valid_until.is_(None) | (certificate.valid_until >= day))
    query = select(func.count(), func.count().filter(runs)).where(certificate.staff_id == staff_id)
    row = (await session.execute(query)).one()
    return row[0], row[1]


async def find_staff(session: AsyncSession, centre_id: UUID, staff_id: UUID, *, lock: bool = False) -> CentreStaff:
    """One entry of the register. Raises 404."""
    staff = await session.get(CentreStaff, staff_id, with_for_update=lock, populate_existing=True)
    if staff is None or staff.centre_id != centre_id:
        raise not_found("staff")
    return staff


def _shown(certificate: StaffCertificate, today: date) -> CertificateOut:
    until = certificate.valid_until
    return CertificateOut(
        id=certificate.id,
        name=certificate.name,
        number=certificate.number,
        issued_on=certificate.issued_on,
        valid_until=until,
        valid=certificate.issued_on <= today and (until is None or today <= until),
    )
