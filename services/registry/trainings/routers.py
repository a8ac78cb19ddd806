"""Every route of training, in one place for the application. What is under a session comes from several rooms."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from services.registry.trainings.attendance import router as attendance
from services.registry.trainings.certificates import router as certificates
from services.registry.trainings.courses import router as courses
from services.registry.trainings.enrolments import router as enrolments
from services.registry.trainings.evaluations import router as evaluations
from services.registry.trainings.sessions import router as sessions

routers: Final[tuple[APIRouter, ...]] = (
    courses.router,
    sessions.router,
    enrolments.session_router,
    enrolments.router,
    attendance.session_router,
    attendance.router,
    certificates.session_router,
    certificates.router,
    evaluations.router,
)
