import { describe, expect, test } from "vitest";
import { initialState, shownTodos } from "../src/todo/model";
import type { Rejection, State } from "../src/todo/model";
import type { Action } from "../src/todo/reducer";
import { after, loadedWith, todo } from "./todos";

const AWAY: Rejection = { kind: "unreachable", text: "Away." };
const STALE: Rejection = { kind: "stale", text: "Stale." };
const MISSING: Rejection = { kind: "missing", text: "Gone." };

const a = todo("a");
const b = todo("b", { created_at: "2026-01-02T00:00:00Z" });

const titles = (state: State) => shownTodos(state).map(({ title }) => title);
const reject = (key: string, rejection: Rejection, current: ReturnType<typeof todo> | null = null): Action => {
  return { type: "rejected", key, rejection, current };
};

describe("what is shown", () => {
  test("newest first, unsaved ones on top whatever their clock says", () => {
    const slow = todo("c", { version: 0, created_at: "1999-01-01T00:00:00Z" });
    const state = after(loadedWith(a, b), { type: "created", key: "k", todo: slow });
    expect(titles(state)).toEqual(["Todo c", "Todo b", "Todo a"]);
  });

  test.each<[string, Action, string[]]>([
    ["a change", { type: "changed", key: "k", before: a, changes: { title: "New" } }, ["Todo b", "New"]],
    ["a removal", { type: "removed", key: "k", todo: a }, ["Todo b"]],
    ["a creation", { type: "created", key: "k", todo: todo("c", { version: 0 }) }, ["Todo c", "Todo b", "Todo a"]],
  ])("%s is seen at once, and gone again when it is rejected", (_name, action, expected) => {
    const changed = after(loadedWith(a, b), action);
    expect(titles(changed)).toEqual(expected);
    const rolledBack = after(changed, reject("k", AWAY));
    expect(titles(rolledBack)).toEqual(["Todo b", "Todo a"]);
    expect(rolledBack.failures.map(({ operation }) => operation.key)).toEqual(["k"]);
    expect(rolledBack.announcement).toMatchObject({ urgent: true });
    expect(rolledBack.announcement.text).toContain("Away.");
  });

  test("a change that changes nothing is not queued", () => {
    const state = after(loadedWith(a), { type: "changed", key: "k", before: a, changes: { done: false } });
    expect(state.queue).toEqual([]);
  });

  test("clearing takes what is done, and nothing where nothing is", () => {
    const state = after(loadedWith(todo("a", { done: true }), b), { type: "cleared", key: "k" });
    expect(titles(state)).toEqual(["Todo b"]);
    expect(after(loadedWith(b), { type: "cleared", key: "k" }).queue).toEqual([]);
  });
});

describe("versions", () => {
  test("later changes follow the version that the first one made", () => {
    const state = after(
      loadedWith(a),
      { type: "changed", key: "one", before: a, changes: { title: "New" } },
      { type: "changed", key: "two", before: a, changes: { done: true } },
      { type: "confirmed", key: "one", todo: { ...a, title: "New", version: 2 } },
    );
    expect(state.queue).toMatchObject([{ key: "two", version: 2 }]);
  });

  test("a change of an unsaved todo waits for its creation and takes its version", () => {
    const fresh = todo("c", { version: 0 });
    const state = after(
      loadedWith(),
      { type: "created", key: "one", todo: fresh },
      { type: "changed", key: "two", before: fresh, changes: { done: true } },
      { type: "confirmed", key: "one", todo: { ...fresh, version: 1 } },
    );
    expect(state.queue).toMatchObject([{ key: "two", version: 1 }]);
    expect(shownTodos(state)).toMatchObject([{ id: "c", done: true }]);
  });

  test("an edit begun before the field changed elsewhere keeps the old version", () => {
    const theirs = { ...a, title: "Theirs", version: 2 };
    const state = after(loadedWith(theirs), { type: "changed", key: "k", before: a, changes: { title: "Mine" } });
    expect(state.queue).toMatchObject([{ version: 1 }]);
  });

  test("an edit of another field than the one changed elsewhere is not stale", () => {
    const theirs = { ...a, done: true, version: 2 };
    const state = after(loadedWith(theirs), { type: "changed", key: "k", before: a, changes: { title: "Mine" } });
    expect(state.queue).toMatchObject([{ version: 2 }]);
  });

  test("a stale edit shows the other version; repeated, it names that version", () => {
    const theirs = { ...a, title: "Theirs", version: 7 };
    const rejected = after(
      loadedWith(a),
      { type: "changed", key: "k", before: a, changes: { title: "Mine" } },
      reject("k", STALE, theirs),
    );
    expect(titles(rejected)).toEqual(["Theirs"]);
    const repeated = after(rejected, { type: "retried", key: "k" });
    expect(repeated.queue).toMatchObject([{ key: "k", version: 7, changes: { title: "Mine" } }]);
    expect(repeated.failures).toEqual([]);
  });
});

