"""`/v1/api-keys`: who makes keys, who confirms, what an owner may do with his own."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx import AsyncClient, Response
from sqlalchemy import select, text

from gateway.front.callers import Caller
from gateway.front.restrictions import in_mode
from gateway.keys import form
from gateway.keys.models import ApiKey
from shared.db import Database
from tests.gateway.conftest import Hire, World
from tests.gateway.keys.conftest import Bank
from tests.gateway.keys.support import SCOPES, Key, Office


def code(response: Response) -> str:
    return str(response.json()["code"])


async def test_a_confirmed_key_stands_for_its_owner_with_his_bank_and_roles(client: AsyncClient, bank: Bank) -> None:
    answer = await client.get("/v1/centres", headers=bank.key.headers)
    assert answer.status_code == 200, answer.text
    claims = answer.json()["claims"]
    assert claims["account_id"] == str(bank.person.id)
    assert claims["roles"] == ["bank"]
    assert claims["bank"] == "CCB"
    assert claims["livemode"] is True


def test_a_test_key_keeps_its_rights_where_there_are_test_rows() -> None:
    trial = Caller("an-account", ("bank",), bank="CCB", livemode=False, credential="key")
    for path in (b"/v1/referrals", b"/v1/loans/1/contract", b"/v1/banks/reconciliations", b"/v1/bank-products"):
        assert in_mode(trial, "POST", path) is trial
    live = replace(trial, livemode=True)
    assert in_mode(live, "POST", b"/v1/centres") is live


async def test_a_test_key_is_one_of_the_public_where_there_are_no_test_rows(
    client: AsyncClient, office: Office, bank: Bank
) -> None:
    trial = await office.key(bank.person.id, mode="test")
    assert trial.text.startswith("mc_test_")
    claims = (await client.get("/v1/centres", headers=trial.headers)).json()["claims"]
    assert (claims["roles"], claims["bank"], claims["org"]) == (["public"], None, None)
    written = await client.post("/v1/centres", headers=trial.headers, json={})
    assert (written.status_code, written.json()["code"]) == (403, "test-key-live-data")


async def test_a_proposed_key_opens_nothing_until_another_person_confirms(
    client: AsyncClient, office: Office, hire: Hire
) -> None:
    owner = await hire(f"guarantor-{uuid4().hex[:8]}", "guarantor")
    key = await office.propose(owner.id)
    assert key.shown["status"] == "proposed"
    assert (await client.get("/v1/centres", headers=key.headers)).status_code == 401
    by_admin = await client.post(f"/v1/api-keys/{key.id}/confirm", headers=office.admin)
    assert by_admin.status_code == 403
    await office.confirm(key)
    assert (await client.get("/v1/centres", headers=key.headers)).status_code == 200
    again = await client.post(f"/v1/api-keys/{key.id}/confirm", headers=office.security)
    assert (again.status_code, code(again)) == (409, "invalid-transition")


async def test_the_database_itself_refuses_who_confirms_his_own_proposal(
    office: Office, bank: Bank, db: Database
) -> None:
    key = await office.propose(bank.person.id)
    with pytest.raises(Exception, match="ck_api_key_four_eyes"):
        async with db.transaction() as session:
            await session.execute(
                text("UPDATE api_key SET confirmed_at = now(), confirmed_by = requested_by WHERE id = :id"),
                {"id": key.id},
            )


async def test_only_a_hash_is_kept_and_the_key_is_shown_once(
    client: AsyncClient, office: Office, bank: Bank, db: Database
) -> None:
    body = {"name": "x", "account_id": str(bank.person.id), "scopes": SCOPES}
    headers = {**office.admin, "Idempotency-Key": uuid4().hex}
    first = await client.post("/v1/api-keys", json=body, headers=headers)
    assert first.headers["cache-control"] == "no-store"
    key = Key.of(first)
    repeated = await client.post("/v1/api-keys", json=body, headers=headers)
    assert key.text not in repeated.text
    assert "idempotency-replayed" not in repeated.headers
    shown = await client.get(f"/v1/api-keys/{key.id}", headers=office.admin)
    assert key.text not in shown.text
    assert "digest" not in shown.json()
    async with db.transaction() as session:
        row = (await session.scalars(select(ApiKey).where(ApiKey.id == key.id))).one()
        row_text, answers, events = [
            (await session.execute(text(query))).scalar_one()
            for query in (
                "SELECT string_agg(to_jsonb(api_key)::text, '') FROM api_key",
                "SELECT coalesce(string_agg(encode(body, 'escape'), ''), '') FROM idempotency_key",
                "SELECT string_agg(data, '') FROM event_log WHERE topic = 'gateway.api_key'",
            )
        ]
    parsed = form.parse(key.text)
    assert parsed is not None
    assert row.digest == parsed.digest
    secret = key.text[21:64]
    for place in (row_text, answers, events):
        assert secret not in place


@pytest.mark.parametrize("change", ["secret", "checksum", "mode", "id", "shorter"])
async def test_a_wrong_key_is_answered_like_any_wrong_credential(client: AsyncClient, bank: Bank, change: str) -> None:
    good = bank.key.text
    body = {
        "secret": good[:30] + ("x" if good[30] != "x" else "y") + good[31:-6],
        "checksum": good[:-6],
        "mode": good[:-6].replace("mc_live", "mc_test"),
        "id": good[:8] + "000000000000" + good[20:-6],
        "shorter": good[:-8],
    }[change]
    wrong = body + ("000000" if change == "checksum" else form.checksum(body))
    answer = await client.get("/v1/centres", headers={"Authorization": f"Bearer {wrong}"})
    assert (answer.status_code, code(answer)) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert (await client.get("/v1/centres", headers=bank.key.headers)).status_code == 200


async def test_scopes_are_asked_once_at_the_front(client: AsyncClient, office: Office, bank: Bank) -> None:
    key = await office.key(bank.person.id, scopes=["centres:read"])
    assert (await client.get("/v1/centres/1", headers=key.headers)).status_code == 200
    for method, path, scope in (
        ("POST", "/v1/centres", "centres:write"),
        ("GET", "/v1/referrals", "referrals:read"),
        ("GET", "/v1/api-keys", "api-keys:read"),
    ):
        answer = await client.request(method, path, headers=key.headers)
        assert (answer.status_code, code(answer)) == (403, "scope-missing")
        assert scope in answer.json()["detail"]
        assert f'scope="{scope}"' in answer.headers["www-authenticate"]
    everything = await office.key(bank.person.id, mode="test", scopes=["*:read"])
    assert (await client.get("/v1/centres", headers=everything.headers)).status_code == 200
    assert (await client.post("/v1/centres", headers=everything.headers)).status_code == 403


async def test_a_key_works_from_its_networks_only(client: AsyncClient, office: Office, bank: Bank) -> None:
    key = await office.key(bank.person.id, networks=["203.0.113.0/24", "2001:db8::/48"])
    away = await client.get("/v1/centres", headers=key.headers)
    assert (away.status_code, code(away)) == (403, "address-not-allowed")
    assert "203.0.113" not in away.text
    forged = await client.get("/v1/centres", headers={**key.headers, "X-Forwarded-For": "203.0.113.7"})
    assert forged.status_code == 403
    near = await office.key(bank.person.id, mode="test", networks=["127.0.0.0/8"])
    assert (await client.get("/v1/centres", headers=near.headers)).status_code == 200


async def test_outside_of_v1_a_key_is_good_from_its_networks_only_too(
    client: AsyncClient, office: Office, bank: Bank
) -> None:
    key = await office.key(bank.person.id, networks=["203.0.113.0/24"])
    away = await client.get("/asyncapi.json", headers=key.headers)
    assert (away.status_code, code(away)) == (403, "address-not-allowed")
    assert (await client.get("/asyncapi.json", headers=bank.key.headers)).status_code == 200
    assert (await client.get("/asyncapi.json")).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"scopes": ["nothing:read"]}, 422, "scopes-unknown"),
        ({"scopes": None}, 422, "key-fields-missing"),
        ({"account_id": None}, 422, "key-fields-missing"),
        ({"networks": ["10.0.0.1/8"]}, 422, "network-invalid"),
        ({"expires_at": "2019-01-01T00:00:00Z"}, 422, "expiry-invalid"),
        ({"expires_at": "2039-01-01T00:00:00Z"}, 422, "expiry-invalid"),
        ({"expires_at": "2027-01-01T00:00:00"}, 422, "validation-failed"),
        ({"account_id": "0190a000-0000-7000-8000-00000000dead"}, 404, "not-found"),
        ({"signature": {"mode": "required", "algorithm": "ed25519"}}, 422, "validation-failed"),
        ({"signature": {"mode": "required", "algorithm": "ed25519", "public_key": "x"}}, 422, "public-key-invalid"),
        (
            {"signature": {"mode": "required", "algorithm": "ed25519", "public_key": '{"a":' + "[" * 1990}},
            422,
            "public-key-invalid",
        ),
        ({"signature": {"mode": "required", "algorithm": "rsa-pss-sha512"}}, 422, "validation-failed"),
        ({"admin": True}, 422, "validation-failed"),
    ],
)
async def test_a_key_that_could_not_be_meant_is_refused(
    client: AsyncClient, office: Office, bank: Bank, change: dict[str, object], status: int, problem: str
) -> None:
    body = {"name": "x", "account_id": str(bank.person.id), "scopes": SCOPES, **change}
    answer = await client.post("/v1/api-keys", json=body, headers=office.admin)
    assert (answer.status_code, code(answer)) == (status, problem)


@pytest.mark.parametrize("role", ["finance_officer", "auditor", "admin"])
async def test_no_key_stands_for_somebody_who_decides_in_person(
    client: AsyncClient, office: Office, hire: Hire, role: str
) -> None:
    person = await hire(f"{role}-{uuid4().hex[:8]}", role)
    body = {"name": "x", "account_id": str(person.id), "scopes": SCOPES}
    answer = await client.post("/v1/api-keys", json=body, headers=office.admin)
    assert (answer.status_code, code(answer)) == (422, "key-owner-wrong")


async def test_a_key_rests_while_its_owner_holds_an_official_s_role(
    client: AsyncClient, bank: Bank, db: Database
) -> None:
    async with db.transaction() as session:
        await session.execute(
            text("UPDATE account SET roles = ARRAY['bank', 'finance_officer'] WHERE id = :id"), {"id": bank.person.id}
        )
    await asyncio.sleep(1)
    assert (await client.get("/v1/centres", headers=bank.key.headers)).status_code == 401


async def test_two_keys_of_a_mode_are_live_at_a_time(client: AsyncClient, office: Office, bank: Bank) -> None:
    second = Key.of(await client.post("/v1/api-keys", json={"name": "second"}, headers=bank.key.headers))
    third = await client.post("/v1/api-keys", json={"name": "third"}, headers=bank.person.headers)
    assert (third.status_code, code(third)) == (409, "keys-too-many")
    await office.key(bank.person.id, mode="test")
    ended = await client.post(f"/v1/api-keys/{bank.key.id}/revoke", headers=second.headers)
    assert ended.json()["status"] == "revoked"
    assert (await client.get("/v1/centres", headers=bank.key.headers)).status_code == 401
    Key.of(await client.post("/v1/api-keys", json={"name": "third"}, headers=second.headers))


async def test_parallel_requests_make_two_keys_and_no_more(client: AsyncClient, bank: Bank) -> None:
    answers = await asyncio.gather(
        *(client.post("/v1/api-keys", json={"name": f"k{n}"}, headers=bank.key.headers) for n in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_an_expired_key_leaves_its_place_to_the_next(client: AsyncClient, bank: Bank, db: Database) -> None:
    Key.of(await client.post("/v1/api-keys", json={"name": "second"}, headers=bank.key.headers))
    async with db.transaction() as session:
        await session.execute(
            text("UPDATE api_key SET expires_at = now() - interval '1 s' WHERE id = :id"), {"id": bank.key.id}
        )
    Key.of(await client.post("/v1/api-keys", json={"name": "third"}, headers=bank.person.headers))
    shown = await client.get(f"/v1/api-keys/{bank.key.id}", headers=bank.person.headers)
    assert shown.json()["status"] == "expired"
    assert (await client.get("/v1/centres", headers=bank.key.headers)).status_code == 401


async def test_an_owner_without_a_key_asks_the_administrator_first(client: AsyncClient, hire: Hire, bank: Bank) -> None:
    person = await hire(f"bank-{uuid4().hex[:8]}", "bank", bank="ICBC")
    answer = await client.post("/v1/api-keys", json={"name": "first"}, headers=person.headers)
    assert (answer.status_code, code(answer)) == (403, "first-key-by-administrator")
    trial = await client.post("/v1/api-keys", json={"name": "t", "mode": "test"}, headers=bank.person.headers)
    assert (trial.status_code, code(trial)) == (403, "first-key-by-administrator")
    stolen = await client.post("/v1/api-keys", json={"name": "t", "mode": "test"}, headers=bank.key.headers)
    assert (stolen.status_code, code(stolen)) == (403, "key-wider")
    other = {"name": "x", "account_id": str(person.id)}
    foreign = await client.post("/v1/api-keys", json=other, headers=bank.key.headers)
    assert (foreign.status_code, code(foreign)) == (403, "key-not-for-others")


async def test_an_owner_s_second_key_is_like_the_first_or_does_less(
    client: AsyncClient, office: Office, bank: Bank
) -> None:
    wider = await client.post(
        "/v1/api-keys", json={"name": "w", "scopes": ["centres:read", "loans:write"]}, headers=bank.key.headers
    )
    assert (wider.status_code, code(wider)) == (403, "key-wider")
    assert "loans:write" in wider.json()["detail"]
    second = Key.of(
        await client.post("/v1/api-keys", json={"name": "less", "scopes": ["centres:read"]}, headers=bank.key.headers)
    )
    assert second.shown["scopes"] == ["centres:read"]
    assert second.shown["status"] == "active"
    assert (await client.get("/v1/centres", headers=second.headers)).status_code == 200


async def test_rotation_keeps_the_rights_and_ends_the_old_key_after_the_overlap(
    client: AsyncClient, bank: Bank
) -> None:
    path = f"/v1/api-keys/{bank.key.id}/rotate"
    new = Key.of(await client.post(path, json={"overlap_hours": 24}, headers=bank.key.headers))
    assert new.shown["scopes"] == sorted(SCOPES)
    assert new.shown["replaces"] == str(bank.key.id)
    old = (await client.get(f"/v1/api-keys/{bank.key.id}", headers=new.headers)).json()
    left = datetime.fromisoformat(old["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)
    assert (await client.get("/v1/centres", headers=bank.key.headers)).status_code == 200
    at_once = await client.post(f"/v1/api-keys/{bank.key.id}/revoke", headers=new.headers)
    assert at_once.status_code == 200
    assert (await client.post(path, json={}, headers=new.headers)).status_code == 409


async def test_a_key_does_not_rotate_a_wider_sibling(client: AsyncClient, bank: Bank) -> None:
    less = {"name": "less", "scopes": ["api-keys:write"]}
    narrow = Key.of(await client.post("/v1/api-keys", json=less, headers=bank.key.headers))
    answer = await client.post(f"/v1/api-keys/{bank.key.id}/rotate", json={}, headers=narrow.headers)
    assert (answer.status_code, code(answer)) == (403, "key-wider")


async def test_a_key_is_narrowed_with_its_version_and_never_widened(client: AsyncClient, bank: Bank) -> None:
    path = f"/v1/api-keys/{bank.key.id}"
    tag = (await client.get(path, headers=bank.person.headers)).headers["etag"]
    body = {"name": "renamed", "networks": ["127.0.0.0/8"]}
    assert (await client.patch(path, json=body, headers=bank.person.headers)).status_code == 428
    done = await client.patch(path, json=body, headers={**bank.person.headers, "If-Match": tag})
    assert done.status_code == 200, done.text
    assert (done.json()["name"], done.json()["networks"]) == ("renamed", ["127.0.0.0/8"])
    stale = await client.patch(path, json=body, headers={**bank.person.headers, "If-Match": tag})
    assert stale.status_code == 412
    fresh = {**bank.person.headers, "If-Match": done.headers["etag"]}
    widening: list[dict[str, object]] = [
        {"networks": []},
        {"networks": ["0.0.0.0/0"]},
        {"expires_at": "2039-01-01T00:00:00Z"},
    ]
    for wider in widening:
        answer = await client.patch(path, json=wider, headers=fresh)
        assert (answer.status_code, code(answer)) == (403, "key-wider")
    assert (await client.get("/v1/centres", headers=bank.key.headers)).status_code == 200


async def test_somebody_else_s_key_is_not_there(client: AsyncClient, hire: Hire, bank: Bank) -> None:
    other = await hire(f"bank-{uuid4().hex[:8]}", "bank", bank="ICBC")
    for method, path in (("GET", ""), ("POST", "/revoke"), ("POST", "/rotate"), ("PATCH", "")):
        body: dict[str, object] | None = None if method == "GET" or path == "/revoke" else {}
        answer = await client.request(method, f"/v1/api-keys/{bank.key.id}{path}", json=body, headers=other.headers)
        assert answer.status_code == 404, (method, path)
    assert (await client.get("/v1/api-keys", headers=other.headers)).json()["items"] == []


async def test_a_test_key_does_not_see_live_keys(client: AsyncClient, office: Office, bank: Bank) -> None:
    trial = await office.key(bank.person.id, mode="test")
    seen = (await client.get("/v1/api-keys", headers=trial.headers)).json()["items"]
    assert [item["id"] for item in seen] == [str(trial.id)]
    assert (await client.post(f"/v1/api-keys/{bank.key.id}/revoke", headers=trial.headers)).status_code == 404
    both = (await client.get("/v1/api-keys", headers=bank.person.headers)).json()["items"]
    assert {item["mode"] for item in both} == {"live", "test"}


@pytest.mark.parametrize("who", ["admin", "security", "owner"])
async def test_owner_administrator_and_security_end_a_key(
    client: AsyncClient, office: Office, bank: Bank, who: str
) -> None:
    headers = {"admin": office.admin, "security": office.security, "owner": bank.person.headers}[who]
    ended = await client.post(f"/v1/api-keys/{bank.key.id}/revoke", headers=headers)
    assert ended.status_code == 200
    assert (await client.get("/v1/centres", headers=bank.key.headers)).status_code == 401
    assert (await client.post(f"/v1/api-keys/{bank.key.id}/revoke", headers=headers)).status_code == 409


async def test_the_auditor_reads_and_ends_nothing(client: AsyncClient, hire: Hire, bank: Bank) -> None:
    auditor = await hire(f"auditor-{uuid4().hex[:8]}", "auditor")
    assert (await client.get(f"/v1/api-keys/{bank.key.id}", headers=auditor.headers)).status_code == 200
    assert (await client.post(f"/v1/api-keys/{bank.key.id}/revoke", headers=auditor.headers)).status_code == 403
    assert (await client.post("/v1/api-keys", json={"name": "x"}, headers=auditor.headers)).status_code == 403


async def test_a_list_is_filtered_and_paged(client: AsyncClient, office: Office, bank: Bank) -> None:
    await office.key(bank.person.id, mode="test")
    query = {"account_id": str(bank.person.id), "limit": "1"}
    first = (await client.get("/v1/api-keys", params=query, headers=office.admin)).json()
    assert len(first["items"]) == 1
    rest = (await client.get("/v1/api-keys", params={**query, "cursor": first["next"]}, headers=office.admin)).json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    of_test = {"account_id": str(bank.person.id), "mode": "test", "status": "active"}
    assert len((await client.get("/v1/api-keys", params=of_test, headers=office.admin)).json()["items"]) == 1
    assert (await client.get("/v1/api-keys", params={"unknown": "1"}, headers=office.admin)).status_code == 422


async def test_the_last_use_is_written_once_a_minute_and_does_not_change_the_version(
    client: AsyncClient, bank: Bank, db: Database
) -> None:
    async def seen() -> tuple[datetime | None, int]:
        async with db.transaction() as session:
            row = (await session.scalars(select(ApiKey).where(ApiKey.id == bank.key.id))).one()
        return row.last_used_at, row.version

    before, version = await seen()
    assert before is None
    await client.get("/v1/centres", headers=bank.key.headers)
    async with asyncio.timeout(60):
        while (await seen())[0] is None:
            await asyncio.sleep(0.05)
    first, _ = await seen()
    for _ in range(3):
        await client.get("/v1/centres", headers=bank.key.headers)
    await asyncio.sleep(1)
    await client.get("/v1/centres", headers=bank.key.headers)
    await asyncio.sleep(0.3)
    assert await seen() == (first, version)


async def test_a_disabled_owner_s_keys_open_nothing(client: AsyncClient, office: Office, bank: Bank) -> None:
    done = await client.post(f"/v1/accounts/{bank.person.id}/disable", headers=office.admin)
    assert done.status_code in (200, 202), done.text
    if done.status_code == 200:
        assert (await client.get("/v1/centres", headers=bank.key.headers)).status_code == 401


async def test_a_test_key_s_repeated_request_is_not_answered_with_a_live_one_s_answer(
    client: AsyncClient, office: Office, bank: Bank
) -> None:
    trial = await office.key(bank.person.id, mode="test")
    again = {"Idempotency-Key": uuid4().hex}
    narrowed = await client.post(f"/v1/api-keys/{bank.key.id}/revoke", headers={**bank.key.headers, **again})
    assert narrowed.status_code == 200
    other = await client.post(f"/v1/api-keys/{bank.key.id}/revoke", headers={**trial.headers, **again})
    assert other.status_code == 404
    assert "idempotency-replayed" not in other.headers


def pem(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


async def test_a_public_key_is_taken_as_pem_or_jwk_and_shown_as_jwk(
    client: AsyncClient, office: Office, bank: Bank, world: World
) -> None:
    first = Ed25519PrivateKey.generate()
    signing = {"mode": "optional", "algorithm": "ed25519", "public_key": pem(first)}
    key = await office.propose(bank.person.id, signature=signing)
    jwk = key.shown["public_jwk"]
    assert jwk["crv"] == "Ed25519"
    same = {**signing, "public_key": json.dumps(jwk)}
    other = await office.propose(bank.person.id, mode="test", signature=same)
    assert other.shown["public_jwk"] == jwk


async def test_a_key_that_ends_soon_is_its_owner_s_task_until_it_is_replaced(
    client: AsyncClient, office: Office, hire: Hire
) -> None:
    person = await hire(f"bank-{uuid4().hex[:8]}", "bank", bank="CCB")
    soon = (datetime.now(UTC) + timedelta(days=10)).isoformat()
    proposed = await office.propose(person.id, expires_at=soon)

    async def kinds(headers: Mapping[str, str], kind: str) -> list[str]:
        answer = await client.get("/v1/tasks", params={"kind": kind}, headers=headers)
        assert answer.status_code == 200, answer.text
        return [task["subject_id"] for task in answer.json()["items"] if task["kind"] == kind]

    assert str(proposed.id) in await kinds(office.security, "api_key_to_confirm")
    assert await kinds(person.headers, "api_key_ending") == []
    await office.confirm(proposed)
    assert str(proposed.id) not in await kinds(office.security, "api_key_to_confirm")
    assert await kinds(person.headers, "api_key_ending") == [str(proposed.id)]
    Key.of(await client.post(f"/v1/api-keys/{proposed.id}/rotate", json={}, headers=person.headers))
    assert await kinds(person.headers, "api_key_ending") == []


async def test_a_key_that_has_ended_leaves_no_successor_behind(client: AsyncClient, bank: Bank, db: Database) -> None:
    """Another process may believe it for a moment; the database does not."""
    assert (await client.get("/v1/api-keys", headers=bank.key.headers)).status_code == 200
    async with db.transaction() as session:
        ended = "UPDATE api_key SET revoked_at = now(), slot = NULL WHERE id = :id"
        await session.execute(text(ended), {"id": bank.key.id})
    path = f"/v1/api-keys/{bank.key.id}/rotate"
    answers = [
        await client.post("/v1/api-keys", json={"name": "late"}, headers=bank.key.headers),
        await client.post(path, json={}, headers=bank.key.headers),
    ]
    assert all(answer.status_code in (401, 409) for answer in answers)


async def test_the_list_is_a_file_as_well(client: AsyncClient, office: Office, bank: Bank) -> None:
    query = {"account_id": str(bank.person.id)}
    headers = {**office.admin, "Accept": "text/csv"}
    answer = await client.get("/v1/api-keys", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    assert bank.key.public_id in answer.text
    assert bank.key.text not in answer.text
