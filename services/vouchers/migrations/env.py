from services.vouchers.base import Base
from shared.alembic_env import run

run("services.vouchers", Base.metadata)
