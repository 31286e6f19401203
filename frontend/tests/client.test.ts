import { afterAll, beforeAll, expect, test } from "vitest";
import { createTodoApi } from "../src/api/client";
import type { TodoApi } from "../src/api/client";
import { Refused, Unreachable } from "../src/api/problems";
import { ScriptedServer } from "./server";
import type { Step } from "./server";
import { todo } from "./todos";

let server: ScriptedServer;
let api: TodoApi;

beforeAll(async () => {
  server = await ScriptedServer.start();
  api = createTodoApi({ baseUrl: server.url, timeoutMs: 300 });
});

afterAll(async () => {
  await server.stop();
});

test("the list is read to its last page", async () => {
  server.will(
    { status: 200, json: { items: [todo("a")], next_cursor: "n&x" } },
    { status: 200, json: { items: [todo("b")], next_cursor: null } },
  );
  expect((await api.list()).map(({ id }) => id)).toEqual(["a", "b"]);
  expect(server.asked.map(({ path }) => path)).toEqual(["/api/todos?limit=200", "/api/todos?limit=200&cursor=n%26x"]);
});

test("a creation carries its UUID and only the fields that a creation has", async () => {
  server.will({ status: 201, json: todo("a") });
  await api.create(todo("a", { version: 0, notes: "n" }));
  expect(server.asked).toMatchObject([{ method: "POST", path: "/api/todos" }]);
  expect(server.asked[0]?.body).toEqual({ id: "a", title: "Todo a", notes: "n", due_date: null });
});

test("a todo that is done is created and then set done", async () => {
  server.will({ status: 201, json: todo("a") }, { status: 200, json: todo("a", { done: true, version: 2 }) });
  expect(await api.create(todo("a", { done: true, version: 0 }))).toMatchObject({ done: true, version: 2 });
  expect(server.asked[1]).toMatchObject({ method: "PATCH", version: '"1"', body: { done: true } });
});

test("a UUID that an earlier try has used gets the text as it is now", async () => {
  server.will(
    { status: 409, json: { detail: "Taken." } },
    { status: 200, json: todo("a", { title: "Before", version: 3 }) },
    { status: 200, json: todo("a", { title: "Now", version: 4 }) },
  );
  expect(await api.create(todo("a", { title: "Now", version: 0 }))).toMatchObject({ title: "Now" });
  expect(server.asked[2]).toMatchObject({ method: "PATCH", path: "/api/todos/a", version: '"3"' });
});

test("a change names the version that it is for", async () => {
  server.will({ status: 200, json: todo("a", { version: 6 }) });
  await api.update("a", { due_date: null }, 5);
  expect(server.asked).toEqual([{ method: "PATCH", path: "/api/todos/a", version: '"5"', body: { due_date: null } }]);
});

test("removing what is gone already is no error", async () => {
  server.will({ status: 204 }, { status: 404, json: { detail: "None." } });
  await api.remove("a");
  await api.remove("a");
  expect(server.asked.map(({ method }) => method)).toEqual(["DELETE", "DELETE"]);
});

test("clearing asks once", async () => {
  server.will({ status: 200, json: { deleted: 2 } });
  await api.clearDone();
  expect(server.asked).toMatchObject([{ method: "POST", path: "/api/todos/clear-done" }]);
});

test.each<[string, Step]>([
  ["a broken connection", "broken"],
  ["an answer cut short", "half"],
  ["no answer in time", "silent"],
  ["a gateway without a backend", { status: 502 }],
  ["a database that is away", { status: 503, json: { detail: "Later." } }],
  ["a page of something else", { status: 200, json: "hello", type: "text/html" }],
])("%s is worth another try", async (_name, step) => {
  server.will(step);
  await expect(api.get("a")).rejects.toBeInstanceOf(Unreachable);
});

test("a refusal brings the status and the text about the field", async () => {
  server.will({ status: 422, json: { title: "No", detail: "d", errors: [{ field: "title", message: "is too long" }] } });
  const refusal: unknown = await api.update("a", { title: "x" }, 1).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Refused);
  expect(refusal).toMatchObject({ status: 422, detail: "title is too long" });
});
