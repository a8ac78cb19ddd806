"""Waits, owners, secrets: what needs no database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.feed.rules import is_of_mode
from gateway.settings import SCHEDULE
from gateway.webhooks.rules import Retrying, may_read, owners_of, retry_after
from gateway.webhooks.signing import check_secret, new_secret, sign
from shared.auth.principal import Principal
from shared.errors import DomainError

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
THREE_DAYS = Retrying(SCHEDULE)


def principal(*roles: str, org: str | None = None, bank: str | None = None) -> Principal:
    account = "0190a000-0000-7000-8000-000000000001"
    return Principal(
        account, frozenset(roles), org, None, None, bank, None, date(2026, 3, 1), False, "c", "gateway", False
    )


def test_ten_attempts_in_a_little_more_than_three_days() -> None:
    waits = [THREE_DAYS.next_wait(attempts, ordered=False, asked=None, pick=0) for attempts in range(1, 10)]
    assert waits == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert 3 * 86_400 < sum(waits) == THREE_DAYS.given_up_after < 4 * 86_400


def test_waits_are_spread_by_up_to_a_fifth_and_never_shortened() -> None:
    assert THREE_DAYS.next_wait(2, ordered=False, asked=None, pick=1) == pytest.approx(360)
    assert THREE_DAYS.next_wait(99, ordered=False, asked=None, pick=0) == 86_400


def test_where_order_is_kept_nobody_waits_longer_than_half_an_hour() -> None:
    assert [THREE_DAYS.next_wait(n, ordered=True, asked=None, pick=0) for n in (1, 2, 3, 9)] == [5, 300, 1800, 1800]


@pytest.mark.parametrize(("asked", "wait"), [(None, 5), (3, 5), (60, 60), (10**9, 86_400)])
def test_the_receiver_may_ask_for_more_time_up_to_a_day(asked: float | None, wait: float) -> None:
    assert THREE_DAYS.next_wait(1, ordered=False, asked=asked, pick=0) == wait


@pytest.mark.parametrize(("failures", "wait"), [(1, 0), (2, 0), (3, 5), (4, 10), (5, 20), (12, 1800), (10_000, 1800)])
def test_an_endpoint_that_fails_in_a_row_is_left_alone_for_longer_and_longer(failures: int, wait: float) -> None:
    assert THREE_DAYS.endpoint_wait(failures, asked=None, pick=0) == wait


def test_given_up_after_the_schedules_sum() -> None:
    seconds = THREE_DAYS.given_up_after
    assert not THREE_DAYS.is_given_up(NOW, NOW + timedelta(seconds=seconds - 1))
    assert THREE_DAYS.is_given_up(NOW, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 7 ", 7),
        ("9" * 50, 999_999_999),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("Sun, 01 Mar 99999999999999 12:01:00 GMT", None),
        ("Sun, 01 Mar 2026 99999999999999999999:01:00 GMT", None),
        ("-5", None),
        ("1e9", None),
        ("１２", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_webhooks_are_kept_by_bank_or_organisation_and_by_role() -> None:
    assert owners_of(principal("bank", bank="CCB")) == ("bank:CCB",)
    assert owners_of(principal("bureau", org="91X")) == ("bureau:org:91X",)
    assert owners_of(principal("guarantor", "bureau", org="91X")) == ("guarantor:org:91X", "bureau:org:91X")
    assert owners_of(principal("bureau")) == ("bureau:account:0190a000-0000-7000-8000-000000000001",)
    assert owners_of(principal("mentor", org="91X")) == ()


@pytest.mark.parametrize(
    ("topic", "types", "role", "allowed"),
    [
        ("registry.centre", [], "bank", True),
        ("registry.centre", ["registry.centre.listed.v1"], "bank", True),
        ("registry.centre", ["registry.centre.submitted.v1"], "bank", False),
        ("gateway.account", [], "bureau", False),
        ("registry.nothing", [], "bureau", False),
        ("nobody.nothing", [], "bureau", False),
    ],
)
def test_what_a_role_may_read_is_the_feeds_rule(topic: str, types: list[str], role: str, allowed: bool) -> None:
    assert may_read(topic, types, role, None) is allowed


def test_a_bureau_that_has_chosen_topics_is_one_for_those_only() -> None:
    types = ["registry.centre.submitted.v1"]
    named = [kind for kind in ("registry.agreement", "registry.centre") if may_read(kind, [], "bureau", None)]
    assert named == ["registry.agreement", "registry.centre"]
    assert not may_read("registry.agreement", [], "bureau", ["registry.centre"])
    assert may_read("registry.agreement", [], "bureau", ["registry.agreement"])
    assert not may_read("registry.centre", types, "bureau", [])


@pytest.mark.parametrize(
    ("data", "live", "test"),
    [
        ('{"a":1}', True, False),
        ('{"livemode":true}', True, False),
        ('{"livemode":false}', False, True),
        ('{"note":"\\"livemode\\":false"}', True, False),
        ('["livemode"]', True, False),
    ],
)
def test_test_events_go_to_test_webhooks_only(data: str, live: bool, test: bool) -> None:
    assert (is_of_mode(data, livemode=True), is_of_mode(data, livemode=False)) == (live, test)


def test_a_made_secret_has_the_form_that_a_brought_one_must_have() -> None:
    secret = new_secret()
    assert check_secret(secret) == secret
    assert secret != new_secret()


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_c2hvcnQ=", "C" * 44, "whsec_" + "A" * 44, "whsec_" + "QUJD" * 40, "whsec_!!!", "whsec_密钥"],
)
def test_a_secret_that_is_short_long_or_no_base64_is_refused(secret: str) -> None:
    with pytest.raises(DomainError, match="webhook-secret-invalid"):
        check_secret(secret)


def test_the_signature_of_the_specifications_example() -> None:
    """Standard Webhooks' own example: id, time and body of its reference tests."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # pragma: allowlist secret
    body = '{"test": 2432232314}'
    headers = sign([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), body)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",  # pragma: allowlist secret
    }
