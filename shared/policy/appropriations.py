"""The section on the city's budget lines: which programmes have one."""

from collections.abc import Mapping

from shared.policy.params import ClauseId, Param, Section, Slug, Titled


class Programme(Titled):
    """What the treasury appropriates for, by the clause that the money serves."""

    clause: ClauseId


class Appropriations(Section):
    """`required`: money that no budget line has is not approved."""

    required: Param[bool]
    programmes: Mapping[Slug, Programme]
