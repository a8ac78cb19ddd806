"""What the audit has on record of sign-ins, keys, refusals and exports, and what it never has."""

import hashlib
import json
from uuid import uuid4

from httpx import AsyncClient

from tests.gateway.audit.conftest import Record
from tests.gateway.audit.upstream import PIECE
from tests.gateway.conftest import PASSWORD, Hire
from tests.gateway.keys.support import Office

CENTRES = "/v1/centres/1"


async def sign_in(client: AsyncClient, username: str, password: str) -> int:
    return (await client.post("/v1/auth/token", data={"username": username, "password": password})).status_code


async def test_a_sign_in_is_on_record_when_the_token_is_given(client: AsyncClient, hire: Hire, record: Record) -> None:
    person = await hire("audited-signer", "science_officer")
    assert await sign_in(client, person.username, PASSWORD) == 200
    entry = [one for one in await record.entries("signed_in") if one["account_id"] == str(person.id)][-1]
    assert entry["actor"] == str(person.id)
    assert entry["second_factor"] is False
    assert len(entry["network"]) == 16


async def test_failed_sign_ins_are_counted_by_reason_without_a_name(
    client: AsyncClient, hire: Hire, record: Record
) -> None:
    person = await hire("audited-guessed", "science_officer")
    for _ in range(3):
        assert await sign_in(client, person.username, "wrong horse battery staple") == 401
    nobody = f"nobody-{uuid4().hex}"
    assert await sign_in(client, nobody, "wrong horse battery staple") == 401

    async def counts() -> list[dict[str, object]]:
        return await record.tallies("sign_in_refused") + await record.entries("sign_in_refused")

    def both(found: list[dict[str, object]]) -> bool:
        mine = [one for one in found if one["account_id"] == str(person.id)]
        return sum(int(str(one["count"])) for one in mine) == 3 and any(one["account_id"] is None for one in found)

    found = await record.until(counts, both)
    assert {one["code"] for one in found} >= {"credentials-wrong"}
    text = json.dumps(found, default=str)
    assert nobody not in text
    assert person.username not in text
    assert "127.0.0" not in text


async def test_a_keys_use_is_counted_and_its_first_use_of_the_day_stands_alone(
    client: AsyncClient, office: Office, hire: Hire, record: Record
) -> None:
    person = await hire(f"bank-{uuid4().hex[:8]}", "bank", bank="CCB")
    key = await office.key(person.id)
    for _ in range(5):
        assert (await client.get(CENTRES, headers=key.headers)).status_code == 200
    assert (await client.get("/v1/grants", headers=key.headers)).status_code == 403
    used = await record.until(
        lambda: record.tallies("key_used"),
        lambda found: sum(one["count"] for one in found if one["credential_id"] == str(key.id)) == 6,
    )
    mine = {(one["route_class"], one["answered"]): one["count"] for one in used if one["credential_id"] == str(key.id)}
    assert mine == {("reads", "2xx"): 5, ("reads", "4xx"): 1}
    first = [one for one in await record.entries("first_used") if one["credential_id"] == str(key.id)]
    assert len(first) == 1
    assert first[0]["credential"] == "key"
    refused = [one for one in await record.tallies("request_refused") if one["credential_id"] == str(key.id)]
    assert [(one["route"], one["code"], one["count"]) for one in refused] == [("/v1/grants", "scope-missing", 1)]


async def test_refusals_of_services_are_counted_by_template_and_reason(
    client: AsyncClient, hire: Hire, record: Record
) -> None:
    person = await hire("audited-curious", "science_officer")
    for _ in range(4):
        response = await client.get(f"{CENTRES}?refuse=404&code=not-found", headers=person.headers)
        assert response.status_code == 404
        assert "mengchuang-problem" not in response.headers
    found = await record.until(
        lambda: record.tallies("request_refused"),
        lambda found: sum(one["count"] for one in found if one["account_id"] == str(person.id)) == 4,
    )
    mine = [one for one in found if one["account_id"] == str(person.id)]
    assert {(one["route"], one["status"], one["code"]) for one in mine} == {
        ("/v1/centres/{centre_id}", 404, "not-found")
    }


