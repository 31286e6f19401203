import { render } from "preact";
import { createTodoApi } from "../api/client";
import "../ui/base.css";
import { Store } from "../ui/store";
import { App } from "./App";
import { commandsOf } from "./commands";
import { initialState } from "./model";
import { reduce } from "./reducer";
import { Sync } from "./sync";
import "./todo.css";

const store = new Store(reduce, initialState);
const sync = new Sync(store, createTodoApi());

function reload(): void {
  void sync.reload();
}

/** Others may have changed the list while this page was not looked at. */
function reloadWhenVisible(): void {
  if (document.visibilityState === "visible") reload();
}

/** Leaving now would lose what is not saved. */
function holdUnsaved(event: BeforeUnloadEvent): void {
  if (store.state.queue.length > 0 || store.state.failures.length > 0) event.preventDefault();
}

const root = document.getElementById("app");
if (!root) throw new Error("the page has no #app to render into");
render(<App store={store} commands={commandsOf(store)} onReload={reload} />, root);

document.addEventListener("visibilitychange", reloadWhenVisible);
window.addEventListener("online", reload);
window.addEventListener("beforeunload", holdUnsaved);
reload();
