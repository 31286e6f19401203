import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTodoApi } from "../src/api/client";
import { initialState, shownTodos } from "../src/todo/model";
import type { State } from "../src/todo/model";
import { reduce } from "../src/todo/reducer";
import type { Action } from "../src/todo/reducer";
import { Sync } from "../src/todo/sync";
import { Store } from "../src/ui/store";
import { ScriptedServer } from "./server";
import { todo } from "./todos";

let server: ScriptedServer;
let store: Store<State, Action>;
let sync: Sync;

const page = (...items: ReturnType<typeof todo>[]) => ({ status: 200, json: { items, next_cursor: null } });
const idle = () =>
  vi.waitFor(() => {
    expect(store.state.queue).toEqual([]);
  });
const change = (changes: { title?: string; done?: boolean }, key = "k") => {
  store.dispatch({ type: "changed", key, before: todo("a"), changes });
};

beforeEach(async () => {
  server = await ScriptedServer.start();
  store = new Store(reduce, initialState);
  sync = new Sync(store, createTodoApi({ baseUrl: server.url, timeoutMs: 300 }), { retryMs: [5, 5], pollMs: 20 });
  server.will(page(todo("a")));
  await sync.reload();
});

afterEach(async () => {
  await server.stop();
});

test("a lost answer is asked for again with the same UUID", async () => {
  server.will("broken", { status: 502 }, { status: 200, json: todo("b") });
  store.dispatch({ type: "created", key: "k", todo: todo("b", { version: 0 }) });
  await idle();
  expect(server.asked.map(({ body }) => body)).toEqual(Array(3).fill(server.asked[0]?.body));
  expect(store.state).toMatchObject({ failures: [], confirmed: [{ id: "a" }, { id: "b", version: 1 }] });
});

test("operations are sent one at a time, each with the version that the one before made", async () => {
  server.will({ status: 200, json: todo("a", { title: "New", version: 2 }) }, { status: 200, json: todo("a", { title: "New", done: true, version: 3 }) });
  change({ title: "New" }, "one");
  change({ done: true }, "two");
  await idle();
  expect(server.asked.map(({ version }) => version)).toEqual(['"1"', '"2"']);
  expect(shownTodos(store.state)).toMatchObject([{ title: "New", done: true, version: 3 }]);
});

test("a stale version fetches the todo and keeps the change", async () => {
  server.will({ status: 412 }, { status: 200, json: todo("a", { title: "Theirs", version: 9 }) });
  change({ title: "Mine" });
  await idle();
  expect(shownTodos(store.state)).toMatchObject([{ title: "Theirs", version: 9 }]);
  expect(store.state.failures).toMatchObject([{ rejection: { kind: "stale" }, operation: { changes: { title: "Mine" } } }]);
});

test("a stale version that already holds the change was only a lost answer", async () => {
  server.will("broken", { status: 412 }, { status: 200, json: todo("a", { title: "Mine", version: 2 }) });
  change({ title: "Mine" });
  await idle();
  expect(store.state).toMatchObject({ failures: [], confirmed: [{ title: "Mine", version: 2 }] });
});

test("a todo that is gone when its stale version is looked up is missing", async () => {
  server.will({ status: 412 }, { status: 404 });
  change({ title: "Mine" });
  await idle();
  expect(store.state).toMatchObject({ confirmed: [], failures: [{ rejection: { kind: "missing" }, operation: { kind: "create" } }] });
});

test("a refusal is not repeated", async () => {
  server.will({ status: 422, json: { detail: "No." } });
  change({ title: "Mine" });
  await idle();
  expect(server.asked).toHaveLength(1);
  expect(store.state.failures).toMatchObject([{ rejection: { kind: "invalid", text: "No." } }]);
});

test("a server that is away is rolled back from, looked for, and found again", async () => {
  server.will("broken", "broken", "broken", "broken", page(todo("a")));
  change({ title: "Mine" });
  await idle();
  expect(store.state).toMatchObject({ reachable: false, failures: [{ rejection: { kind: "unreachable" } }] });
  await vi.waitFor(() => {
    expect(store.state.reachable).toBe(true);
  });
  expect(store.state.announcement.text).toBe("Connected again. Not saved yet: 1.");
  server.will({ status: 200, json: todo("a", { title: "Mine", version: 2 }) });
  store.dispatch({ type: "retried", key: "k" });
  await idle();
  expect(shownTodos(store.state)).toMatchObject([{ title: "Mine" }]);
});

test("the list is fetched between operations, never beside one", async () => {
  server.will({ status: 200, json: todo("a", { title: "New", version: 2 }) }, page(todo("a", { title: "New", version: 2 })));
  change({ title: "New" });
  await sync.reload();
  await vi.waitFor(() => {
    expect(server.asked.map(({ method }) => method)).toEqual(["PATCH", "GET"]);
  });
});

test("after clearing the list is fetched, for it may have taken more than was shown", async () => {
  server.will(page(todo("a", { done: true })), { status: 200, json: { deleted: 2 } }, page());
  await sync.reload();
  store.dispatch({ type: "cleared", key: "k" });
  await vi.waitFor(() => {
    expect(server.asked.map(({ method }) => method)).toEqual(["GET", "POST", "GET"]);
  });
});

test("a list that is refused is explained and asked for again", async () => {
  server.will({ status: 500, json: { detail: "Broken." } }, page(todo("b")));
  await sync.reload();
  expect(store.state.loadProblem).toBe("Broken.");
  await vi.waitFor(() => {
    expect(store.state).toMatchObject({ loadProblem: null, confirmed: [{ id: "b" }] });
  });
});