async def test_a_change_of_money_that_was_not_allowed_stands_alone_before_the_answer(
    client: AsyncClient, hire: Hire, record: Record
) -> None:
    person = await hire("audited-grabber", "science_officer")
    response = await client.post("/v1/qualifications/1/revoke?refuse=403&code=forbidden", headers=person.headers)
    assert response.status_code == 403
    alone = [one for one in await record.entries("request_refused") if one["actor"] == str(person.id)]
    assert [(one["method"], one["status"], one["sensitive"], one["count"]) for one in alone] == [("POST", 403, True, 1)]


async def test_a_flood_of_refusals_makes_a_bounded_number_of_counts(
    client: AsyncClient, hire: Hire, record: Record
) -> None:
    person = await hire("audited-flood", "science_officer")
    for number in range(120):
        await client.get(f"{CENTRES}?refuse=403&code=made-up-{number}", headers=person.headers)
        await client.get(f"/v1/grants/{number}")

    async def mine() -> list[dict[str, object]]:
        return [one for one in await record.tallies("request_refused") if one["account_id"] == str(person.id)]

    found = await record.until(mine, lambda found: sum(int(str(one["count"])) for one in found) == 120)
    # Two minutes may have been begun.
    assert len(found) <= 42
    assert "others" in {one["code"] for one in found}
    alone = [one for one in await record.entries("request_refused") if one["actor"] == str(person.id)]
    assert alone == []


async def test_a_file_is_on_record_before_it_is_sent_and_so_is_its_end(
    client: AsyncClient, hire: Hire, record: Record
) -> None:
    person = await hire("audited-exporter", "science_officer")
    headers = {**person.headers, "Accept": "text/csv", "Accept-Encoding": "gzip"}
    response = await client.get(f"{CENTRES}?pieces=20", headers=headers)
    assert response.status_code == 200
    assert "mengchuang-rows" not in response.headers
    begun = [one for one in await record.entries("data_exported") if one["actor"] == str(person.id)]
    assert [(one["kind"], one["rows"], one["route"]) for one in begun] == [("file", 40000, "/v1/centres/{centre_id}")]

    async def ended() -> list[dict[str, object]]:
        return [one for one in await record.entries("data_handed_over") if one["actor"] == str(person.id)]

    (end,) = await record.until(ended, lambda found: len(found) == 1)
    assert end["subject"] == begun[0]["subject"]
    assert end["complete"] is True
    assert (end["bytes"], end["digest"]) == (len(PIECE) * 20, hashlib.sha256(PIECE * 20).hexdigest())
    assert hashlib.sha256(response.content).hexdigest() == end["digest"]


async def test_a_file_that_its_reader_gave_up_is_not_complete(client: AsyncClient, hire: Hire, record: Record) -> None:
    person = await hire("audited-quitter", "science_officer")
    headers = {**person.headers, "Accept": "text/csv"}
    async with client.stream("GET", f"{CENTRES}?pieces=400&pause=0.02", headers=headers) as response:
        async for _ in response.aiter_raw():
            break

    async def ended() -> list[dict[str, object]]:
        return [one for one in await record.entries("data_handed_over") if one["actor"] == str(person.id)]

    (end,) = await record.until(ended, lambda found: len(found) == 1, 20)
    assert end["complete"] is False


async def test_a_number_that_was_shown_is_on_record(client: AsyncClient, hire: Hire, record: Record) -> None:
    person = await hire("audited-revealer", "science_officer")
    response = await client.post("/v1/persons/1/reveal", json={}, headers=person.headers)
    assert response.status_code == 200
    shown = [one for one in await record.entries("data_exported") if one["actor"] == str(person.id)]
    assert [one["kind"] for one in shown] == ["personal_data"]


async def test_a_list_read_page_by_page_counts_as_taken_out(client: AsyncClient, hire: Hire, record: Record) -> None:
    person = await hire("audited-pager", "science_officer")
    for _ in range(11):
        await client.get(f"{CENTRES}?rows=200", headers=person.headers)

    async def bulk() -> list[dict[str, object]]:
        return [one for one in await record.entries("data_exported") if one["actor"] == str(person.id)]

    found = await record.until(bulk, lambda found: len(found) == 2)
    assert [(one["kind"], one["rows"]) for one in found] == [("bulk_list", 1000), ("bulk_list", 2000)]


async def test_public_files_are_counted(client: AsyncClient, record: Record) -> None:
    assert (await client.get(CENTRES, headers={"Accept": "text/csv"})).status_code == 200
    await record.until(lambda: record.tallies("public_files_fetched"), lambda found: len(found) >= 1)
