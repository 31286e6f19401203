"""What a running application holds, made once when it starts."""

from dataclasses import dataclass
from typing import Self

from anyio import CapacityLimiter

from todo.database import Database, service_engine
from todo.metrics import Metrics
from todo.schema import Readiness
from todo.service import TodoService
from todo.settings import Settings

# Checks that hang must not take the threads that serve requests: they have their own.
CHECKS_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The parts behind the routes."""

    settings: Settings
    database: Database
    service: TodoService
    readiness: Readiness
    metrics: Metrics
    checkers: CapacityLimiter

    @classmethod
    def assemble(cls, settings: Settings) -> Self:
        """Join the parts; connects to nothing yet."""
        database = Database(service_engine(settings.database))
        service = TodoService(database)
        return cls(
            settings=settings,
            database=database,
            service=service,
            readiness=Readiness(settings.database),
            metrics=Metrics(service.tally, settings.revision),
            checkers=CapacityLimiter(CHECKS_AT_ONCE),
        )
