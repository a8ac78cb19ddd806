"""Finance: grants, their spending, the journal, and what a delisting does to money."""

from pathlib import Path

from services.finance.base import Base
from services.finance.consumers import consumers
from services.finance.findings.router import router as findings
from services.finance.grants.router import router as grants
from services.finance.journal.router import router as journal
from services.finance.payments.router import router as payments
from services.finance.spending.router import router as spending
from shared.app import ServiceDefinition, create_app
from shared.events.contracts.finance import CLAIM, DELISTING, FINDING, GRANT

definition = ServiceDefinition(
    name="finance",
    title="Finance: grants, payments, recoveries and the journal",
    routers=(grants, payments, spending, findings, journal),
    topics=(GRANT, FINDING, CLAIM, DELISTING),
    consumers=consumers,
    metadata=Base.metadata,
    messages=Path(__file__).with_name("messages.toml"),
)


def __getattr__(name: str) -> object:
    """`app` is built when the server asks for it: importing this module needs no settings."""
    if name == "app":
        return create_app(definition)
    raise AttributeError(name)
