/** The page's state machine: pure, so every race of user, server and network is a table in the tests. */
import type { Changes, Todo } from "../api/types";
import { alreadyHolds, shownTodos, subject, without, withTodo } from "./model";
import type { Failure, Operation, Rejection, State } from "./model";
import { doneText, failedText, queuedText } from "./words";

export type Action =
  | { readonly type: "loaded"; readonly todos: readonly Todo[] }
  | { readonly type: "load-failed"; readonly rejection: Rejection }
  | { readonly type: "created"; readonly key: string; readonly todo: Todo }
  | { readonly type: "changed"; readonly key: string; readonly before: Todo; readonly changes: Changes }
  | { readonly type: "removed"; readonly key: string; readonly todo: Todo }
  | { readonly type: "cleared"; readonly key: string }
  | { readonly type: "undone"; readonly keys: readonly string[] }
  | { readonly type: "undo-dismissed" }
  | { readonly type: "sending"; readonly key: string }
  /** `todo` is the server's answer; null when it holds none. */
  | { readonly type: "confirmed"; readonly key: string; readonly todo: Todo | null }
  /** `current` is the server's todo after a stale version; null when it was not asked for. */
  | { readonly type: "rejected"; readonly key: string; readonly rejection: Rejection; readonly current: Todo | null }
  | { readonly type: "retried"; readonly key: string }
  | { readonly type: "discarded"; readonly key: string };

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "loaded":
      return loaded(state, action.todos);
    case "load-failed":
      return loadFailed(state, action.rejection);
    case "created":
      return queued(state, { kind: "create", key: action.key, todo: action.todo });
    case "changed":
      return changed(state, action.key, action.before, action.changes);
    case "removed":
      return removable(queued(state, { kind: "remove", key: action.key, todo: action.todo }), action.key, [action.todo]);
    case "cleared":
      return cleared(state, action.key);
    case "undone":
      return undone(state, action.keys);
    case "undo-dismissed":
      return { ...state, undo: null };
    case "sending":
      return { ...state, sending: action.key };
    case "confirmed":
      return confirmed(state, action.key, action.todo);
    case "rejected":
      return rejected(state, action.key, action.rejection, action.current);
    case "retried":
      return retried(state, action.key);
    case "discarded":
      return { ...state, failures: state.failures.filter((failure) => failure.operation.key !== action.key) };
  }
}

function loaded(state: State, todos: readonly Todo[]): State {
  // A creation whose answer was lost may have arrived after all.
  const failures = state.failures.filter((failure) => !arrived(failure.operation, todos));
  const next: State = { ...state, phase: "ready", reachable: true, loadProblem: null, confirmed: todos, failures };
  if (state.reachable) return next;
  const unsaved = failures.length;
  return say(next, unsaved > 0 ? `Connected again. Not saved yet: ${String(unsaved)}.` : "Connected again.");
}

function arrived(operation: Operation, todos: readonly Todo[]): boolean {
  if (operation.kind !== "create") return false;
  const { id, title, notes, done, due_date } = operation.todo;
  const found = todos.find((todo) => todo.id === id);
  return found !== undefined && alreadyHolds(found, { title, notes, done, due_date });
}

function loadFailed(state: State, rejection: Rejection): State {
  const phase = state.phase === "ready" ? "ready" : "failed";
  if (rejection.kind === "unreachable") return unreachable({ ...state, phase });
  return say({ ...state, phase, loadProblem: rejection.text }, rejection.text, true);
}

function unreachable(state: State): State {
  if (!state.reachable) return state;
  return say({ ...state, reachable: false }, "The server can’t be reached.", true);
}

function queued(state: State, operation: Operation): State {
  return say({ ...state, queue: [...state.queue, operation] }, queuedText(operation));
}

function changed(state: State, key: string, before: Todo, changes: Changes): State {
  const seen = state.confirmed.find((todo) => todo.id === before.id);
  const shown = shownTodos(state).find((todo) => todo.id === before.id);
  if (shown && alreadyHolds(shown, changes)) return state;
  const version = seen ? versionSeen(seen, before, changes, state.queue) : before.version;
  return queued(state, { kind: "update", key, before, changes, version });
}

/** Only a field that changed behind the user's back makes the edit stale; the user's own edits never do. */
function versionSeen(current: Todo, before: Todo, changes: Changes, queue: readonly Operation[]): number {
  const fields = Object.keys(changes) as (keyof Changes)[];
  const untouched = fields.every(
    (field) => current[field] === before[field] || queue.some((each) => isUpdateOf(each, before.id) && field in each.changes),
  );
  return untouched ? current.version : before.version;
}

function removable(state: State, key: string, todos: readonly Todo[]): State {
  return { ...state, undo: { key, todos } };
}

function cleared(state: State, key: string): State {
  const todos = shownTodos(state).filter((todo) => todo.done);
  if (todos.length === 0) return state;
  return removable(queued(state, { kind: "clear", key, todos }), key, todos);
}

