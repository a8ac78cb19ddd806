"""When a voucher may be extended, and when it may run again after a delisting."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.vouchers.requests.rules import decide_extension, decide_reinstatement
from shared.policy.edition import Edition

LAST = date(2020, 8, 31)


@pytest.mark.parametrize(
    ("wanted", "asked_on", "extensions", "message"),
    [
        (date(2020, 9, 1), LAST, 0, "extension-allowed"),
        (date(2021, 2, 28), LAST, 0, "extension-allowed"),
        (date(2021, 3, 1), LAST, 0, "extension-too-long"),
        (LAST, LAST, 0, "extension-not-later"),
        (date(2020, 9, 1), date(2020, 9, 1), 0, "extension-too-late"),
        (date(2020, 9, 1), LAST, 1, "extension-used-up"),
    ],
    ids=["one_day_more", "six_months", "a_day_too_long", "same_day", "asked_after_the_last_day", "second_time"],
)
def test_an_extension_is_asked_for_by_the_last_day_once_and_for_six_months(
    edition: Edition, wanted: date, asked_on: date, extensions: int, message: str
) -> None:
    decision = decide_extension(edition, LAST, extensions, wanted, asked_on)
    assert (decision.results[0].message, decision.passed) == (message, message == "extension-allowed")


@pytest.mark.parametrize(
    ("status", "reason", "returned", "day", "message"),
    [
        ("stopped", "centre_delisted", "100.00", LAST, "reinstatement-allowed"),
        ("stopped", "centre_delisted", "100.00", date(2020, 9, 1), "reinstatement-expired"),
        ("stopped", "expired", "100.00", LAST, "reinstatement-other-reason"),
        ("active", None, "0.00", LAST, "reinstatement-other-reason"),
        ("stopped", "centre_delisted", "0.00", LAST, "reinstatement-nothing-left"),
    ],
    ids=["last_day", "day_after", "expired", "running", "all_spent"],
)
def test_what_a_delisting_stopped_may_run_again_until_its_last_day(
    edition: Edition, status: str, reason: str | None, returned: str, day: date, message: str
) -> None:
    decision = decide_reinstatement(
        edition, status=status, reason_code=reason, returned=Decimal(returned), valid_until=LAST, day=day
    )
    assert (decision.results[0].message, decision.passed) == (message, message == "reinstatement-allowed")
