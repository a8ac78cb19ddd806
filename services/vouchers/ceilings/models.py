"""The caps of issued vouchers: one row for each kind, subject and year."""

from typing import Final

from services.vouchers.base import Base
from shared.ceilings import ceiling_table

ceiling = ceiling_table(Base.metadata)

# Every transaction that moves several takes them in this order: the budget is the row that all want, so it is last.
QUOTA: Final = "vouchers.enterprise_quota"
"""Yuan issued to one enterprise by one issuer (subject `<division>:<enterprise>`) in a year, over its programmes."""
ENCLAVE_ISSUERS: Final = "vouchers.enclave_issuers"
"""Number of issuers that one enclave firm (subject) has in a year."""
CITY_QUOTA: Final = "vouchers.city_quota"
"""Yuan issued to one enterprise (subject) by all issuers in a year. Counted also where no edition limits it yet."""
BUDGET: Final = "vouchers.programme_budget"
"""Yuan issued by a programme (subject) in its year."""


def quota_subject(issuer_division: str, enterprise_id: object) -> str:
    """One enterprise at one issuer."""
    return f"{issuer_division}:{enterprise_id}"
