"""The tables."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from sqlalchemy import DateTime, Dialect, Index, MetaData, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from todo.text import TITLE_MAX


def utc_now() -> datetime:
    """The present moment, with its zone."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets the zone, so it is taken off and put back there."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC before storing; refuses a moment without zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored moment must name its zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Root of the mapped classes; names every constraint, so that migrations can refer to it."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


class Todo(Base):
    """One thing to do."""

    __tablename__ = "todos"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    notes: Mapped[str] = mapped_column(Text, default="")
    done: Mapped[bool] = mapped_column(default=False)
    due_date: Mapped[date | None]
    # Digest of the draft that made this todo: tells a retried creation from a clash of ids,
    # even after the todo was edited.
    fingerprint: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)

    # The first index serves the listing, the second its filter and the tally.
    __table_args__ = (
        Index("ix_todos_listing", "created_at", "id"),
        Index("ix_todos_listing_by_status", "done", "created_at", "id"),
    )
    # SQLAlchemy raises the version with every update and refuses one that lost a race.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy types it as plain
