/** Carries the queue to the server: one request at a time, in the user's order, repeated where that is safe. */
import { isRefused } from "../api/client";
import type { TodoApi } from "../api/client";
import { Refused, Unreachable } from "../api/problems";
import type { Todo } from "../api/types";
import type { Store } from "../ui/store";
import { alreadyHolds } from "./model";
import type { Operation, Rejection, State } from "./model";
import type { Action } from "./reducer";

interface Pace {
  /** Waits before the second, third … try of one request, in milliseconds. */
  readonly retryMs: readonly number[];
  /** Wait between looks for a server that is away, in milliseconds. */
  readonly pollMs: number;
}

const PACE: Pace = { retryMs: [300, 1200], pollMs: 4000 };

export class Sync {
  private busy = false;
  private reloadWanted = false;
  private poll: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: Store<State, Action>,
    private readonly api: TodoApi,
    private readonly pace: Pace = PACE,
  ) {
    store.subscribe(() => void this.drain());
  }

  /** Fetch the whole list, between operations and never beside one: an old answer cannot undo a newer one. */
  reload(): Promise<void> {
    this.reloadWanted = true;
    return this.drain();
  }

  private async drain(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      while (await this.step());
    } finally {
      this.busy = false;
    }
  }

  private async step(): Promise<boolean> {
    const [operation] = this.store.state.queue;
    if (operation) await this.send(operation);
    else if (this.reloadWanted) await this.load();
    else return false;
    return true;
  }

  private async load(): Promise<void> {
    this.reloadWanted = false;
    clearTimeout(this.poll);
    try {
      this.store.dispatch({ type: "loaded", todos: await this.api.list() });
    } catch (error) {
      this.store.dispatch({ type: "load-failed", rejection: rejectionOf(error) });
      this.lookAgain();
    }
  }

  private lookAgain(): void {
    clearTimeout(this.poll);
    this.poll = setTimeout(() => void this.reload(), this.pace.pollMs);
  }

  private async send(operation: Operation): Promise<void> {
    const { key } = operation;
    this.store.dispatch({ type: "sending", key });
    try {
      const todo = await this.withRetries(() => this.request(operation));
      // What the clearing took beside the todos shown here is learnt from the list.
      this.reloadWanted ||= operation.kind === "clear";
      this.store.dispatch({ type: "confirmed", key, todo });
    } catch (error) {
      await this.reject(operation, error);
    }
  }

  private async request(operation: Operation): Promise<Todo | null> {
    switch (operation.kind) {
      case "create":
        return await this.api.create(operation.todo);
      case "update":
        return await this.api.update(operation.before.id, operation.changes, operation.version);
      case "remove":
        await this.api.remove(operation.todo.id);
        return null;
      case "clear":
        await this.api.clearDone();
        return null;
    }
  }

  private async withRetries<T>(request: () => Promise<T>): Promise<T> {
    for (const wait of this.pace.retryMs) {
      try {
        return await request();
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
    return await request();
  }

  private async reject(operation: Operation, error: unknown): Promise<void> {
    const { key } = operation;
    if (operation.kind !== "update" || !isRefused(error, 412)) {
      this.refuse(key, rejectionOf(error), null);
      return;
    }
    try {
      const current = await this.withRetries(() => this.api.get(operation.before.id));
      // An earlier try arrived and only its answer was lost: nothing is stale.
      if (alreadyHolds(current, operation.changes)) this.store.dispatch({ type: "confirmed", key, todo: current });
      else this.refuse(key, STALE, current);
    } catch (second) {
      this.refuse(key, rejectionOf(second), null);
    }
  }

  private refuse(key: string, rejection: Rejection, current: Todo | null): void {
    this.store.dispatch({ type: "rejected", key, rejection, current });
    if (rejection.kind === "unreachable") this.lookAgain();
  }
}

const STALE: Rejection = {
  kind: "stale",
  text: "It was changed elsewhere in the meantime; the list now shows that version.",
};

/** What a failed request means to the user. */
function rejectionOf(error: unknown): Rejection {
  if (error instanceof Unreachable) return { kind: "unreachable", text: "The server can’t be reached." };
  if (error instanceof Refused) return refusalOf(error);
  // A defect of the page: rolled back like any failure, and left in the console for its maintainers.
  console.error(error);
  return { kind: "refused", text: "This page made a mistake. Reload it and try again." };
}

function refusalOf({ status, detail }: Refused): Rejection {
  if (status === 404) return { kind: "missing", text: "It was deleted elsewhere in the meantime." };
  return { kind: status === 422 ? "invalid" : "refused", text: detail };
}
