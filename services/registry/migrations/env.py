from services.registry.base import Base
from shared.alembic_env import run

run("services.registry", Base.metadata)
