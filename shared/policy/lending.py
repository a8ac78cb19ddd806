"""Section on who checks a loan with public backing, and what every kind of it asks for (3.2-3 to 3.2-5)."""

from collections.abc import Mapping

from shared.policy.params import Codes, Param, Section, Slug


class LoanTerms(Section):
    """Of one of `loans.products`."""

    max_tenor_months: Param[int]


class Lending(Section):
    """`in_centre_products` need a borrower tenanted in a listed centre on the day of application and of approval,
    `guaranteed_products` the guarantee company's acceptance in place of a department's check."""

    in_centre_products: Param[Codes]
    guaranteed_products: Param[Codes]
    products: Mapping[Slug, LoanTerms]
