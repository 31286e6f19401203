import { useEffect, useRef, useState } from "preact/hooks";
import type { Todo } from "../api/types";
import { useFocusKeeper } from "../ui/focus";
import { LiveRegions } from "../ui/live";
import { useStore } from "../ui/store";
import type { Store } from "../ui/store";
import type { Commands } from "./commands";
import { matches, readFilter, writeFilter } from "./filter";
import type { Filter } from "./filter";
import { shownTodos, subject } from "./model";
import type { State } from "./model";
import { NewTodo } from "./NewTodo";
import { ConnectionNotice, Failures, UndoBar } from "./Notices";
import type { Action } from "./reducer";
import { TodoList } from "./TodoList";
import { Toolbar } from "./Toolbar";
import type { RowActions } from "./TodoRow";
import { count } from "./words";

interface Props {
  readonly store: Store<State, Action>;
  readonly commands: Commands;
  readonly onReload: () => void;
}

export function App({ store, commands, onReload }: Props) {
  const state = useStore(store);
  const [filter, setFilter] = useFilter();
  const [editing, setEditing] = useState<Todo | null>(null);
  const newTitle = useRef<HTMLInputElement>(null);

  const todos = shownTodos(state);
  const rows = rowsOf(todos, filter, editing);
  const done = todos.filter((todo) => todo.done).length;
  const counts = { all: todos.length, open: todos.length - done, done };
  const focus = useFocusKeeper(
    rows.map((todo) => todo.id),
    newTitle,
  );

  const undo = () => {
    const [first] = store.state.undo?.todos ?? [];
    if (first) focus(first.id, "edit");
    commands.undo();
  };
  useUndoKey(undo);
  useTitle(counts.open);

  const actions: RowActions = {
    onToggle: commands.toggle,
    onEdit: setEditing,
    onRemove: commands.remove,
    onCancel: () => {
      setEditing(null);
    },
    onSave: (fields) => {
      if (editing) commands.change(editing, fields);
      setEditing(null);
    },
  };

  return (
    <div class="page">
      <header>
        <h1>Todo</h1>
        {state.phase === "ready" && <p class="summary">{summary(counts.open, counts.all)}</p>}
      </header>
      <main>
        <NewTodo inputRef={newTitle} onAdd={commands.add} />
        <ConnectionNotice reachable={state.reachable} loadProblem={state.loadProblem} onReload={onReload} />
        <Failures failures={state.failures} onRetry={commands.retry} onDiscard={commands.discard} onRevise={commands.revise} />
        <Toolbar filter={filter} counts={counts} onFilter={setFilter} />
        <TodoList phase={state.phase} rows={rows} total={todos.length} filter={filter} editing={editing} pending={pendingIds(state)} actions={actions} />
        {counts.done > 0 && (
          <div class="foot">
            <button type="button" onClick={commands.clear}>
              Clear {count(counts.done, "completed todo", "completed todos")}
            </button>
          </div>
        )}
        <UndoBar undo={state.undo} onUndo={undo} onDismiss={commands.dismissUndo} />
      </main>
      <LiveRegions {...state.announcement} />
    </div>
  );
}

/** What the filter lets through, and always the todo being edited: its text is not taken from under the cursor. */
function rowsOf(todos: readonly Todo[], filter: Filter, editing: Todo | null): readonly Todo[] {
  const rows = todos.filter((todo) => todo.id === editing?.id || matches(todo, filter));
  return editing && !rows.some((todo) => todo.id === editing.id) ? [editing, ...rows] : rows;
}

function pendingIds(state: State): ReadonlySet<string> {
  return new Set(state.queue.map((operation) => subject(operation)?.id ?? ""));
}

function summary(open: number, all: number): string {
  if (all === 0) return "Nothing on the list";
  return open === 0 ? "All done" : `${String(open)} to do`;
}

function useFilter(): [Filter, (filter: Filter) => void] {
  const [filter, setFilter] = useState(() => readFilter(location.search));
  const change = (next: Filter) => {
    history.replaceState(null, "", location.pathname + writeFilter(next));
    setFilter(next);
  };
  return [filter, change];
}

function useTitle(open: number): void {
  useEffect(() => {
    document.title = open === 0 ? "Todo" : `(${String(open)}) Todo`;
  }, [open]);
}

/** Control or Command Z, except where a text field has its own undo. */
function useUndoKey(undo: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isUndo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
      if (!isUndo || hasOwnUndo(event.target)) return;
      event.preventDefault();
      undo();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => {
      document.removeEventListener("keydown", onKeyDown);
    };
  });
}

function hasOwnUndo(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return true;
  // An empty field has nothing to take back; after a deletion the focus may rest in one.
  return target instanceof HTMLInputElement && !["checkbox", "radio"].includes(target.type) && target.value !== "";
}
