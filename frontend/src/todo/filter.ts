/** Which todos are shown; kept in the page's address, so that a reload or a bookmark shows the same. */
import type { Todo } from "../api/types";

export const STATUSES = ["all", "open", "done"] as const;

export interface Filter {
  readonly status: (typeof STATUSES)[number];
  readonly query: string;
}

/** The words may stand in title or notes, whatever their case: the rule of the API's own search. */
export function matches(todo: Todo, { status, query }: Filter): boolean {
  if (status !== "all" && todo.done !== (status === "done")) return false;
  const words = query.trim().toLowerCase();
  return [todo.title, todo.notes].some((text) => text.toLowerCase().includes(words));
}

/** The filter that an address's query part names; what it does not know reads as unset. */
export function readFilter(search: string): Filter {
  const parameters = new URLSearchParams(search);
  const status = STATUSES.find((each) => each === parameters.get("status")) ?? "all";
  return { status, query: parameters.get("q") ?? "" };
}

/** The address's query part for a filter, empty when everything is shown. */
export function writeFilter({ status, query }: Filter): string {
  const parameters = new URLSearchParams();
  if (status !== "all") parameters.set("status", status);
  if (query !== "") parameters.set("q", query);
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
