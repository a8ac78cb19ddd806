from services.evaluation.base import Base
from shared.alembic_env import run

run("services.evaluation", Base.metadata)
