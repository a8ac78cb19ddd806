"""Sections on the incubated: how long they may stay, what is kept about them, and who stands behind them."""

from collections.abc import Mapping

from shared.policy.params import Codes, Param, Section, Slug, Titled


class TechnologyFlag(Titled):
    """A recognition with a certificate; `validity_months` is the longest that one certificate runs."""

    validity_months: Param[int]


class Incubation(Section):
    """`relocation_waiver_months` count from the last day at a centre that was delisted. `long_stay_industries` names
    for each field of `tenancy.long_stay_fields` how the codes of GB/T 4754 begin that belong to it. An address in the
    city begins with one of `city_names`, after a province name or none."""

    relocation_waiver_months: Param[int]
    long_stay_industries: Mapping[Slug, Param[Codes]]
    city_names: Param[Codes]
    province_names: Param[Codes]
    technology_flags: Mapping[Slug, TechnologyFlag]
    person_capacities: Mapping[Slug, Titled]
    project_close_reasons: Mapping[Slug, Titled]
    reveal_reasons: Mapping[Slug, Titled]
