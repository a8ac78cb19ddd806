"""An angel fund of one centre, a reward for financing there, and the support of the makers' alliance for its year."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.accounts import OPERATOR
from deploy.demo.generating.codes import INVESTOR, credit_code
from deploy.demo.generating.enterprises import Population, Stay

MUNICIPAL: Final = "91540100MA0000007K"
"""The edition's code of the city's fund."""
_BY: Final = date(2019, 5, 10)


def invested_in(population: Population) -> tuple[Stay, Stay]:
    """Two tenants of the operator's centre from its first months on that stay and are registered in the city."""
    stays = [stay for stay in population.of(OPERATOR) if stay.ended_on is None]
    early = [stay for stay in stays if stay.filed_on and stay.filed_on < _BY]
    found = [stay for stay in early if "拉萨" in stay.enterprise.registered_address]
    return found[0], found[1]


def make_angel_funds(population: Population) -> list[tables.AngelFund]:
    """30.00 per cent to the fen, after an attempt with a fen more."""
    investee, _ = invested_in(population)
    others = (f"{credit_code(INVESTOR + 1, '540102')}=400000.00", f"{credit_code(INVESTOR + 2, '540102')}=300000.00")
    return [
        tables.AngelFund(
            centre=OPERATOR,
            name="示例新城天使子基金",
            manager_code=credit_code(INVESTOR + 3, "540102"),
            expert_code=credit_code(INVESTOR + 4, "540102"),
            municipal_code=MUNICIPAL,
            document_no="示例金办〔2019〕8号",
            minutes_no="示例金办纪要〔2019〕3号",
            registered_on=date(2019, 5, 20),
            approved_on=date(2019, 5, 27),
            others=others,
            overstep="300000.01",
            overstepped_on=date(2019, 6, 3),
            municipal="300000.00",
            closed_on=date(2019, 6, 5),
            called_on=date(2019, 6, 10),
            paid_in_on=date(2019, 6, 19),
            municipal_paid_on=date(2019, 6, 26),
            enterprise=investee.enterprise.code,
            investment="500000.00",
            proposed_on=date(2019, 7, 8),
            voted_on=date(2019, 7, 16),
            invested_on=date(2019, 7, 24),
            value="650000.00",
            valued_on=date(2020, 6, 30),
        )
    ]


def make_rewards(population: Population) -> list[tables.Reward]:
    """5 per cent of a million, all that an enterprise may get in its life."""
    _, rewarded = invested_in(population)
    return [
        tables.Reward(
            centre=OPERATOR,
            enterprise=rewarded.enterprise.code,
            investor_code=credit_code(INVESTOR + 5, "540102"),
            investor_name="虚构雪域创业投资有限公司",
            investment="1000000.00",
            arrived_on=date(2019, 8, 20),
            registered_on=date(2019, 8, 28),
            amount="50000.00",
            bank_slip_no="示例回单-20190820-01",
            document_no="示例金办〔2019〕20号",
            minutes_no="示例金办纪要〔2019〕7号",
            applied_on=date(2019, 9, 9),
            reviewed_on=date(2019, 9, 12),
            announced_on=date(2019, 9, 16),
            approved_on=date(2019, 9, 25),
            paid_on=date(2019, 9, 30),
            reference="示例财拨-融资奖励-2019-01",
        )
    ]


def make_alliance_activities() -> list[tables.AllianceActivity]:
    """What the makers' alliance did in 2019."""
    told = (
        (date(2019, 5, 18), "示例创业沙龙", 60),
        (date(2019, 8, 24), "示例投融资对接会", 45),
        (date(2019, 11, 9), "示例导师走进众创空间", 80),
    )
    return [
        tables.AllianceActivity(
            alliance="maker_spaces",
            kind="activity",
            held_on=day,
            title=title,
            participants=participants,
            evidence=f"{title}签到表",
            recorded_on=date(2019, 12, 10),
        )
        for day, title, participants in told
    ]


def make_alliance_supports() -> list[tables.AllianceSupport]:
    """By the assessment of 2019."""
    return [
        tables.AllianceSupport(
            alliance="maker_spaces",
            year=2019,
            marks=("activities=35", "resource_sharing=25", "membership=12", "governance=12"),
            drafted_on=date(2020, 1, 10),
            confirmed_on=date(2020, 1, 15),
            published_on=date(2020, 1, 20),
            assessment_no="示例工信〔2020〕2号",
            recipient_code=credit_code(INVESTOR + 6, "540102"),
            recipient_name="虚构众创空间联盟秘书处",
            amount="120000.00",
            applied_on=date(2020, 3, 2),
            reviewed_on=date(2020, 3, 6),
            announced_on=date(2020, 3, 9),
            approved_on=date(2020, 3, 19),
            document_no="示例工信〔2020〕9号",
            minutes_no="示例工信纪要〔2020〕4号",
            paid_on=date(2020, 3, 26),
            reference="示例财拨-联盟-2020-01",
        )
    ]
