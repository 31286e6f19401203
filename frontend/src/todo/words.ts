/** The page's sentences about operations, in one place so that eyes and screen readers get the same ones. */
import type { Todo } from "../api/types";
import type { Operation, Rejection } from "./model";

export function quoted(todo: Todo): string {
  return `“${todo.title}”`;
}

export function count(amount: number, one: string, many: string): string {
  return `${String(amount)} ${amount === 1 ? one : many}`;
}

export function doneText(verb: string, todos: readonly Todo[]): string {
  const [only] = todos;
  return todos.length === 1 && only ? `${verb} ${quoted(only)}.` : `${verb} ${count(todos.length, "todo", "todos")}.`;
}

/** Said when the user has made the change, before the server confirms it. */
export function queuedText(operation: Operation): string {
  switch (operation.kind) {
    case "create":
      return doneText("Added", [operation.todo]);
    case "update":
      return updatedText(operation.before, operation.changes.done);
    case "remove":
      return `${doneText("Deleted", [operation.todo])} Control Z undoes it.`;
    case "clear":
      return `${doneText("Cleared", operation.todos)} Control Z undoes it.`;
  }
}

function updatedText(todo: Todo, done: boolean | null | undefined): string {
  if (done === undefined || done === null) return doneText("Changed", [todo]);
  return `${quoted(todo)} is ${done ? "done" : "open again"}.`;
}

/** Names what was rolled back. */
export function failedText(operation: Operation): string {
  switch (operation.kind) {
    case "create":
      return `${quoted(operation.todo)} was not saved.`;
    case "update":
      return `Your change to ${quoted(operation.before)} was not saved.`;
    case "remove":
      return `${quoted(operation.todo)} was not deleted.`;
    case "clear":
      return "The completed todos were not cleared.";
  }
}

/** What the button that repeats a failed operation is called. */
export function retryText(operation: Operation, rejection: Rejection): string {
  if (rejection.kind === "stale") return "Save mine";
  if (rejection.kind === "missing" && operation.kind === "create") return "Add it again";
  return "Try again";
}
