/** Todos and states for the tests. */
import type { Todo } from "../src/api/types";
import { initialState } from "../src/todo/model";
import type { State } from "../src/todo/model";
import { reduce } from "../src/todo/reducer";
import type { Action } from "../src/todo/reducer";

export function todo(id: string, fields: Partial<Todo> = {}): Todo {
  const moment = "2026-01-01T00:00:00Z";
  return {
    id,
    title: `Todo ${id}`,
    notes: "",
    done: false,
    due_date: null,
    version: 1,
    created_at: moment,
    updated_at: moment,
    ...fields,
  };
}

export function loadedWith(...todos: readonly Todo[]): State {
  return after(initialState, { type: "loaded", todos });
}

export function after(state: State, ...actions: readonly Action[]): State {
  return actions.reduce(reduce, state);
}
