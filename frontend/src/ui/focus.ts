/** Keeps the keyboard's place when the element that had it goes away. */
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** The row that takes over from `id`: itself if it is still there, else the next one, else the one before. */
export function neighbour(previous: readonly string[], present: readonly string[], id: string): string | null {
  const place = previous.indexOf(id);
  if (place < 0) return present.includes(id) ? id : null;
  const candidates = [...previous.slice(place), ...previous.slice(0, place).reverse()];
  return candidates.find((candidate) => present.includes(candidate)) ?? null;
}

interface Place {
  readonly element: Element | null;
  readonly row: string | null;
  readonly control: string | null;
}

/**
 * Rows are marked `data-row`, their controls `data-control`; `order` lists the rows now shown.
 * When the focused element is gone after a drawing, its neighbour gets the focus, else `fallback`.
 * Returns a function that asks for a control to be focused as soon as it is drawn.
 */
export function useFocusKeeper(order: readonly string[], fallback: RefObject<HTMLElement | null>) {
  const place = useRef<Place | null>(null);
  const wanted = useRef<Place | null>(null);
  const previous = useRef<readonly string[]>([]);

  useEffect(() => {
    const remember = (event: FocusEvent) => {
      if (event.target instanceof Element) place.current = placeOf(event.target);
    };
    // A click into the void gives the focus up on purpose.
    const forget = () => {
      place.current = null;
    };
    document.addEventListener("pointerdown", forget, true);
    document.addEventListener("focusin", remember);
    return () => {
      document.removeEventListener("pointerdown", forget, true);
      document.removeEventListener("focusin", remember);
    };
  }, []);

  useLayoutEffect(() => {
    if (wanted.current && focusPlace(wanted.current)) wanted.current = null;
    else if (isLost(place.current)) restore(place.current, previous.current, order, fallback.current);
    previous.current = order;
  });

  return (row: string, control: string) => {
    wanted.current = { element: null, row, control };
  };
}

function placeOf(element: Element): Place {
  const row = element.closest("[data-row]")?.getAttribute("data-row") ?? null;
  const control = element.closest("[data-control]")?.getAttribute("data-control") ?? null;
  return { element, row, control };
}

function isLost(place: Place | null): place is Place {
  return document.activeElement === document.body && place?.element?.isConnected === false;
}

function restore(place: Place, previous: readonly string[], order: readonly string[], fallback: HTMLElement | null): void {
  const row = place.row === null ? null : neighbour(previous, order, place.row);
  if (row === null || !focusPlace({ ...place, row })) fallback?.focus();
}

function focusPlace({ row, control }: Place): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const found = rows.find((each) => each.dataset.row === row);
  const controls = [...(found?.querySelectorAll<HTMLElement>("[data-control]") ?? [])];
  const target = controls.find((each) => each.dataset.control === control) ?? controls[0];
  target?.focus();
  return target !== undefined;
}
