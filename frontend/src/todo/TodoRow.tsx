import type { Todo } from "../api/types";
import { Icon } from "../ui/icons";
import { describeDue } from "./dates";
import { Editor } from "./Editor";
import type { Fields } from "./fields";
import { quoted } from "./words";

export interface RowActions {
  readonly onToggle: (todo: Todo) => void;
  readonly onEdit: (todo: Todo) => void;
  readonly onSave: (fields: Fields) => void;
  readonly onCancel: () => void;
  readonly onRemove: (todo: Todo) => void;
}

interface Props {
  readonly todo: Todo;
  readonly isEditing: boolean;
  readonly isPending: boolean;
  readonly actions: RowActions;
}

export function TodoRow({ todo, isEditing, isPending, actions }: Props) {
  const state = `${todo.done ? " is-done" : ""}${isPending ? " is-pending" : ""}`;
  return (
    <li class={`row${state}`} data-row={todo.id}>
      {isEditing ? (
        <Editor name={`Edit ${quoted(todo)}`} initial={todo} onSave={actions.onSave} onCancel={actions.onCancel} />
      ) : (
        <Reading todo={todo} actions={actions} />
      )}
    </li>
  );
}

function Reading({ todo, actions }: { readonly todo: Todo; readonly actions: RowActions }) {
  return (
    <>
      <span class="tick">
        <input
          type="checkbox"
          checked={todo.done}
          aria-label={`Done: ${todo.title}`}
          data-control="done"
          onChange={() => {
            actions.onToggle(todo);
          }}
        />
        <Icon name="check" />
      </span>
      <div class="content">
        <span class="title">{todo.title}</span>
        {todo.due_date !== null && <DueDay day={todo.due_date} isDone={todo.done} />}
        {todo.notes !== "" && <p class="notes">{todo.notes}</p>}
      </div>
      <button
        type="button"
        class="quiet"
        aria-label={`Edit ${quoted(todo)}`}
        data-control="edit"
        onClick={() => {
          actions.onEdit(todo);
        }}
      >
        <Icon name="edit" />
      </button>
      <button
        type="button"
        class="quiet danger"
        aria-label={`Delete ${quoted(todo)}`}
        data-control="remove"
        onClick={() => {
          actions.onRemove(todo);
        }}
      >
        <Icon name="trash" />
      </button>
    </>
  );
}

function DueDay({ day, isDone }: { readonly day: string; readonly isDone: boolean }) {
  const { text, tone } = describeDue(day, new Date());
  return (
    <time class={`due ${isDone ? "later" : tone}`} dateTime={day}>
      <Icon name="calendar" />
      {text}
    </time>
  );
}
