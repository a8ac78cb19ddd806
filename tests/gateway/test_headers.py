"""What crosses the border between the callers and the services, in both directions."""

import re

import pytest
from httpx import AsyncClient

from tests.gateway.conftest import Hire, World
from tests.support.tokens import internal_token

SPOOFED = {
    "X-User": "admin",
    "X-Forwarded-User": "admin",
    "X-Remote-User": "admin",
    "X-Account-Id": "1",
    "X-Roles": "admin",
    "X-Forwarded-For": "10.0.0.1",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Real-Ip": "10.0.0.1",
    "Forwarded": "for=10.0.0.1",
    "Cookie": "session=1",
    "Mengchuang-Today": "2021-03-01",
    "X-Correlation-Id": "spoofed",
    "X-Original-Url": "/internal",
    "X-Http-Method-Override": "DELETE",
    "Proxy-Authorization": "Basic eDp5",
    "Te": "trailers",
    "Upgrade": "h2c",
    "Baggage": "a=b",
}


def names(answer: dict[str, object]) -> set[str]:
    headers = answer["headers"]
    assert isinstance(headers, list)
    return {name for name, _ in headers}


async def test_identity_forwarding_cookie_and_hop_by_hop_headers_stay_outside(client: AsyncClient) -> None:
    answer = (await client.get("/v1/centres/echo", headers=SPOOFED)).json()
    assert names(answer) <= {
        *("host", "accept", "accept-encoding", "accept-language", "user-agent"),
        *("authorization", "x-request-id", "traceparent", "mengchuang-budget-ms"),
    }
    assert answer["claims"]["account_id"] == "anonymous"
    assert answer["claims"]["roles"] == ["public"]


async def test_headers_that_services_need_are_passed_on(client: AsyncClient) -> None:
    sent = {
        "Idempotency-Key": "k1",
        "If-Match": '"3"',
        "If-None-Match": '"4"',
        "Content-Type": "text/csv",
        "Range": "bytes=0-1",
        "Last-Event-Id": "9",
        "Accept-Language": "en;q=0.9",
        "Accept": "text/csv",
    }
    answer = (await client.post("/v1/centres/echo", headers=sent, content="a,b")).json()
    passed = dict(answer["headers"])
    assert {name.lower(): value for name, value in sent.items()}.items() <= passed.items()
    assert passed["content-length"] == "3"


async def test_path_and_query_arrive_as_they_were_sent(client: AsyncClient) -> None:
    answer = (await client.get("/v1/centres/%E4%B8%AD%E5%BF%83?q=%E6%A2%A6+%20a%2Fb&x=1&x=2&e=")).json()
    assert answer["path"] == "/v1/centres/%E4%B8%AD%E5%BF%83"
    assert answer["query"] == "q=%E6%A2%A6+%20a%2Fb&x=1&x=2&e="


async def test_answers_lose_hop_by_hop_and_cookie_headers_and_keep_the_rest(client: AsyncClient) -> None:
    response = await client.get("/v1/centres/echo", headers={"X-Request-Id": "my-request-1"})
    assert not {"x-secret-hop", "set-cookie", "server"} & set(response.headers)
    assert response.headers["x-kept"] == "yes"
    assert response.headers["etag"] == '"7"'
    assert response.headers.get_list("x-request-id") == ["my-request-1"]
    assert len(response.headers.get_list("date")) == 1
    assert response.headers.get_list("x-content-type-options") == ["nosniff"]


async def test_a_request_id_is_made_where_none_or_a_harmful_one_is_sent(client: AsyncClient) -> None:
    for sent in ({}, {"X-Request-Id": "a b\tc"}, {"X-Request-Id": "x" * 65}):
        response = await client.get("/v1/centres/echo", headers=sent)
        made = response.headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", made)
        assert dict(response.json()["headers"])["x-request-id"] == made


async def test_a_trace_goes_on_with_a_span_of_its_own(client: AsyncClient) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    sent = {"Traceparent": f"00-{trace}-b7ad6b7169203331-01", "Tracestate": "a=1"}
    passed = dict((await client.get("/v1/centres/echo", headers=sent)).json()["headers"])
    version, trace_id, span, flags = passed["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", trace, "01")
    assert span != "b7ad6b7169203331"
    assert passed["tracestate"] == "a=1"


async def test_a_header_meant_for_the_next_hop_only_ends_there(client: AsyncClient) -> None:
    sent = {"Connection": "keep-alive, If-Match", "If-Match": '"3"', "If-None-Match": '"4"'}
    passed = dict((await client.get("/v1/centres/echo", headers=sent)).json()["headers"])
    assert "if-match" not in passed
    assert passed["if-none-match"] == '"4"'


async def test_a_broken_trace_is_started_anew_without_its_state(client: AsyncClient) -> None:
    sent = {"Traceparent": "00-" + "0" * 32 + "-b7ad6b7169203331-01", "Tracestate": "a=1"}
    passed = dict((await client.get("/v1/centres/echo", headers=sent)).json()["headers"])
    assert passed["traceparent"].split("-")[1] != "0" * 32
    assert "tracestate" not in passed


async def test_a_service_gets_the_callers_rights_and_not_the_callers_token(client: AsyncClient, hire: Hire) -> None:
    person = await hire("headers.division", "division_officer", division="540102")
    answer = (await client.get("/v1/centres/echo", headers=person.headers)).json()
    assert person.token not in str(answer)
    assert answer["claims"] == {
        "account_id": str(person.id),
        "roles": ["division_officer"],
        "org": None,
        "division": "540102",
        "bank": None,
        "livemode": True,
        "on_behalf_of": [],
        "today": answer["claims"]["today"],
        "simulated": True,
        "internal": False,
        "issuer": "gateway",
    }


async def test_a_token_for_one_service_is_not_good_for_another(client: AsyncClient, world: World) -> None:
    """The gateway signs one for each audience; presented from outside, none of them opens anything."""
    for audience in ("registry", "gateway"):
        token = internal_token(world.keys, audience, ["admin"])
        response = await client.get("/v1/centres/echo", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Traceparent"])
async def test_a_header_that_may_appear_once_and_appears_twice_is_refused(client: AsyncClient, name: str) -> None:
    response = await client.get("/v1/centres/echo", headers=[(name, "a"), (name, "b")])
    assert response.status_code == 400
    assert response.json()["code"] == "header-repeated"


async def test_too_many_header_bytes_are_refused(client: AsyncClient) -> None:
    response = await client.get("/v1/centres/echo", headers={f"X-{number}": "y" * 3000 for number in range(12)})
    assert response.status_code == 431
    assert response.json()["code"] == "headers-too-large"
