"""The one error type that use cases raise, and constructors for the refusals every service knows.

Texts live in ``messages.toml`` (common ones in ``shared/messages.toml``) under the error's code; a
``DomainError`` carries only the code and the values its text needs. Statuses: 409 or 403 for a refusal by
a rule, 404 for what is not there or not the caller's, 422 only for payloads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from shared.policy.decision import Decision


class DomainError(Exception):
    """A refusal the caller can understand; rendered as an RFC 9457 problem.

    ``params`` fill the text's ``{placeholders}``; never put personal data or secrets there. ``clauses`` are
    clause ids of the policy; left empty, they are taken from the failed rules of ``decision``. ``members`` are
    further members of the problem, for programs (RFC 9457, 3.2).
    """

    def __init__(
        self,
        code: str,
        status: int,
        *,
        params: Mapping[str, object] | None = None,
        decision: Decision | None = None,
        clauses: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.params: Mapping[str, object] = dict(params or {})
        self.decision = decision
        self.clauses: tuple[str, ...] = tuple(clauses) or _failed_clauses(decision)
        self.headers: Mapping[str, str] = dict(headers or {})
        self.members: Mapping[str, str] = dict(members or {})

    def __str__(self) -> str:
        return f"{self.code} ({self.status})"


def _failed_clauses(decision: Decision | None) -> tuple[str, ...]:
    if decision is None:
        return ()
    return tuple(dict.fromkeys(result.clause for result in decision.results if not result.passed))


def unauthenticated() -> DomainError:
    """401: the caller sent no identity this service accepts (RFC 9110, 15.5.2)."""
    return DomainError("unauthenticated", 401, headers={"WWW-Authenticate": "Bearer"})


def forbidden() -> DomainError:
    """403: the caller is known and its role may not do this."""
    return DomainError("forbidden", 403)


def not_found(kind: str) -> DomainError:
    """404, also for what belongs to somebody else, so that ids cannot be probed."""
    return DomainError("not-found", 404, params={"kind": kind})


def invalid_transition(current: str, allowed_from: Sequence[str]) -> DomainError:
    """409: the step is not possible in the present state; names the states it is possible from."""
    return DomainError("invalid-transition", 409, params={"current": current, "allowed_from": tuple(allowed_from)})


def four_eyes_required() -> DomainError:
    """403: who submitted or reviewed a case cannot approve it."""
    return DomainError("four-eyes-required", 403)


def reference_not_yet_known(kind: str, reference: UUID | str) -> DomainError:
    """409 with Retry-After: another service's fact has not reached this one yet, or never existed."""
    return DomainError(
        "reference-not-yet-known", 409, params={"kind": kind, "id": str(reference)}, headers={"Retry-After": "1"}
    )


def service_unavailable(dependency: str) -> DomainError:
    """503 with Retry-After: something this request needs does not answer; nothing was changed."""
    return DomainError("service-unavailable", 503, params={"dependency": dependency}, headers={"Retry-After": "1"})
