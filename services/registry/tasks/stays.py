"""Stays at centres: filings due, stays about to be too long, moves out of delisted centres, services to confirm."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import null, select

from services.registry.access import enterprise_code_of, operator_code_of
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import known_by
from services.registry.service_records.models import ServiceRecord
from services.registry.service_records.queries import answer_scope
from services.registry.service_records.rules import ANSWERABLE
from services.registry.tasks.cases import by_others
from services.registry.tenancies.models import Tenancy
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE
from shared.tasks import Asked, Statement, TaskSource, rows

AHEAD: Final = timedelta(days=30)
"""How long before its last day a stay is shown to its centre."""


def _own_centres(asked: Asked) -> Statement:
    return select(Centre.id).where(Centre.operator_code == operator_code_of(asked.principal))


def _filings(asked: Asked) -> Statement:
    """2.3-2: admitted and not filed."""
    stay = Tenancy
    return select(stay.id, stay.id, stay.agreement_no, stay.admitted_on, stay.filing_due_on).where(
        stay.status == "admitted", stay.centre_id.in_(_own_centres(asked))
    )


def _long_stays(asked: Asked) -> Statement:
    """2.1-1: to graduate or to leave by the last day; those that have to move anyway are told so."""
    stay = Tenancy
    return select(stay.id, stay.id, stay.agreement_no, stay.admitted_on, stay.stay_until).where(
        stay.ended_on.is_(None),
        stay.relocation_case_id.is_(None),
        stay.stay_until <= asked.today + AHEAD,
        stay.centre_id.in_(_own_centres(asked)),
    )


def _moves(asked: Asked) -> Statement:
    """2.3-5: out of the operator's centre, which was delisted."""
    stay = Tenancy
    return select(stay.id, stay.id, stay.agreement_no, stay.admitted_on, null()).where(
        stay.ended_on.is_(None), stay.relocation_case_id.is_not(None), stay.centre_id.in_(_own_centres(asked))
    )


def _own_moves(asked: Asked) -> Statement | None:
    """2.3-5: the enterprise's own move."""
    code = enterprise_code_of(asked.principal)
    if code is None:
        return None
    stay = Tenancy
    return select(stay.id, stay.id, stay.agreement_no, stay.admitted_on, null()).where(
        stay.ended_on.is_(None),
        stay.relocation_case_id.is_not(None),
        stay.enterprise_id.in_(select(Enterprise.id).where(known_by(code))),
    )


def _services(asked: Asked) -> Statement | None:
    """Services that the enterprise confirms or contests; never one of a centre that it runs itself."""
    code = enterprise_code_of(asked.principal)
    if code is None:
        return None
    record = ServiceRecord
    others = select(Centre.id).where(Centre.operator_code != code)
    return select(record.id, record.id, null(), record.provided_on, null()).where(
        record.status.in_(ANSWERABLE),
        answer_scope(asked.principal),
        by_others(asked, record.recorded_by),
        record.centre_id.in_(others),
    )


_S: Final = "/v1/tenancies/{id}"

SOURCES: Final = (
    TaskSource.of("filing_due", (CENTRE_OPERATOR,), _S, rows(_filings), message="task-filing-due"),
    TaskSource.of("stay_ending", (CENTRE_OPERATOR,), _S, rows(_long_stays), message="task-stay-ending"),
    TaskSource.of("tenant_to_move", (CENTRE_OPERATOR,), _S, rows(_moves), message="task-tenant-to-move"),
    TaskSource.of("move_due", (ENTERPRISE,), _S, rows(_own_moves), message="task-move-due"),
    TaskSource.of(
        "service_to_confirm",
        (ENTERPRISE,),
        "/v1/service-records/{id}",
        rows(_services),
        message="task-service-to-confirm",
    ),
)
