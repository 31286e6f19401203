import { expect, test } from "vitest";
import { problemOf, Refused, Unreachable } from "../src/api/problems";
import { describeDue } from "../src/todo/dates";
import { changesFrom, cleanTitle, newKey } from "../src/todo/fields";
import { matches, readFilter, writeFilter } from "../src/todo/filter";
import type { Filter } from "../src/todo/filter";
import { neighbour } from "../src/ui/focus";
import { todo } from "./todos";

test.each([
  ["2026-11-20", "Overdue since 20 Nov", "late"],
  ["2026-11-23", "Due today", "soon"],
  ["2026-11-24", "Due tomorrow", "soon"],
  ["2026-12-05", "Due 5 Dec", "later"],
  ["2027-01-02", "Due 2 Jan 2027", "later"],
])("a todo due on %s reads %s", (day, text, tone) => {
  expect(describeDue(day, new Date(2026, 10, 23, 23, 59), "en-GB")).toEqual({ text, tone });
});

test.each<[Filter, boolean]>([
  [{ status: "all", query: "" }, true],
  [{ status: "open", query: " MILK " }, true],
  [{ status: "all", query: "barista" }, true],
  [{ status: "done", query: "" }, false],
  [{ status: "all", query: "bread" }, false],
])("the filter %o lets the todo through: %s", (filter, expected) => {
  expect(matches(todo("a", { title: "Oat milk", notes: "Barista" }), filter)).toBe(expected);
});

test.each(["", "?status=open", "?q=a+%26+b", "?status=done&q=x"])("the address %j names a filter and back", (address) => {
  expect(writeFilter(readFilter(address))).toBe(address);
});

test("an unknown status in the address reads as all", () => {
  expect(readFilter("?status=nonsense")).toEqual({ status: "all", query: "" });
});

test.each([
  ["the next", ["a", "b", "c"], ["a", "c"], "b", "c"],
  ["the one before the last", ["a", "b", "c"], ["a", "b"], "c", "b"],
  ["itself where it is still there", ["a", "b"], ["a", "b"], "a", "a"],
  ["the nearest that is left", ["a", "b", "c", "d"], ["a"], "c", "a"],
  ["none in an empty list", ["a"], [], "a", null],
  ["none for a stranger", ["a"], ["a"], "x", null],
])("after a row is gone the focus goes to %s", (_name, previous, present, id, expected) => {
  expect(neighbour(previous, present, id)).toBe(expected);
});

test("a title is one trimmed line", () => {
  expect(cleanTitle("  a \n\t b ")).toBe("a b");
});

test("only fields that differ are changes", () => {
  const before = todo("a", { notes: "n", due_date: "2026-01-01" });
  expect(changesFrom(before, before)).toEqual({});
  expect(changesFrom(before, { title: "New", notes: "n", due_date: null })).toEqual({ title: "New", due_date: null });
});

test("keys are random UUIDs of version 4", () => {
  const keys = new Set(Array.from({ length: 100 }, newKey));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test.each([
  [503, null, Unreachable, "The server is not ready."],
  [500, { title: "Internal Server Error" }, Refused, "Internal Server Error"],
  [409, { title: "Conflict", detail: "Taken." }, Refused, "Taken."],
  [422, { detail: "d", errors: [{ field: "title", message: "is too long" }] }, Refused, "title is too long"],
  [418, "<html>", Refused, "The server answered with status 418."],
])("status %i with %o is explained", (status, body, type, text) => {
  const problem = problemOf(status, body);
  expect(problem).toBeInstanceOf(type);
  expect(problem instanceof Refused ? problem.detail : problem.message).toBe(text);
});
