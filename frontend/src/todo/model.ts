/** What the page knows, and what it shows: confirmed todos with the operations under way laid over them. */
import type { Changes, Todo } from "../api/types";

/** A change that the user made. `key` names it for good: retries keep the key and the todo's UUID. */
export type Operation =
  | { readonly kind: "create"; readonly key: string; readonly todo: Todo }
  | {
      readonly kind: "update";
      readonly key: string;
      readonly before: Todo;
      readonly changes: Changes;
      /** The version that the user saw; 0 while the todo's own creation is still queued. */
      readonly version: number;
    }
  | { readonly kind: "remove"; readonly key: string; readonly todo: Todo }
  | { readonly kind: "clear"; readonly key: string; readonly todos: readonly Todo[] };

/** Why the server did not take an operation. */
export interface Rejection {
  readonly kind: "unreachable" | "stale" | "missing" | "invalid" | "refused";
  readonly text: string;
}

/** A rolled-back operation that still holds what the user typed. */
export interface Failure {
  readonly operation: Operation;
  readonly rejection: Rejection;
}

/** What can be brought back, and the key of the operation that took it away. */
export interface Undo {
  readonly key: string;
  readonly todos: readonly Todo[];
}

/** Text for the live regions; `serial` makes equal texts be spoken twice. */
export interface Announcement {
  readonly serial: number;
  readonly text: string;
  readonly urgent: boolean;
}

export interface State {
  readonly phase: "loading" | "ready" | "failed";
  readonly reachable: boolean;
  /** Why the list could not be loaded, when the server did answer. */
  readonly loadProblem: string | null;
  readonly confirmed: readonly Todo[];
  /** Sent one at a time, in order; the first may be in flight. */
  readonly queue: readonly Operation[];
  readonly sending: string | null;
  readonly failures: readonly Failure[];
  readonly undo: Undo | null;
  readonly announcement: Announcement;
}

export const initialState: State = {
  phase: "loading",
  reachable: true,
  loadProblem: null,
  confirmed: [],
  queue: [],
  sending: null,
  failures: [],
  undo: null,
  announcement: { serial: 0, text: "", urgent: false },
};

/** The todos as the user sees them, newest first; unsaved ones on top. */
export function shownTodos(state: State): readonly Todo[] {
  return state.queue.reduce(applyOperation, state.confirmed).toSorted(newestFirst);
}

/** Lay one operation over the todos. */
export function applyOperation(todos: readonly Todo[], operation: Operation): readonly Todo[] {
  switch (operation.kind) {
    case "create":
      return [...without(todos, [operation.todo]), operation.todo];
    case "update":
      return todos.map((todo) => (todo.id === operation.before.id ? { ...todo, ...operation.changes } : todo));
    case "remove":
      return without(todos, [operation.todo]);
    case "clear":
      return without(todos, operation.todos);
  }
}

/** The todo that an operation is about; null for one that is about several. */
export function subject(operation: Operation): Todo | null {
  switch (operation.kind) {
    case "create":
    case "remove":
      return operation.todo;
    case "update":
      return operation.before;
    case "clear":
      return null;
  }
}

/** Whether the todo already reads as the changes would make it. */
export function alreadyHolds(todo: Todo, changes: Changes): boolean {
  return (Object.keys(changes) as (keyof Changes)[]).every((field) => todo[field] === changes[field]);
}

export function without(todos: readonly Todo[], gone: readonly Todo[]): readonly Todo[] {
  const ids = new Set(gone.map((todo) => todo.id));
  return todos.filter((todo) => !ids.has(todo.id));
}

/** The todos with one added, or put in the place of its older self. */
export function withTodo(todos: readonly Todo[], todo: Todo): readonly Todo[] {
  return [...without(todos, [todo]), todo];
}

function newestFirst(a: Todo, b: Todo): number {
  // The clocks of page and server may differ: an unsaved todo goes first whatever its time says.
  const unsaved = Number(b.version === 0) - Number(a.version === 0);
  return unsaved || compare(b.created_at, a.created_at) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}
