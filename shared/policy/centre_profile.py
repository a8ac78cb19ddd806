"""Words of a centre's file beyond its tier: who owns it, what its standard kit is made of, why its standing changes."""

from collections.abc import Mapping

from shared.policy.params import Param, Section, Slug, Titled


class SelfCheckPart(Titled):
    """One part of the standard kit (4.1-2), with the items a centre checks itself by."""

    items: Mapping[Slug, Titled]


class CentreProfile(Section):
    """`self_check_every_item`: whether the kit is complete only with every item of every part, or with one of each."""

    ownership_types: Mapping[Slug, Titled]
    self_check: Mapping[Slug, SelfCheckPart]
    self_check_every_item: Param[bool]
    staff_roles: Mapping[Slug, Titled]
    return_reasons: Mapping[Slug, Titled]
    rejection_reasons: Mapping[Slug, Titled]
    suspension_reasons: Mapping[Slug, Titled]
    resumption_reasons: Mapping[Slug, Titled]
    withdrawal_reasons: Mapping[Slug, Titled]
    operator_change_reasons: Mapping[Slug, Titled]
    profile_change_reasons: Mapping[Slug, Titled]
