from services.finance.base import Base
from shared.alembic_env import run

run("services.finance", Base.metadata)
