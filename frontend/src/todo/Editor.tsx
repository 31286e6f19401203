import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { cleanTitle, NOTES_MAX, TITLE_MAX } from "./fields";
import type { Fields } from "./fields";

interface Props {
  readonly name: string;
  readonly initial: Fields;
  readonly onSave: (fields: Fields) => void;
  readonly onCancel: () => void;
}

/** Title, notes and due day. Enter saves (Control Enter in the notes), Escape cancels. */
export function Editor({ name, initial, onSave, onCancel }: Props) {
  const id = useId();
  const titleRef = useRef<HTMLInputElement>(null);
  const [fields, setFields] = useState(initial);
  const [isMissing, setMissing] = useState(false);

  // Before the page is drawn: select() takes the focus, which by then may be in another field.
  useLayoutEffect(() => {
    titleRef.current?.select();
  }, []);

  function save() {
    const title = cleanTitle(fields.title);
    setMissing(title === "");
    if (title === "") titleRef.current?.focus();
    else onSave({ ...fields, title });
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape") onCancel();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <form
      class="editor"
      aria-label={name}
      data-control="edit"
      noValidate
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <div class="field">
        <label for={`${id}-title`}>Title</label>
        <input
          id={`${id}-title`}
          ref={titleRef}
          type="text"
          value={fields.title}
          autoComplete="off"
          maxLength={TITLE_MAX}
          aria-invalid={isMissing}
          aria-describedby={isMissing ? `${id}-error` : undefined}
          onInput={(event) => {
            setFields({ ...fields, title: event.currentTarget.value });
            setMissing(false);
          }}
        />
        {isMissing && (
          <p id={`${id}-error`} class="field-error" role="alert">
            A todo needs a title.
          </p>
        )}
      </div>
      <div class="field">
        <label for={`${id}-notes`}>Notes</label>
        <textarea
          id={`${id}-notes`}
          rows={3}
          value={fields.notes}
          maxLength={NOTES_MAX}
          onInput={(event) => {
            setFields({ ...fields, notes: event.currentTarget.value });
          }}
        />
      </div>
      <div class="field due-field">
        <label for={`${id}-due`}>Due</label>
        <input
          id={`${id}-due`}
          type="date"
          value={fields.due_date ?? ""}
          min="0001-01-01"
          max="9999-12-31"
          onInput={(event) => {
            setFields({ ...fields, due_date: event.currentTarget.value || null });
          }}
        />
      </div>
      <div class="actions">
        <button type="submit" class="primary">
          Save
        </button>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
