"""Every kind of import that the registry takes, by the name in its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.registry.imports.carriers import CARRIERS
from services.registry.imports.centres import CENTRES
from services.registry.imports.earlier import EARLIER
from services.registry.imports.earlier_stays import EARLIER_TENANCIES
from services.registry.imports.enterprises import EARLIER_ENTERPRISES, ENTERPRISES
from services.registry.imports.rows import Kind
from services.registry.imports.tenancies import TENANCIES
from services.registry.imports.titles import TITLES
from shared.auth.principal import Principal
from shared.errors import DomainError, forbidden

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (CENTRES, ENTERPRISES, TENANCIES, TITLES, CARRIERS, EARLIER, EARLIER_ENTERPRISES, EARLIER_TENANCIES)
}
ELSEWHERE: Final = ("quarterly-reports", "vouchers")
"""Kinds that other services take in under the same address."""

ROLES: Final = tuple(sorted({role for kind in KINDS.values() for role in kind.roles}))


def kind_of(name: str, principal: Principal) -> Kind:
    """The kind, for somebody who may import it. Raises 404 `import-kind-unknown`, 403."""
    kind = KINDS.get(name)
    if kind is None:
        # One text: a list's words would be shown by their labels, and these are what an address ends in.
        raise DomainError("import-kind-unknown", 404, params={"kinds": ", ".join([*KINDS, *ELSEWHERE])})
    if not principal.has(*kind.roles):
        raise forbidden()
    return kind
