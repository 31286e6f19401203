import { useState } from "preact/hooks";
import type { Todo } from "../api/types";
import type { Filter } from "./filter";
import type { State } from "./model";
import { TodoRow } from "./TodoRow";
import type { RowActions } from "./TodoRow";
import { count } from "./words";

/** Rows drawn at once: a list of thousands stays quick to type beside. */
const STEP = 200;

interface Props {
  readonly phase: State["phase"];
  readonly rows: readonly Todo[];
  readonly total: number;
  readonly filter: Filter;
  readonly editing: Todo | null;
  readonly pending: ReadonlySet<string>;
  readonly actions: RowActions;
}

export function TodoList({ phase, rows, total, filter, editing, pending, actions }: Props) {
  const [limit, setLimit] = useState(STEP);
  const hidden = rows.length - limit;
  return (
    <section aria-labelledby="list-heading" aria-busy={phase === "loading"}>
      <h2 id="list-heading" class="visually-hidden">
        Todos
      </h2>
      {rows.length === 0 && <Nothing phase={phase} total={total} filter={filter} />}
      {/* The role is said again because list-style: none takes it away in Safari. */}
      <ul class="list" role="list" hidden={rows.length === 0}>
        {rows.slice(0, limit).map((todo) => (
          <TodoRow key={todo.id} todo={todo} isEditing={todo.id === editing?.id} isPending={pending.has(todo.id)} actions={actions} />
        ))}
      </ul>
      {hidden > 0 && (
        <div class="foot">
          <button
            type="button"
            onClick={() => {
              setLimit(limit + STEP);
            }}
          >
            Show more ({count(hidden, "todo", "todos")} below)
          </button>
        </div>
      )}
    </section>
  );
}

function Nothing({ phase, total, filter }: Pick<Props, "phase" | "total" | "filter">) {
  if (phase === "loading") return <Loading />;
  if (phase === "failed") return <p class="nothing">The list is not here yet. You can already add to it.</p>;
  if (total === 0) return <Empty title="Nothing to do." text="Write down the first thing above." />;
  if (filter.query.trim() !== "") return <Empty title="No match." text={`Nothing contains “${filter.query.trim()}”.`} />;
  if (filter.status === "open") return <Empty title="All done." text="Nothing is open." />;
  return <Empty title="Nothing done yet." text="What you tick off shows up here." />;
}

function Empty({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <div class="nothing">
      <p class="nothing-title">{title}</p>
      <p>{text}</p>
    </div>
  );
}

function Loading() {
  return (
    <div class="loading">
      <p class="visually-hidden">Loading your todos …</p>
      <div class="ghost" />
      <div class="ghost" />
      <div class="ghost" />
    </div>
  );
}
