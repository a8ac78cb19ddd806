"""Every route of the gateway itself with the roles it lets in, and whose things each role finds there.

A route that is missing here fails `test_the_matrix_names_every_route_with_its_roles`; one that names a thing and is in
neither `FINDS` nor `WATCHED` fails `test_whose_a_thing_is_is_said_for_every_route_that_names_one`.
"""

from __future__ import annotations

from typing import Final

from shared.auth import roles as r
from tests.security.routes import GATEWAYS

EVERYBODY: Final = r.ALL_ROLES
KNOWN: Final = r.ALL_ROLES - {r.PUBLIC}
ADMIN: Final = frozenset({r.ADMIN})
SECURITY: Final = frozenset({r.SECURITY_ADMIN})
BOTH: Final = ADMIN | SECURITY
OVERSIGHT: Final = r.OVERSIGHT_ROLES
HOOKED: Final = frozenset({r.BANK, r.BUREAU, r.GUARANTOR})
KEYED: Final = HOOKED | {r.CENTRE_OPERATOR, r.ENTERPRISE, r.PROVIDER}
AUDITOR: Final = frozenset({r.AUDITOR})

ACCOUNT: Final = "/v1/accounts/{account_id}"
INVITATION: Final = "/v1/invitations/{invitation_id}"
KEY: Final = "/v1/api-keys/{key_id}"
IDENTITY: Final = "/v1/outside-identities/{identity_id}"
DELEGATION: Final = "/v1/delegations/{delegation_id}"
WEBHOOK: Final = "/v1/webhooks/{webhook_id}"
DELIVERY: Final = f"{WEBHOOK}/deliveries/{{delivery_id}}"
FACTOR: Final = "/v1/accounts/me/second-factor"
SESSION: Final = "/v1/auth/sessions/{session_id}"

MATRIX: Final[dict[str, frozenset[str]]] = {
    "POST /v1/auth/token": EVERYBODY,
    "POST /v1/auth/revoke": EVERYBODY,
    "POST /v1/auth/password-reset": EVERYBODY,
    "GET /v1/auth/issuers": EVERYBODY,
    "GET /v1/auth/sessions": KNOWN,
    f"DELETE {SESSION}": KNOWN,
    "POST /v1/auth/sessions/revoke": KNOWN,
    f"POST {FACTOR}": KNOWN,
    f"POST {FACTOR}/confirm": KNOWN,
    f"POST {FACTOR}/recovery-codes": KNOWN,
    f"POST {FACTOR}/remove": KNOWN,
    "GET /v1/accounts/me": KNOWN,
    "POST /v1/accounts/me/password": KNOWN,
    "POST /v1/accounts": ADMIN,
    "GET /v1/accounts": OVERSIGHT,
    f"GET {ACCOUNT}": OVERSIGHT,
    f"PATCH {ACCOUNT}": ADMIN,
    f"POST {ACCOUNT}/disable": ADMIN,
    f"POST {ACCOUNT}/enable": ADMIN,
    f"POST {ACCOUNT}/rights/confirm": SECURITY,
    f"POST {ACCOUNT}/rights/refuse": BOTH,
    f"POST {ACCOUNT}/second-factor/reset": SECURITY,
    f"POST {ACCOUNT}/second-factor/reset/confirm": BOTH,
    f"POST {ACCOUNT}/second-factor/reset/refuse": BOTH,
    f"GET {ACCOUNT}/sessions": OVERSIGHT,
    f"POST {ACCOUNT}/sessions/revoke": BOTH,
    f"POST {ACCOUNT}/password-reset": BOTH,
    f"POST {ACCOUNT}/password-reset/confirm": SECURITY,
    f"POST {ACCOUNT}/password-reset/refuse": BOTH,
    "POST /v1/invitations": ADMIN,
    "GET /v1/invitations": OVERSIGHT,
    "POST /v1/invitations/accept": EVERYBODY,
    f"GET {INVITATION}": OVERSIGHT,
    f"POST {INVITATION}/send-again": ADMIN,
    f"POST {INVITATION}/confirm": SECURITY,
    f"POST {INVITATION}/revoke": BOTH,
    "POST /v1/delegations": KNOWN,
    "GET /v1/delegations": KNOWN,
    f"POST {DELEGATION}/accept": KNOWN,
    f"POST {DELEGATION}/decline": KNOWN,
    f"POST {DELEGATION}/withdraw": KNOWN,
    "POST /v1/api-keys": ADMIN | KEYED,
    "GET /v1/api-keys": OVERSIGHT | KEYED,
    f"GET {KEY}": OVERSIGHT | KEYED,
    f"PATCH {KEY}": ADMIN | KEYED,
    f"POST {KEY}/confirm": SECURITY,
    f"POST {KEY}/rotate": KEYED,
    f"POST {KEY}/revoke": BOTH | KEYED,
    **{route.name: AUDITOR for route in GATEWAYS if route.template.startswith("/v1/audit/")},
    "GET /v1/bureaus": OVERSIGHT,
    "GET /v1/outside-identities": OVERSIGHT,
    "GET /v1/outside-identities/me": KNOWN,
    "POST /v1/outside-identities": BOTH,
    f"GET {IDENTITY}": OVERSIGHT,
    f"POST {IDENTITY}/link": BOTH,
    f"POST {IDENTITY}/confirm": SECURITY,
    f"POST {IDENTITY}/unlink": BOTH,
    f"POST {IDENTITY}/disable": BOTH,
    f"POST {IDENTITY}/enable": BOTH,
    "GET /v1/events": KNOWN,
    "GET /v1/tasks": KNOWN,
    "POST /v1/webhooks": HOOKED,
    "GET /v1/webhooks": HOOKED | AUDITOR,
    f"GET {WEBHOOK}": HOOKED | AUDITOR,
    f"PATCH {WEBHOOK}": HOOKED,
    **{f"POST {WEBHOOK}/{step}": HOOKED for step in ("pause", "resume", "retry", "rotate-secret", "replay")},
    f"POST {WEBHOOK}/ping": HOOKED,
    f"POST {WEBHOOK}/delete": HOOKED,
    f"GET {WEBHOOK}/deliveries": HOOKED | AUDITOR,
    f"GET {DELIVERY}": HOOKED | AUDITOR,
    f"POST {DELIVERY}/resend": HOOKED,
    f"POST {DELIVERY}/skip": HOOKED,
}
"""By method and path: who is let in. Nobody is by being an administrator."""

