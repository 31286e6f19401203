/** The limits that the API sets on what people type, and the form in which it is sent. */
import type { Changes, Todo } from "../api/types";

export const TITLE_MAX = 200;
export const NOTES_MAX = 4000;

/** What the editor's fields hold. */
export type Fields = Pick<Todo, "title" | "notes" | "due_date">;

/** A title in one line, as the API keeps it. */
export function cleanTitle(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** The fields that differ from the todo's. */
export function changesFrom(todo: Todo, fields: Fields): Changes {
  return {
    ...(fields.title === todo.title ? {} : { title: fields.title }),
    ...(fields.notes === todo.notes ? {} : { notes: fields.notes }),
    ...(fields.due_date === todo.due_date ? {} : { due_date: fields.due_date }),
  };
}

/** A todo that only this page knows yet; its UUID makes a repeated creation harmless. */
export function freshTodo(title: string, now: Date): Todo {
  const moment = now.toISOString();
  return {
    id: newKey(),
    title,
    notes: "",
    done: false,
    due_date: null,
    version: 0,
    created_at: moment,
    updated_at: moment,
  };
}

/** A random UUID (version 4). `crypto.randomUUID` is missing where the page is opened over plain HTTP. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte, place) => markedByte(byte, place).toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Set the bits in which a UUID states its version and variant. */
function markedByte(byte: number, place: number): number {
  if (place === 6) return (byte & 0x0f) | 0x40;
  if (place === 8) return (byte & 0x3f) | 0x80;
  return byte;
}
