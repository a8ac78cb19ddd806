"""What finance does with other services' events."""

from services.finance.consumers import evaluation, registry, vouchers
from services.finance.consumers.base import SERVICE, consumers
from services.finance.consumers.registry import stop_money

__all__ = ["SERVICE", "consumers", "evaluation", "registry", "stop_money", "vouchers"]
