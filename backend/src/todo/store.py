"""The queries. Each function works in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import CursorResult, Select, delete, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from todo.models import Todo
from todo.values import Cursor, Status


@dataclass(frozen=True)
class Tally:
    """How many todos there are."""

    open: int
    done: int


def find(session: Session, todo_id: UUID) -> Todo | None:
    """The todo of this id, if there is one."""
    return session.get(Todo, todo_id)


def find_locked(session: Session, todo_id: UUID) -> Todo | None:
    """The same, locked until the transaction ends, so that changes of one todo queue up."""
    return session.get(Todo, todo_id, with_for_update=True)


def newest_first(
    session: Session, *, status: Status, words: str, after: Cursor | None, limit: int
) -> Sequence[Todo]:
    """At most `limit` todos in the order of the listing, beginning behind `after`."""
    statement = select(Todo).order_by(Todo.created_at.desc(), Todo.id.desc()).limit(limit)
    if status is not Status.ALL:
        statement = statement.where(Todo.done.is_(status is Status.DONE))
    if words:
        statement = _containing(statement, words)
    if after is not None:
        statement = _behind(statement, after)
    return session.scalars(statement).all()


def _containing(statement: Select[Todo], words: str) -> Select[Todo]:
    # Lowered here as well: Python and the databases agree on it more often than two databases.
    lowered = words.lower()
    return statement.where(
        or_(
            func.lower(Todo.title).contains(lowered, autoescape=True),
            func.lower(Todo.notes).contains(lowered, autoescape=True),
        )
    )


def _behind(statement: Select[Todo], after: Cursor) -> Select[Todo]:
    place = tuple_(literal(after.created_at, Todo.created_at.type), literal(after.id, Todo.id.type))
    return statement.where(tuple_(Todo.created_at, Todo.id) < place)


def delete_done(session: Session) -> int:
    """Delete every done todo; returns how many there were."""
    result = session.execute(delete(Todo).where(Todo.done.is_(True)))
    return cast("CursorResult[tuple[()]]", result).rowcount


def tally(session: Session) -> Tally:
    """Count open and done todos: one pass over an index."""
    rows = session.execute(select(Todo.done, func.count()).group_by(Todo.done))
    counts = {done: int(count) for done, count in rows}
    return Tally(open=counts.get(False, 0), done=counts.get(True, 0))
