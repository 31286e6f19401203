"""Alembic's entry: runs the migrations on the connection given, or on that of the settings."""

from alembic import context
from sqlalchemy import Connection

from todo.database import migration_engine, writing_connection
from todo.models import Base
from todo.settings import Settings


def run(connection: Connection) -> None:
    """Apply what was asked for inside the connection's transaction: all of it, or nothing."""
    # Alembic thinks SQLite cannot undo DDL; our connections begin their transactions themselves,
    # so it can.
    context.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with writing_connection(migration_engine(Settings.load().database, 60)) as opened:
        run(opened)
