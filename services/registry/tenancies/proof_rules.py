"""Whether the claim of a graduation agrees with what is on record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.policy.decision import Decision, RuleResult
from shared.policy.edition import Edition


@dataclass(frozen=True, slots=True)
class Proof:
    """What is on record for a claim: whether the certificate is a technology flag valid on the day, and the income of
    two years, `first_year` the earlier, as stated and as the growth file has it (None where it has no figures)."""

    certificate_no: str | None = None
    certificate_valid: bool = False
    first_year: int | None = None
    incomes: Sequence[Decimal] = ()
    recorded: Sequence[Decimal | None] = ()


def decide_proof(edition: Edition, proof: Proof, day: date) -> Decision:
    """2.1-1: what a claim states agrees with the enterprise's file: its certificate is on record and valid on the day;
    its two years of income are over, and are what the growth file has, where it has them."""
    return edition.decision(*_certificate(edition, proof, day), *_income(edition, proof, day))


def _certificate(edition: Edition, proof: Proof, day: date) -> Iterator[RuleResult]:
    if proof.certificate_no is not None:
        yield edition.result(
            "tenancy.graduation",
            proof.certificate_valid,
            {"certificate_no": proof.certificate_no, "day": day},
            message="graduation-proof-agrees" if proof.certificate_valid else "graduation-certificate-not-on-record",
        )


def _income(edition: Edition, proof: Proof, day: date) -> Iterator[RuleResult]:
    if proof.first_year is None:
        return
    second = proof.first_year + 1
    over = second < day.year
    yield edition.result(
        "tenancy.graduation",
        over,
        {"first_year": proof.first_year, "second_year": second, "graduation_year": day.year},
        message="graduation-proof-agrees" if over else "graduation-years-not-closed",
    )
    for year, stated, recorded in zip((proof.first_year, second), proof.incomes, proof.recorded, strict=True):
        agrees = recorded is None or recorded == stated
        yield edition.result(
            "tenancy.graduation",
            agrees,
            {"year": year, "stated": stated, "recorded": recorded},
            message="graduation-proof-agrees" if agrees else "graduation-income-differs",
        )