/** Take a removal back: out of the queue where it was not sent, else by creating the todos anew. */
function undone(state: State, keys: readonly string[]): State {
  const undo = state.undo;
  if (!undo) return state;
  const text = doneText("Restored", undo.todos);
  const cleared: State = { ...state, undo: null };
  if (undo.key !== state.sending && state.queue.some((operation) => operation.key === undo.key)) {
    return say(dropped(cleared, undo.key), text);
  }
  const creations = undo.todos.map((todo, index): Operation => {
    return { kind: "create", key: keys[index] ?? todo.id, todo: { ...todo, version: 0 } };
  });
  return say({ ...cleared, queue: [...cleared.queue, ...creations] }, text);
}

function confirmed(state: State, key: string, todo: Todo | null): State {
  const operation = state.queue.find((each) => each.key === key);
  if (!operation) return state;
  const rest = dropped({ ...state, reachable: true }, key);
  const gone = operation.kind === "clear" ? operation.todos : operation.kind === "remove" ? [operation.todo] : [];
  const kept = without(rest.confirmed, gone);
  const previous = state.confirmed.find((each) => each.id === todo?.id)?.version ?? 0;
  return {
    ...rest,
    confirmed: todo ? withTodo(kept, todo) : kept,
    queue: todo ? rest.queue.map((each) => rebased(each, todo, previous)) : rest.queue,
  };
}

/** Later operations on the same todo follow the version that this page itself made. */
function rebased(operation: Operation, todo: Todo, previous: number): Operation {
  if (!isUpdateOf(operation, todo.id)) return operation;
  return operation.version === previous ? { ...operation, version: todo.version } : operation;
}

function rejected(state: State, key: string, rejection: Rejection, current: Todo | null): State {
  const operation = state.queue.find((each) => each.key === key);
  if (!operation) return state;
  const withdrawn = state.queue.find((each) => operation.kind === "create" && each.kind === "remove" && each.todo.id === operation.todo.id);
  if (withdrawn) return { ...dropped(dropped(state, key), withdrawn.key), undo: null };
  const { failure, queue } = withFollowers(state.queue, { operation, rejection });
  const rest = dropped({ ...state, queue, reachable: rejection.kind !== "unreachable" }, key);
  const undo = rest.undo?.key === key ? null : rest.undo;
  const known = current ? withTodo(rest.confirmed, current) : rest.confirmed;
  const next: State = {
    ...rest,
    undo,
    confirmed: rejection.kind === "missing" && operation.kind === "update" ? without(known, [operation.before]) : known,
    failures: [...rest.failures, failure],
  };
  return say(next, `${failedText(failure.operation)} ${rejection.text}`, true);
}

/** A todo that the server does not have takes its later edits with it, so that nothing typed is lost. */
function withFollowers(queue: readonly Operation[], { operation, rejection }: Failure): { failure: Failure; queue: readonly Operation[] } {
  const lost = operation.kind === "create" || (operation.kind === "update" && rejection.kind === "missing");
  const about = subject(operation);
  if (!lost || !about) return { failure: { operation, rejection }, queue };
  const follows = (each: Operation) => each.key !== operation.key && isUpdateOf(each, about.id);
  const todo = [operation, ...queue.filter(follows)].reduce(
    (merged, each) => (each.kind === "update" ? { ...merged, ...each.changes } : merged),
    about,
  );
  const creation: Operation = { kind: "create", key: operation.key, todo: { ...todo, version: 0 } };
  // The failed operation keeps its place until it is dropped by key.
  return { failure: { operation: creation, rejection }, queue: queue.filter((each) => !follows(each)) };
}

function retried(state: State, key: string): State {
  const failure = state.failures.find((each) => each.operation.key === key);
  if (!failure) return state;
  const operation = upToDate(failure.operation, state.confirmed);
  const failures = state.failures.filter((each) => each !== failure);
  return say({ ...state, failures, queue: [...state.queue, operation] }, "Trying again.");
}

/** The user has seen the reloaded todo and still wants the change. */
function upToDate(operation: Operation, todos: readonly Todo[]): Operation {
  if (operation.kind !== "update") return operation;
  const current = todos.find((todo) => todo.id === operation.before.id);
  return current ? { ...operation, before: current, version: current.version } : operation;
}

type Update = Extract<Operation, { kind: "update" }>;

function isUpdateOf(operation: Operation, id: string): operation is Update {
  return operation.kind === "update" && operation.before.id === id;
}

function dropped(state: State, key: string): State {
  const sending = state.sending === key ? null : state.sending;
  return { ...state, sending, queue: state.queue.filter((operation) => operation.key !== key) };
}

function say(state: State, text: string, urgent = false): State {
  return { ...state, announcement: { serial: state.announcement.serial + 1, text, urgent } };
}
