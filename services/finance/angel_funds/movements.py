"""What each kind of order brings about once it is carried out (3.2-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.finance.angel_funds import capital, committees, holding, liquidation, states
from services.finance.angel_funds.effects import Carry

CARRY: Final[Mapping[str, Carry]] = {
    states.CLOSING: capital.close,
    states.CALL: capital.call,
    states.PAYMENT: capital.pay_in,
    states.DEFAULT: capital.default,
    states.WITHDRAWAL: capital.withdraw,
    states.MUNICIPAL_SALE: capital.sell,
    states.TRANCHE: holding.invest,
    states.VALUATION: holding.value,
    states.EXIT: holding.sell_investment,
    states.WRITE_OFF: holding.write_off,
    states.COMMITTEE: committees.change,
    states.WINDING_UP: liquidation.wind_up,
    states.LIQUIDATION: liquidation.distribute_all,
}
