import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../ui/icons";
import { cleanTitle, TITLE_MAX } from "./fields";

interface Props {
  readonly inputRef: RefObject<HTMLInputElement | null>;
  readonly onAdd: (title: string) => void;
}

export function NewTodo({ inputRef, onAdd }: Props) {
  const [text, setText] = useState("");
  const [isMissing, setMissing] = useState(false);

  function submit(event: Event) {
    event.preventDefault();
    const title = cleanTitle(text);
    setMissing(title === "");
    inputRef.current?.focus();
    if (title === "") return;
    onAdd(title);
    setText("");
  }

  return (
    <form class="new-todo" onSubmit={submit} noValidate>
      <label for="new-title" class="visually-hidden">
        New todo
      </label>
      <input
        id="new-title"
        ref={inputRef}
        type="text"
        value={text}
        placeholder="What needs doing?"
        autoComplete="off"
        enterKeyHint="done"
        maxLength={TITLE_MAX}
        aria-invalid={isMissing}
        aria-describedby={isMissing ? "new-title-error" : undefined}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setMissing(false);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") setText("");
        }}
      />
      <button type="submit" class="primary">
        <Icon name="plus" />
        Add
      </button>
      {isMissing && (
        <p id="new-title-error" class="field-error" role="alert">
          A todo needs a title.
        </p>
      )}
    </form>
  );
}
