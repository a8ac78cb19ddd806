"""A gateway that breaks a promise is found out, in the row of that promise; one that is away is said to be."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bank_kit.conftest import Street
from tests.bank_kit.running import selftest
from tests.bank_kit.spoiling import Passing, Reply, Spoiler, breaks, edits, new_key_each_time, spoiling
from tests.support.waiting import free_port

NO_CONNECTION = "mc_test_000000000000_" + "0" * 49


@pytest.mark.parametrize(
    ("spoiler", "failing"),
    [
        (Spoiler(request=new_key_each_time), {"order.key-reused"}),
        (Spoiler(reply=breaks("/repay")), {"money.above-owed", "money.repay"}),
        (Spoiler(reply=edits(b'"livemode":false', b'"livemode":true')), {"sandbox.sandbox"}),
        (Spoiler(reply=edits(b'"outstanding":"60000.00"', b'"outstanding":"60000.01"')), {"money.disburse"}),
        (Spoiler(reply=edits(b'"next":"', b'"last":"')), {"sandbox.pages"}),
    ],
    ids=["no-idempotency", "server-errors", "modes-mixed", "one-fen-off", "pages-end-early"],
)
def test_a_broken_promise_fails_in_its_row(street: Street, tmp_path: Path, spoiler: Spoiler, failing: set[str]) -> None:
    with spoiling(street.url, spoiler) as url:
        run = selftest(url, street.key(f"B{time.time_ns() % 10**8}").text, tmp_path)
    assert run.code == 1, run.out + run.err
    assert failing <= run.names("failed"), (run.names("failed"), run.out)
    assert "Does not conform" in run.out


def test_a_server_error_shows_the_status_in_the_row(street: Street, tmp_path: Path) -> None:
    with spoiling(street.url, Spoiler(reply=breaks("/steps", 502))) as url:
        run = selftest(url, street.key("ONE").text, tmp_path)
    assert run.names("failed") == {"money.steps"}
    assert "502" in run.results["money.steps"]["found"]
    assert run.code == 1


def test_an_answer_changed_on_its_way_does_not_prove_good(street: Street, tmp_path: Path) -> None:
    changed = Spoiler(reply=edits(b'"items"', b'"Items"'))
    with spoiling(street.url, changed) as url:
        run = selftest(url, street.key("TWO").text, tmp_path, "--read-only")
    assert "signatures.answer" in run.names("failed")
    assert "Content-Digest" in run.results["signatures.answer"]["found"]


def test_signatures_that_nobody_checks_are_noticed(street: Street, tmp_path: Path) -> None:
    """A proxy that strips signatures in front of a key that need not sign."""
    issued = street.key("THREE")
    secret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

    def strip(passing: Passing) -> Passing:
        kept = {n: v for n, v in passing.headers.items() if n not in ("signature", "signature-input")}
        return Passing(passing.method, passing.path, kept, passing.body)

    with spoiling(street.url, Spoiler(request=strip)) as url:
        run = selftest(url, issued.text, tmp_path, "--hmac-secret", secret)
    wrong = {f"signatures.{name}" for name in ("wrong", "other-url", "stale", "uncovered", "altered", "replayed")}
    assert wrong <= run.names("failed")
    assert run.code == 1


def test_connections_that_break_midway_do_not_break_the_report(street: Street, tmp_path: Path) -> None:
    dead = Spoiler(dead=lambda passing: "/disburse" in passing.path)
    with spoiling(street.url, dead) as url:
        run = selftest(url, street.key("FOUR").text, tmp_path)
    assert run.code == 1
    assert "no answer" in run.results["order.early"]["note"]
    assert "not_run" in {row["outcome"] for row in run.results.values()}
    assert "Traceback" not in run.out + run.err


def _refusing() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (_refusing, "cannot connect"),
        (lambda: "http://no-such-host.invalid", "cannot connect"),
    ],
    ids=["refused", "no-such-name"],
)
def test_an_address_where_nobody_is_says_so(tmp_path: Path, address: Callable[[], str], said: str) -> None:
    run = selftest(address(), NO_CONNECTION, tmp_path)
    assert (run.code, run.results) == (3, {})
    assert said in run.err
    assert "Traceback" not in run.err


def test_https_towards_a_plain_port_is_named_tls(street: Street, tmp_path: Path) -> None:
    run = selftest(street.url.replace("http://", "https://"), NO_CONNECTION, tmp_path)
    assert run.code == 3
    assert "TLS" in run.err


def test_a_server_that_never_answers_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        run = selftest(f"http://127.0.0.1:{silent.getsockname()[1]}", NO_CONNECTION, tmp_path, "--timeout", "1")
    assert run.code == 3
    assert "no answer in time" in run.err


def test_a_redirect_is_named(street: Street, tmp_path: Path) -> None:
    def away(_: Passing, given: Reply) -> Reply:
        return Reply(301, {"location": "https://elsewhere.example.org/"}, b"")

    with spoiling(street.url, Spoiler(reply=away)) as url:
        run = selftest(url, NO_CONNECTION, tmp_path)
    assert run.code == 3
    assert "elsewhere.example.org" in run.err
