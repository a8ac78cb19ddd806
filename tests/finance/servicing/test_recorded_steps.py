"""Every way to change a served loan, a guarantee, a claim or a subsidy leaves its event (3.2-3 to 3.2-5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi.routing import APIRoute

from services.finance.guarantees.recoveries_router import router as guarantee_recoveries
from services.finance.guarantees.router import router as guarantees
from services.finance.servicing.router import router as servicing
from services.finance.subsidies.router import prime_rates, router as subsidies
from shared.events.contracts import event_types

STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "change_schedule": ("loan.rescheduled",),
    "record_drawdown": ("loan.drawn",),
    "record_payment": (
        "loan.repaid",
        "loan.closed",
        "guarantee.reduced",
        "guarantee.released",
        "guarantee_claim.withdrawn",
    ),
    "reverse_payment": ("loan.payment_reversed", "guarantee.restored"),
    "extend_loan": ("loan.extended",),
    "close_loan": ("loan.closed", "guarantee.released"),
    "draft_guarantee": ("guarantee.drafted",),
    "issue_guarantee": ("guarantee.issued",),
    "cancel_guarantee": ("guarantee.cancelled",),
    "record_fee": ("guarantee.fee_paid",),
    "file_claim": ("guarantee_claim.filed", "loan.claimed"),
    "accept_claim": ("guarantee_claim.accepted",),
    "approve_claim": ("guarantee_claim.approved",),
    "pay_claim": ("guarantee_claim.paid", "guarantee.called", "loan.guarantor_paid"),
    "refuse_claim": ("guarantee_claim.refused", "loan.claim_ended"),
    "withdraw_claim": ("guarantee_claim.withdrawn", "loan.claim_ended"),
    "record_recovery": ("guarantee.recovered", "loan.recovered"),
    "propose_recovery_reversal": ("guarantee.recovery_reversal_proposed",),
    "reverse_recovery": (
        "loan.payment_reversed",
        "guarantee.recovery_reversed",
        "guarantee_claim.recovery_reversed",
    ),
    "confirm_return": ("guarantee.returned", "guarantee_claim.recovered"),
    "propose_write_off": ("guarantee.write_off_proposed",),
    "approve_write_off": ("guarantee.written_off",),
    "prepare_statement": ("subsidy_statement.prepared", "interest_subsidy.prepared"),
    "approve_statement": ("subsidy_statement.approved", "interest_subsidy.approved"),
    "refuse_statement": ("subsidy_statement.refused", "interest_subsidy.refused"),
    "pay_statement": ("subsidy_statement.paid", "interest_subsidy.paid"),
    "recover_line": ("subsidy_statement.recovered", "interest_subsidy.recovered"),
    "record_prime_rate": ("prime_rate.recorded",),
    "confirm_prime_rate": ("prime_rate.confirmed",),
    "refuse_prime_rate": ("prime_rate.refused",),
}


def test_every_step_names_its_events_and_every_event_its_step() -> None:
    routers = (servicing, guarantees, guarantee_recoveries, subsidies, prime_rates)
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    assert {route.name for route in routes if "POST" in (route.methods or ())} == set(STEPS)
    known = {event.name.removeprefix("finance.").removesuffix(".v1") for event in event_types("finance")}
    told = {name for names in STEPS.values() for name in names}
    assert told <= known
    prefixes = ("guarantee.", "guarantee_claim.", "subsidy_statement.", "interest_subsidy.", "prime_rate.")
    assert {name for name in known if name.startswith(prefixes)} == {name for name in told if name.startswith(prefixes)}
