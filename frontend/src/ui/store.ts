/** A state holder: one reducer, one state, listeners that are told of every change. */
import { useEffect, useState } from "preact/hooks";

export class Store<State, Action> {
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly reduce: (state: State, action: Action) => State,
    private current: State,
  ) {}

  get state(): State {
    return this.current;
  }

  dispatch(action: Action): void {
    this.current = this.reduce(this.current, action);
    for (const listener of this.listeners) listener();
  }

  /** Call `listener` after every action; returns the function that ends this. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** The store's state; the component is drawn again when it changes. */
export function useStore<State, Action>(store: Store<State, Action>): State {
  const [state, setState] = useState(store.state);
  useEffect(() => {
    const update = () => {
      setState(store.state);
    };
    // An action may have come between the first drawing and this subscription.
    update();
    return store.subscribe(update);
  }, [store]);
  return state;
}
