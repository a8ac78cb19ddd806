"""Why a signed request is not let in: enough for a developer whose key is right, nothing for anybody else."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.keys.terms import KeyTerms
from shared.errors import DomainError

TAG = "mengchuang"
LABEL = "sig1"


def refused(code: str, terms: KeyTerms, components: Sequence[str], **params: object) -> DomainError:
    """401 with what a signature has to look like (RFC 9421, 5.1)."""
    wanted = " ".join(f'"{component}"' for component in components)
    accepted = f'{LABEL}=({wanted});created;keyid="{terms.public_id}";alg="{terms.algorithm}";tag="{TAG}"'
    headers = {"WWW-Authenticate": 'Bearer error="invalid_request"', "Accept-Signature": accepted}
    return DomainError(code, 401, params=params, headers=headers)
