"""Entity tags, effective dates, settings and texts: tables without a server."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine
from pydantic import ValidationError

from shared.auth import roles
from shared.auth.principal import Principal
from shared.clock import business_today, effective_date, utcnow
from shared.errors import DomainError, four_eyes_required, invalid_transition, reference_not_yet_known
from shared.http.etag import honour_match, require_match
from shared.http.messages import COMMON, IncompleteMessages, Messages
from shared.settings import ServiceSettings, load_settings

TODAY = date(2021, 3, 1)


def principal(*held: str) -> Principal:
    return Principal("a", frozenset(held), None, None, None, None, None, TODAY, False, "c", "gateway", False)


@pytest.mark.parametrize(
    ("sent", "fits"),
    [
        ('"3"', True),
        ('"2", "3"', True),
        ("*", True),
        ('"2"', False),
        ('W/"3"', False),
        ("3", False),
        ('"33"', False),
        ("", False),
    ],
)
def test_if_match_compares_strongly(sent: str, fits: bool) -> None:
    for check in (require_match, honour_match):
        if fits:
            check(sent, 3)
            continue
        with pytest.raises(DomainError) as refused:
            check(sent, 3)
        assert (refused.value.status, refused.value.code) == (412, "precondition-failed")


def test_patch_needs_if_match_transitions_do_not() -> None:
    honour_match(None, 3)
    with pytest.raises(DomainError) as refused:
        require_match(None, 3)
    assert (refused.value.status, refused.value.code) == (428, "precondition-required")


@pytest.mark.parametrize("role", sorted(roles.ALL_ROLES))
def test_only_bureau_roles_may_enter_the_past(role: str) -> None:
    past = date(2021, 2, 28)
    assert effective_date(principal(role), None) == TODAY
    if role in roles.BUREAU_ROLES:
        assert effective_date(principal(role), past) == past
        assert effective_date(principal(role), TODAY) == TODAY
        return
    for sent in (past, TODAY):
        with pytest.raises(DomainError) as refused:
            effective_date(principal(role), sent)
        assert (refused.value.status, refused.value.code) == (422, "effective-date-not-allowed")


def test_nobody_may_enter_the_future() -> None:
    with pytest.raises(DomainError) as refused:
        effective_date(principal("science_officer"), date(2021, 3, 2))
    assert (refused.value.status, refused.value.code) == (422, "effective-date-in-future")


def test_the_business_day_turns_at_midnight_in_shanghai() -> None:
    with time_machine.travel(datetime(2021, 2, 28, 15, 59, 59, tzinfo=UTC), tick=False):
        assert business_today() == date(2021, 2, 28)
        assert utcnow() == datetime(2021, 2, 28, 15, 59, 59, tzinfo=UTC)
    with time_machine.travel(datetime(2021, 2, 28, 16, 0, 0, tzinfo=UTC), tick=False):
        assert business_today() == date(2021, 3, 1)


def environment(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    required = {
        "DATABASE_URL": "postgresql+asyncpg://mc@127.0.0.1/sample",
        "SIGNING_KEY_FILE": "/k.pem",
        "PUBLIC_KEYS_DIR": "/k",
    }
    for name, value in (required | values).items():
        monkeypatch.setenv(name, value)


def test_settings_come_from_upper_cased_names(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, WORKERS_ENABLED="false", EVALUATION_URL="http://e:1/", DATABASE_POOL_SIZE="3")
    settings = load_settings("sample")
    assert (settings.service_name, settings.workers_enabled, settings.database_pool_size) == ("sample", False, 3)
    assert settings.peer_url("evaluation") == "http://e:1"


@pytest.mark.parametrize("name", ["registry", "nobody"])
def test_a_peer_without_a_url_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    environment(monkeypatch)
    with pytest.raises(LookupError, match=name):
        load_settings("sample").peer_url(name)


def test_passwords_come_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "db").write_text("p@ss/word\n")
    (tmp_path / "nats").write_text("n4ts\n")
    environment(
        monkeypatch,
        DATABASE_PASSWORD_FILE=str(tmp_path / "db"),
        NATS_PASSWORD="from the environment",
        NATS_PASSWORD_FILE=str(tmp_path / "nats"),
    )
    settings = load_settings("sample")
    assert settings.sqlalchemy_url().password == "p@ss/word"
    assert settings.nats_secret() == "n4ts"
    assert "n4ts" not in repr(settings)
    assert "from the environment" not in repr(settings)
    assert "postgresql" not in repr(settings)


@pytest.mark.parametrize("environment_name", ["demo", "development", "test", "production"])
def test_a_simulated_clock_is_refused_in_production(monkeypatch: pytest.MonkeyPatch, environment_name: str) -> None:
    environment(monkeypatch, ENVIRONMENT=environment_name, BUSINESS_CLOCK="simulated")
    if environment_name == "production":
        with pytest.raises(ValidationError, match="refused in production"):
            load_settings("sample")
    else:
        assert isinstance(load_settings("sample"), ServiceSettings)


def test_errors_carry_what_their_texts_need() -> None:
    messages = Messages.load()
    refusals = [
        invalid_transition("draft", ["submitted", "returned"]),
        reference_not_yet_known("centre", "0190a000"),
        four_eyes_required(),
    ]
    for refusal in refusals:
        for language in ("zh", "en"):
            text = messages.text(refusal.code, language, refusal.params)
            assert "{" not in text.title + text.detail
    assert "submitted, returned" in messages.text("invalid-transition", "en", refusals[0].params).detail
    assert "submitted、returned" in messages.text("invalid-transition", "zh", refusals[0].params).detail
    assert "双创中心 0190a000" in messages.text("reference-not-yet-known", "zh", refusals[1].params).detail
    assert refusals[1].headers == {"Retry-After": "1"}


def test_placeholders_are_not_a_template_language() -> None:
    messages = Messages.load()
    assert messages.fill("{a} {a.__class__} {b}", "en", {"a": "{b}", "c": 1}) == "{b} {a.__class__} {b}"


@pytest.mark.parametrize(
    "content",
    [
        '[a]\ntitle.zh = "甲"\ntitle.en = "A"\ndetail.zh = "甲"',
        '[a]\ntitle.zh = "甲"\ntitle.en = ""\ndetail.zh = "甲"\ndetail.en = "A"',
        '[a]\ntitle = "甲"',
        '[fields]\na = { zh = "甲" }',
        '[terms.a]\nen = "A"',
        '[forbidden]\ntitle.zh = "甲"\ntitle.en = "A"\ndetail.zh = "甲"\ndetail.en = "A"',
    ],
)
def test_texts_in_one_language_only_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "messages.toml").write_text(content)
    with pytest.raises(IncompleteMessages):
        Messages.load(tmp_path / "messages.toml")


def test_every_common_code_has_texts_that_differ_by_language() -> None:
    messages = Messages.load()
    for code in tomllib.loads(COMMON.read_text(encoding="utf-8")).keys() - {"fields", "terms"}:
        chinese, english = messages.text(code, "zh", {}), messages.text(code, "en", {})
        assert english.title.isascii()
        assert english.detail.isascii()
        assert not chinese.title.isascii()