describe("what the server does not have", () => {
  test("a failed creation takes its later edits with it", () => {
    const fresh = todo("c", { version: 0 });
    const state = after(
      loadedWith(),
      { type: "created", key: "one", todo: fresh },
      { type: "changed", key: "two", before: fresh, changes: { title: "Better" } },
      reject("one", AWAY),
    );
    expect(state.queue).toEqual([]);
    expect(state.failures).toMatchObject([{ operation: { kind: "create", key: "one", todo: { id: "c", title: "Better" } } }]);
  });

  test("a failed creation that the user has deleted since is forgotten with its deletion", () => {
    const fresh = todo("c", { version: 0 });
    const state = after(
      loadedWith(),
      { type: "created", key: "one", todo: fresh },
      { type: "removed", key: "two", todo: fresh },
      reject("one", AWAY),
    );
    expect(state).toMatchObject({ queue: [], failures: [], undo: null });
  });

  test("an edit of a todo deleted elsewhere becomes a creation with the same UUID", () => {
    const state = after(
      loadedWith(a, b),
      { type: "changed", key: "k", before: a, changes: { title: "Still wanted" } },
      reject("k", MISSING),
    );
    expect(titles(state)).toEqual(["Todo b"]);
    expect(state.failures).toMatchObject([{ operation: { kind: "create", todo: { id: "a", title: "Still wanted", version: 0 } } }]);
  });

  test("a creation whose answer was lost stops being a failure when the list has it", () => {
    const fresh = todo("c", { version: 0 });
    const failed = after(loadedWith(), { type: "created", key: "k", todo: fresh }, reject("k", AWAY));
    expect(after(failed, { type: "loaded", todos: [{ ...fresh, version: 1 }] }).failures).toEqual([]);
    expect(after(failed, { type: "loaded", todos: [{ ...fresh, title: "Else" }] }).failures).toHaveLength(1);
  });
});

describe("undo", () => {
  test("takes an unsent deletion out of the queue", () => {
    const state = after(loadedWith(a), { type: "removed", key: "k", todo: a }, { type: "undone", keys: ["new"] });
    expect(state).toMatchObject({ queue: [], undo: null });
    expect(titles(state)).toEqual(["Todo a"]);
  });

  test("creates the todo again behind a deletion that is under way", () => {
    const state = after(
      loadedWith(a),
      { type: "removed", key: "k", todo: a },
      { type: "sending", key: "k" },
      { type: "undone", keys: ["new"] },
    );
    expect(state.queue).toMatchObject([
      { kind: "remove", key: "k" },
      { kind: "create", key: "new", todo: { id: "a", version: 0 } },
    ]);
    expect(titles(state)).toEqual(["Todo a"]);
  });

  test("brings every cleared todo back, done as it was", () => {
    const [x, y] = [todo("x", { done: true }), todo("y", { done: true })];
    const state = after(
      loadedWith(x, y),
      { type: "cleared", key: "k" },
      { type: "confirmed", key: "k", todo: null },
      { type: "undone", keys: ["1", "2"] },
    );
    expect(shownTodos(state)).toMatchObject([{ id: "x", done: true }, { id: "y", done: true }]);
  });

  test("is gone when the deletion itself was rolled back", () => {
    const state = after(loadedWith(a), { type: "removed", key: "k", todo: a }, reject("k", AWAY));
    expect(state.undo).toBeNull();
  });
});

describe("connection", () => {
  test("a first load that fails is told apart from a later one", () => {
    expect(after(initialState, { type: "load-failed", rejection: AWAY })).toMatchObject({ phase: "failed", reachable: false });
    expect(after(loadedWith(a), { type: "load-failed", rejection: AWAY })).toMatchObject({ phase: "ready", reachable: false });
  });

  test("being away is said once, being back says what is not saved", () => {
    const away = after(loadedWith(a), { type: "load-failed", rejection: AWAY });
    expect(after(away, { type: "load-failed", rejection: AWAY }).announcement).toEqual(away.announcement);
    const back = after(away, { type: "removed", key: "k", todo: a }, reject("k", AWAY), { type: "loaded", todos: [a] });
    expect(back.announcement.text).toBe("Connected again. Not saved yet: 1.");
  });

  test("an answer for an operation that is not queued changes nothing", () => {
    const state = loadedWith(a);
    expect(after(state, { type: "confirmed", key: "unknown", todo: b })).toBe(state);
    expect(after(state, reject("unknown", AWAY))).toBe(state);
  });
});
