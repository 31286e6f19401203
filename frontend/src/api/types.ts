/** Short names for the generated types. */
import type { components } from "./schema";

export type Todo = components["schemas"]["TodoOut"];

/** The fields that a person edits. */
export type Changes = Partial<Pick<Todo, "title" | "notes" | "done" | "due_date">>;
