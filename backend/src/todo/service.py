"""What can be done with todos. Each method is one transaction, safe to call from many threads."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from todo import store
from todo.database import Database
from todo.errors import IdTaken, StaleVersion, TodoNotFound
from todo.models import Todo
from todo.store import Tally
from todo.values import Cursor, TodoChange, TodoDraft, TodoQuery


@dataclass(frozen=True)
class Creation:
    """A todo that was asked for, and whether this call made it."""

    todo: Todo
    is_new: bool


@dataclass(frozen=True)
class Page:
    """Part of a listing; `next_cursor` is None on the last page."""

    items: tuple[Todo, ...]
    next_cursor: str | None


class TodoService:
    """The todo list. Every method raises DatabaseUnavailable when the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, draft: TodoDraft) -> Creation:
        """Keep a new todo; the same draft with the same id again gives the todo it made.

        Raises IdTaken when the id belongs to a todo made from another draft.
        """
        todo = _from_draft(draft)
        try:
            with self._database.writing() as session:
                session.add(todo)
        except IntegrityError:
            return Creation(self._earlier(draft, todo.id), is_new=False)
        return Creation(todo, is_new=True)

    def _earlier(self, draft: TodoDraft, todo_id: UUID) -> Todo:
        with self._database.reading() as session:
            earlier = store.find(session, todo_id)
        if earlier is None or earlier.fingerprint != draft.fingerprint():
            raise IdTaken(todo_id)
        return earlier

    def get(self, todo_id: UUID) -> Todo:
        """One todo; raises TodoNotFound."""
        with self._database.reading() as session:
            return _required(store.find(session, todo_id), todo_id)

    def page(self, query: TodoQuery) -> Page:
        """A page of the listing, newest first; raises InvalidField for a foreign cursor."""
        after = Cursor.decode(query.cursor) if query.cursor is not None else None
        with self._database.reading() as session:
            # One more than asked for tells whether there is a next page.
            found = store.newest_first(
                session, status=query.status, words=query.q, after=after, limit=query.limit + 1
            )
        items = tuple(found[: query.limit])
        more = len(found) > len(items)
        return Page(items, Cursor(items[-1].created_at, items[-1].id).encode() if more else None)

    def change(
        self, todo_id: UUID, change: TodoChange, accepted: frozenset[int] | None = None
    ) -> Todo:
        """Set the fields that were sent. A change that changes nothing keeps the version.

        `accepted` are the versions that the caller agrees to change; None agrees to any.
        Raises TodoNotFound, StaleVersion.
        """
        with self._database.writing() as session:
            todo = _at_version(session, todo_id, accepted)
            if not change.applies_to(todo.version):
                raise StaleVersion(todo_id, todo.version)
            for name, value in change.fields().items():
                setattr(todo, name, value)
        return todo

    def delete(self, todo_id: UUID, accepted: frozenset[int] | None = None) -> None:
        """Remove a todo; `accepted` as for `change`. Raises TodoNotFound, StaleVersion."""
        with self._database.writing() as session:
            session.delete(_at_version(session, todo_id, accepted))

    def clear_done(self) -> int:
        """Remove every done todo; returns how many."""
        with self._database.writing() as session:
            return store.delete_done(session)

    def tally(self) -> Tally:
        """How many todos are open and done."""
        with self._database.reading() as session:
            return store.tally(session)


def _from_draft(draft: TodoDraft) -> Todo:
    return Todo(
        id=draft.id or uuid4(),
        title=draft.title,
        notes=draft.notes,
        due_date=draft.due_date,
        fingerprint=draft.fingerprint(),
    )


def _required(todo: Todo | None, todo_id: UUID) -> Todo:
    if todo is None:
        raise TodoNotFound(todo_id)
    return todo


def _at_version(session: Session, todo_id: UUID, accepted: frozenset[int] | None) -> Todo:
    todo = _required(store.find_locked(session, todo_id), todo_id)
    if accepted is not None and todo.version not in accepted:
        raise StaleVersion(todo_id, todo.version)
    return todo
