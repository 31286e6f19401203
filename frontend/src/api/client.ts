/** The todo API as functions that resolve to data or throw `Unreachable` or `Refused`. */
import createClient from "openapi-fetch";
import { problemOf, Refused, Unreachable } from "./problems";
import type { paths } from "./schema";
import type { Changes, Todo } from "./types";

export interface TodoApi {
  /** Every todo, newest first, page after page. */
  list(): Promise<Todo[]>;
  get(id: string): Promise<Todo>;
  /** Safe to repeat: the todo brings its UUID. A todo that is done arrives done. */
  create(todo: Todo): Promise<Todo>;
  /** Throws `Refused` with status 412 when `version` is stale. */
  update(id: string, changes: Changes, version: number): Promise<Todo>;
  /** Safe to repeat: a todo that is gone already is no error. */
  remove(id: string): Promise<void>;
  clearDone(): Promise<void>;
}

interface Options {
  readonly baseUrl?: string;
  readonly timeoutMs?: number;
}

const PAGE_SIZE = 200;

export function createTodoApi({ baseUrl = "", timeoutMs = 10_000 }: Options = {}): TodoApi {
  const client = createClient<paths>({
    baseUrl,
    fetch: (request) => fetchInTime(request, timeoutMs),
  });

  async function update(id: string, changes: Changes, version: number): Promise<Todo> {
    const header = { "if-match": `"${String(version)}"` };
    const answer = await client.PATCH("/api/todos/{todo_id}", {
      params: { path: { todo_id: id }, header },
      body: changes,
    });
    return dataOf(answer);
  }

  async function get(id: string): Promise<Todo> {
    return dataOf(await client.GET("/api/todos/{todo_id}", { params: { path: { todo_id: id } } }));
  }

  async function post(todo: Todo): Promise<Todo> {
    const { id, title, notes, due_date } = todo;
    return dataOf(await client.POST("/api/todos", { body: { id, title, notes, due_date } }));
  }

  return {
    get,
    update,

    async list() {
      const todos: Todo[] = [];
      let cursor: string | null = null;
      do {
        const query: { limit: number; cursor?: string } = { limit: PAGE_SIZE, ...(cursor ? { cursor } : {}) };
        const page = dataOf(await client.GET("/api/todos", { params: { query } }));
        todos.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null);
      return todos;
    },

    async create(todo) {
      try {
        const created = await post(todo);
        return created.done === todo.done ? created : await update(todo.id, { done: todo.done }, created.version);
      } catch (error) {
        // The UUID is this page's own: an earlier try arrived, and the user edited the text since.
        if (!isRefused(error, 409)) throw error;
        const { title, notes, done, due_date } = todo;
        return await update(todo.id, { title, notes, done, due_date }, (await get(todo.id)).version);
      }
    },

    async remove(id) {
      try {
        nothingOf(await client.DELETE("/api/todos/{todo_id}", { params: { path: { todo_id: id } } }));
      } catch (error) {
        if (!isRefused(error, 404)) throw error;
      }
    },

    async clearDone() {
      nothingOf(await client.POST("/api/todos/clear-done"));
    },
  };
}

export function isRefused(error: unknown, status: number): error is Refused {
  return error instanceof Refused && error.status === status;
}

/** Fetch with the body read to its end, so that a connection lost half-way is an `Unreachable` too. */
async function fetchInTime(request: Request, timeoutMs: number): Promise<Response> {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(timeoutMs), cache: "no-store" });
    const text = await response.text();
    if (response.ok && text !== "" && !isJson(response)) throw new TypeError("the answer is not JSON");
    return new Response(text === "" ? null : text, response);
  } catch (error) {
    throw new Unreachable("The server can’t be reached.", { cause: error });
  }
}

function isJson(response: Response): boolean {
  return response.headers.get("content-type")?.includes("json") ?? false;
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

function dataOf<T>(answer: Answer<T>): T {
  nothingOf(answer);
  if (answer.data === undefined) throw problemOf(answer.response.status, null);
  return answer.data;
}

function nothingOf({ error, response }: Answer<unknown>): void {
  if (!response.ok) throw problemOf(response.status, error);
}