HOLDER: Final = "holder"
"""Whoever has the thing itself: the account of a key, a webhook's owner, a session's person, a delegation's parties."""

FINDS: Final[dict[str, frozenset[str]]] = {
    f"DELETE {SESSION}": frozenset({HOLDER}),
    f"POST {DELEGATION}/accept": frozenset({HOLDER}),
    f"POST {DELEGATION}/decline": frozenset({HOLDER}),
    f"POST {DELEGATION}/withdraw": SECURITY | {HOLDER},
    f"GET {KEY}": OVERSIGHT | {HOLDER},
    f"PATCH {KEY}": ADMIN | {HOLDER},
    f"POST {KEY}/rotate": frozenset({HOLDER}),
    f"POST {KEY}/revoke": BOTH | {HOLDER},
    f"GET {WEBHOOK}": AUDITOR | {HOLDER},
    f"GET {WEBHOOK}/deliveries": AUDITOR | {HOLDER},
    f"GET {DELIVERY}": AUDITOR | {HOLDER},
    f"PATCH {WEBHOOK}": frozenset({HOLDER}),
    **{
        f"POST {path}": frozenset({HOLDER})
        for path in (
            *(f"{WEBHOOK}/{step}" for step in ("pause", "resume", "retry", "ping", "rotate-secret", "replay")),
            f"{DELIVERY}/resend",
            f"{DELIVERY}/skip",
            f"{WEBHOOK}/delete",
        )
    },
}
"""Who finds a thing where it is: some only what is theirs, some everybody's. Everybody else whom the route lets in is
told the same as about a thing that nobody has. In the order in which a holder goes through them to the end."""

_OF_OTHERS: Final = (ACCOUNT, INVITATION, IDENTITY, f"{KEY}/confirm", "/v1/audit/")
WATCHED: Final = frozenset(name for name in MATRIX if "{" in name and any(part in name for part in _OF_OTHERS))
"""Things of others by their nature: only the three duties are let in, and they find all there is."""
