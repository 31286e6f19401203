"""Every error that the todo list raises on purpose.

TodoError
├── ConfigurationError   (also ValueError)       the environment is not usable
├── DatabaseUnavailable  (also ConnectionError)  no answer from the database; worth a retry
├── SchemaNotCurrent                             the tables are not those of this release
├── TodoNotFound         (also LookupError)
├── StaleVersion                                 somebody else changed the todo first
├── IdTaken                                      the id belongs to a todo with other content
└── InvalidField         (also ValueError)       one named field of a request is wrong

The domain knows no HTTP: `api.problems` gives each class its status.
"""

from typing import ClassVar
from uuid import UUID


class TodoError(Exception):
    """Root of the tree; `code` is stable and safe to match on."""

    code: ClassVar[str]


class ConfigurationError(TodoError, ValueError):
    """The settings cannot be used; the message names the variable and the fix."""

    code = "configuration"


class DatabaseUnavailable(TodoError, ConnectionError):
    """The database gave no usable answer in time. Carries no address and no password."""

    code = "database-unavailable"

    def __init__(self, detail: str = "The database is not answering; try again shortly.") -> None:
        super().__init__(detail)


class SchemaNotCurrent(TodoError):
    """The schema's revision differs from the one that this release was built for."""

    code = "schema-not-current"

    def __init__(self, current: str | None, expected: str) -> None:
        found = f"revision {current}" if current else "empty"
        super().__init__(
            f"The schema is {found}, this release needs revision {expected}: "
            "run `python -m todo migrate` of this release."
        )


class TodoNotFound(TodoError, LookupError):
    """No todo has this id, or it was deleted."""

    code = "todo-not-found"

    def __init__(self, todo_id: UUID) -> None:
        super().__init__(f"There is no todo {todo_id}.")


class StaleVersion(TodoError):
    """The caller's version is not the stored one, so nothing was changed."""

    code = "stale-version"

    def __init__(self, todo_id: UUID, current: int) -> None:
        super().__init__(
            f"Todo {todo_id} is at version {current} now: read it again and repeat the change."
        )


class IdTaken(TodoError):
    """A creation names an id that an earlier, different creation used."""

    code = "id-taken"

    def __init__(self, todo_id: UUID) -> None:
        super().__init__(f"The id {todo_id} was used for a todo with other content.")


class InvalidField(TodoError, ValueError):
    """A request's field failed a rule that its type alone cannot express."""

    code = "invalid-field"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
