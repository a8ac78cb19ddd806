"""How the city looks at the use of vouchers and at what came of it (4.3-4)."""

from shared.policy.params import Param, Section


class VoucherOversight(Section):
    """Days are calendar days."""

    pace_days: Param[int]
    """The forecast of what lapses takes the pace of so many days before the day asked for."""
    lapse_days: Param[int]
    """Vouchers that end within so many days are counted as ending soon."""
    answer_days: Param[int]
    """For an enterprise to answer a survey, from its opening; longer terms may be sent."""
    least_respondents: Param[int]
    """Figures of fewer enterprises than that are not shown: they would name them."""
