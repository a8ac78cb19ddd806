"""Finance: grants, their spending, matching funds, the journal, and what a delisting does to money."""

from pathlib import Path

from services.finance.base import Base
from services.finance.consumers import consumers
from services.finance.findings.router import router as findings
from services.finance.grants.router import router as grants
from services.finance.journal.router import router as journal
from services.finance.known_as import REFERENCES
from services.finance.matching_funds.router import router as matching_funds
from services.finance.payments.router import router as payments
from services.finance.repayments.router import router as repayments
from services.finance.spending.router import router as spending
from services.finance.tasks import SOURCES
from shared.app import ServiceDefinition, create_app
from shared.events.contracts.finance import CLAIM, DELISTING, FINDING, GRANT, REPAYMENT
from shared.events.contracts.matching_funds import MATCHING_FUND

definition = ServiceDefinition(
    name="finance",
    title="Finance: grants, payments, recoveries, matching funds and the journal",
    routers=(repayments, grants, payments, spending, findings, matching_funds, journal),
    topics=(GRANT, FINDING, CLAIM, DELISTING, REPAYMENT, MATCHING_FUND),
    consumers=consumers,
    tasks=SOURCES,
    metadata=Base.metadata,
    references=REFERENCES,
    messages=Path(__file__).with_name("messages.toml"),
)


def __getattr__(name: str) -> object:
    """`app` is built when the server asks for it: importing this module needs no settings."""
    if name == "app":
        return create_app(definition)
    raise AttributeError(name)
