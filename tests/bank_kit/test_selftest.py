"""The self-test against the real gateway: everything passes, with every kind of key."""

from __future__ import annotations

import socket
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gateway.keys.usecases import Signing
from tests.bank_kit.conftest import Street
from tests.bank_kit.running import Run, selftest
from tests.bank_kit.spoiling import Spoiler, breaks, spoiling


def all_good(run: Run) -> None:
    failed = {
        name: (row["expected"], row["found"], row["note"])
        for name, row in run.results.items()
        if row["outcome"] not in ("passed", "not_asked")
    }
    assert failed == {}, run.out + run.err
    assert run.code == 0, run.out + run.err


def test_a_key_that_signs_with_ed25519_passes_everything(street: Street, tmp_path: Path) -> None:
    key, pem = street.ed25519_key("CCB")
    other, live = street.key("PSBC").text, street.key("CCB", live=True).text
    run = selftest(street.url, key, tmp_path, "--signing-key", str(pem), "--other-key", other, "--live-key", live)
    all_good(run)
    assert run.names("not_asked") == set()


def test_a_key_that_signs_with_hmac_passes(street: Street, tmp_path: Path) -> None:
    issued = street.key("ICBC", signing=Signing.of("required", "hmac-sha256", None))
    assert issued.secret is not None
    all_good(selftest(street.url, issued.text, tmp_path, "--hmac-secret", issued.secret))


def test_a_key_that_does_not_sign_passes_what_applies(street: Street, tmp_path: Path) -> None:
    run = selftest(street.url, street.key("ABC").text, tmp_path)
    all_good(run)
    assert "signatures.wrong" in run.names("not_asked")
    assert "signatures.answer" in run.names("passed")


def test_a_live_key_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        run = selftest(f"http://127.0.0.1:{server.getsockname()[1]}", "mc_live_000000000000_" + "0" * 49, tmp_path)
        with pytest.raises(TimeoutError):
            server.accept()
    assert (run.code, run.results) == (2, {})
    assert "--read-only" in run.err


def test_a_live_key_that_only_reads_writes_nothing(street: Street, tmp_path: Path) -> None:
    run = selftest(street.url, street.key("HXB", live=True).text, tmp_path, "--read-only")
    all_good(run)
    assert not {name for name in run.results if name.startswith(("order.", "money.", "ends.", "reconciliation."))}
    assert "sandbox.sandbox" not in run.results


def test_results_in_chinese_and_for_a_build_server(street: Street, tmp_path: Path) -> None:
    file = tmp_path / "result.xml"
    with spoiling(street.url, Spoiler(reply=breaks("/v1/banks", 502))) as url:
        run = selftest(url, street.key("CEB").text, tmp_path, "--read-only", "--junit", str(file), language="zh")
    assert "符合接入要求" in run.out
    assert "密钥有效" in run.out
    assert "Conforms" not in run.out
    suite = ElementTree.fromstring(file.read_bytes())  # noqa: S314  # our own file
    assert suite.get("tests") == str(len(run.results)) == str(len(suite))
    assert suite.get("failures") == "0", "what is optional fails nobody"
    (skipped,) = [case for case in suite if case.get("name") == "conditional"]
    message = skipped.find("skipped")
    assert message is not None
    assert "502" in str(message.get("message"))
