/** What the user can do, as functions over the store. */
import type { Todo } from "../api/types";
import type { Store } from "../ui/store";
import { changesFrom, freshTodo, newKey } from "./fields";
import type { Fields } from "./fields";
import type { Operation, State } from "./model";
import type { Action } from "./reducer";

export type Commands = ReturnType<typeof commandsOf>;

export function commandsOf(store: Store<State, Action>) {
  const change = (before: Todo, fields: Fields) => {
    const changes = changesFrom(before, fields);
    if (Object.keys(changes).length > 0) store.dispatch({ type: "changed", key: newKey(), before, changes });
  };

  return {
    add: (title: string) => {
      store.dispatch({ type: "created", key: newKey(), todo: freshTodo(title, new Date()) });
    },
    change,
    toggle: (before: Todo) => {
      store.dispatch({ type: "changed", key: newKey(), before, changes: { done: !before.done } });
    },
    remove: (todo: Todo) => {
      store.dispatch({ type: "removed", key: newKey(), todo });
    },
    clear: () => {
      store.dispatch({ type: "cleared", key: newKey() });
    },
    undo: () => {
      const todos = store.state.undo?.todos ?? [];
      store.dispatch({ type: "undone", keys: todos.map(newKey) });
    },
    dismissUndo: () => {
      store.dispatch({ type: "undo-dismissed" });
    },
    retry: (keys: readonly string[]) => {
      for (const key of keys) store.dispatch({ type: "retried", key });
    },
    discard: (key: string) => {
      store.dispatch({ type: "discarded", key });
    },
    /** Send what was not saved once more, as the user has now rewritten it. */
    revise: (operation: Operation, fields: Fields) => {
      store.dispatch({ type: "discarded", key: operation.key });
      if (operation.kind === "create") {
        const { title, notes, due_date } = fields;
        store.dispatch({ type: "created", key: newKey(), todo: { ...operation.todo, title, notes, due_date } });
      } else if (operation.kind === "update") {
        const id = operation.before.id;
        // The list shows the reloaded todo: what is typed now is meant for that one.
        change(store.state.confirmed.find((todo) => todo.id === id) ?? operation.before, fields);
      }
    },
  };
}
