from gateway.base import Base
from shared.alembic_env import run

run("gateway", Base.metadata)
