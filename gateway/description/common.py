"""What operations have in common, told once: refusals, headers, parameters and the ways to say who is asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final, TypeAlias

from pydantic import JsonValue

Object: TypeAlias = dict[str, JsonValue]

PROBLEM: Final = "Problem"
PROBLEM_TYPE: Final = "application/problem+json"
REFUSALS: Final[Mapping[str, tuple[str, str, str]]] = {
    "400": ("Malformed", "idempotency-key-required", "The request cannot be read, or lacks its Idempotency-Key."),
    "401": ("Unauthenticated", "unauthenticated", "Nobody knows who is asking, or the credential is no longer good."),
    "403": ("Forbidden", "forbidden", "The role, the key's scopes or a missing second factor do not allow it."),
    "404": ("NotFound", "not-found", "There is no such thing, or it is not the caller's to see."),
    "409": ("Conflict", "invalid-transition", "Its state, a rule (`decision`) or a running twin forbids it."),
    "412": ("Stale", "precondition-failed", "If-Match names a version that is not the present one."),
    "413": ("TooLarge", "payload-too-large", "The body is larger than this route takes."),
    "415": ("WrongType", "unsupported-media-type", "The body is of a type that this route does not take."),
    "422": ("Invalid", "validation-failed", "A field or parameter is not valid, or not known; `errors` names each."),
    "428": ("VersionNeeded", "precondition-required", "If-Match is missing: say which version was seen."),
    "429": ("TooMany", "too-many-requests", "A limit is used up; Retry-After says when to come again."),
    "503": ("Unavailable", "service-unavailable", "A part of the suite is away or busy; see Retry-After."),
}
"""Name, a code that it often has, and what it means, by status."""
EVERYWHERE: Final = ("401", "403", "404", "409", "422", "429", "503")
"""A route that needs nobody's name refuses a broken credential too, and any may find no policy in force that day."""

_LIMIT: Final[Object] = {
    name: {"$ref": f"#/components/headers/{name}"} for name in ("RateLimit", "RateLimit-Policy", "X-Request-Id")
}
SUCCESS_HEADERS: Final = _LIMIT
HEADERS: Final[Object] = {
    "RateLimit": {
        "description": "What is left of the limit that is nearest to its end (draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
        "example": '"key";r=118;t=1',
    },
    "RateLimit-Policy": {
        "description": "That limit: how many requests (`q`) in how many seconds (`w`).",
        "schema": {"type": "string"},
        "example": '"key";q=120;w=60',
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}, "example": 1},
    "X-Request-Id": {
        "description": "Of this request, in every log; name it when you ask for help.",
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "`true` where this is the stored answer to an earlier request with the same key.",
        "schema": {"type": "string", "const": "true"},
    },
}
PARAMETERS: Final[Mapping[tuple[str, str, bool], str]] = {
    ("header", "Idempotency-Key", True): "IdempotencyKeyRequired",
    ("header", "Idempotency-Key", False): "IdempotencyKey",
    ("header", "If-Match", False): "IfMatch",
    ("header", "If-None-Match", False): "IfNoneMatch",
    ("query", "limit", False): "Limit",
    ("query", "cursor", False): "Cursor",
    ("query", "values", False): "Values",
}
"""Parameters that many operations have alike, by place, name and whether they are needed."""
DESCRIBED: Final[Mapping[str, str]] = {
    "Idempotency-Key": "A name for this request, made up by the caller (a UUID, say). Sent again with the same body it"
    " is answered as the first time and carried out once; kept for 30 days.",
    "If-Match": "The ETag that was seen: refused with 412 if the thing has changed since.",
    "If-None-Match": "The ETag that was seen: answered with 304 if nothing has changed since.",
    "limit": "How many items a page has at most.",
    "cursor": "`next` of the page before.",
}


def components(issuers: Sequence[str]) -> dict[str, Object]:
    """Components of every description, schemas and parameters left out. `issuers` are the addresses of those whose
    tokens are believed besides our own."""
    return {
        "responses": {"Refused": _other(), **{name: _refusal(status) for status, (name, _, _) in REFUSALS.items()}},
        "headers": dict(HEADERS),
        "securitySchemes": security_schemes(issuers),
    }


def refusal(status: str) -> Object:
    """A reference to what a status means."""
    name = REFUSALS[status][0] if status in REFUSALS else "Refused"
    return {"$ref": f"#/components/responses/{name}"}


def _refusal(status: str) -> Object:
    _, code, meaning = REFUSALS[status]
    headers: Object = {"X-Request-Id": _LIMIT["X-Request-Id"]}
    if status in ("429", "503"):
        headers["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    if status == "429":
        headers |= _LIMIT
    return {"description": meaning, "headers": headers, "content": {PROBLEM_TYPE: _content(status, code, meaning)}}


def _content(status: str, code: str, meaning: str) -> Object:
    example: Object = {
        "type": f"urn:mengchuang:problem:{code}",
        "title": HTTPStatus(int(status)).phrase,
        "status": int(status),
        "detail": meaning,
        "instance": "/v1/grants",
        "code": code,
        "clauses": [],
    }
    if status == "422":
        example["errors"] = [{"field": "amount", "message": 'an amount of yuan as text, such as "200000.00"'}]
    return {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}, "example": example}


def _other() -> Object:
    return {
        "description": "Any other refusal or failure: RFC 9457 problem details.",
        "content": {PROBLEM_TYPE: {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}},
    }


def oidc_names(issuers: Sequence[str]) -> list[str]:
    """The names of the schemes of outside issuers: `oidc`, `oidc2` and so on."""
    return [f"oidc{number}" if number > 1 else "oidc" for number in range(1, len(issuers) + 1)]


def security_schemes(issuers: Sequence[str]) -> Object:
    """Every way to say who is asking. A signature goes with a key, never alone."""
    outside: Object = {
        name: {
            "type": "openIdConnect",
            "openIdConnectUrl": f"{issuer.rstrip('/')}/.well-known/openid-configuration",
            "description": "An access token (never an ID token) of an issuer that this instance believes.",
        }
        for name, issuer in zip(oidc_names(issuers), issuers, strict=True)
    }
    return {
        "session": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Somebody signed in: the access token of `POST /v1/auth/token`. Administrators, auditors and"
            " approvers need a second factor in the session.",
        },
        "password": {
            "type": "oauth2",
            "description": "Signs in with user name and password and sends the token.",
            "flows": {"password": {"tokenUrl": "/v1/auth/token", "refreshUrl": "/v1/auth/token", "scopes": {}}},
        },
        **outside,
        "key": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "mc_<env>_<keyid>_<secret><crc>",
            "description": "A program's API key (`POST /v1/api-keys`) in `Authorization: Bearer`. The name in brackets"
            " is the scope that the key needs.",
        },
        "signature": {
            "type": "apiKey",
            "in": "header",
            "name": "Signature",
            "description": "HTTP Message Signature (RFC 9421), Ed25519 or HMAC-SHA256, beside a key that allows or asks"
            " for it: with `Signature-Input` over method, target and, with a body, `Content-Digest` (RFC 9530);"
            " `created` within five minutes, a `nonce` once. docs/banks.md has the particulars.",
        },
    }


def parameter_name(parameter: Mapping[str, JsonValue]) -> str | None:
    """Under which a parameter stands among the components, if it is one of those."""
    return PARAMETERS.get((str(parameter.get("in")), str(parameter.get("name")), parameter.get("required") is True))
