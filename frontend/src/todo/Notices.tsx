/** What the user must know: no connection, a list that did not load, changes that were not saved, a way back. */
import { useState } from "preact/hooks";
import type { Todo } from "../api/types";
import { Icon } from "../ui/icons";
import { Editor } from "./Editor";
import type { Fields } from "./fields";
import type { Failure, Operation, Undo } from "./model";
import { doneText, failedText, retryText } from "./words";

interface ConnectionProps {
  readonly reachable: boolean;
  readonly loadProblem: string | null;
  readonly onReload: () => void;
}

export function ConnectionNotice({ reachable, loadProblem, onReload }: ConnectionProps) {
  if (reachable && loadProblem === null) return null;
  return (
    <section class="notice warning" aria-label="Connection">
      <Icon name="offline" />
      <p>
        {reachable ? `The list could not be loaded. ${loadProblem ?? ""}` : "The server can’t be reached. Looking for it again every few seconds."}
      </p>
      <button type="button" onClick={onReload}>
        Try now
      </button>
    </section>
  );
}

interface FailuresProps {
  readonly failures: readonly Failure[];
  readonly onRetry: (keys: readonly string[]) => void;
  readonly onDiscard: (key: string) => void;
  readonly onRevise: (operation: Operation, fields: Fields) => void;
}

export function Failures({ failures, onRetry, onDiscard, onRevise }: FailuresProps) {
  if (failures.length === 0) return null;
  return (
    <section class="failures" aria-labelledby="failures-heading">
      <div class="failures-head">
        <h2 id="failures-heading">Not saved</h2>
        {failures.length > 1 && (
          <button
            type="button"
            onClick={() => {
              onRetry(failures.map((failure) => failure.operation.key));
            }}
          >
            Try all again
          </button>
        )}
      </div>
      <ul>
        {failures.map((failure) => (
          <FailureItem key={failure.operation.key} {...{ failure, onRetry, onDiscard, onRevise }} />
        ))}
      </ul>
    </section>
  );
}

type ItemProps = Omit<FailuresProps, "failures"> & { readonly failure: Failure };

function FailureItem({ failure, onRetry, onDiscard, onRevise }: ItemProps) {
  const [isEditing, setEditing] = useState(false);
  const { operation, rejection } = failure;
  const typed = typedFields(operation);
  const text = failedText(operation);
  if (isEditing && typed) {
    const save = (fields: Fields) => {
      onRevise(operation, fields);
    };
    const cancel = () => {
      setEditing(false);
    };
    return (
      <li data-row={operation.key}>
        <Editor name="Edit what was not saved" initial={typed} onSave={save} onCancel={cancel} />
      </li>
    );
  }
  return (
    <li data-row={operation.key}>
      <p>
        <strong>{text}</strong> {rejection.text}
      </p>
      {operation.kind === "update" && <Typed fields={operation.changes} />}
      <div class="actions">
        <button
          type="button"
          class="primary"
          aria-label={`${retryText(operation, rejection)}: ${text}`}
          onClick={() => {
            onRetry([operation.key]);
          }}
        >
          {retryText(operation, rejection)}
        </button>
        {typed && (
          <button
            type="button"
            aria-label={`Edit: ${text}`}
            data-control="edit"
            onClick={() => {
              setEditing(true);
            }}
          >
            Edit
          </button>
        )}
        <button
          type="button"
          aria-label={`Discard: ${text}`}
          onClick={() => {
            onDiscard(operation.key);
          }}
        >
          Discard
        </button>
      </div>
    </li>
  );
}

/** The text that an editor can go on with; null where nothing was typed. */
function typedFields(operation: Operation): Fields | null {
  if (operation.kind === "create") return operation.todo;
  if (operation.kind !== "update" || operation.changes.done !== undefined) return null;
  return { ...operation.before, ...operation.changes };
}

function Typed({ fields }: { readonly fields: Partial<Todo> }) {
  const texts = [fields.title, fields.notes].filter((text) => text !== undefined && text !== "");
  if (texts.length === 0) return null;
  return <blockquote>{texts.join("\n")}</blockquote>;
}

interface UndoProps {
  readonly undo: Undo | null;
  readonly onUndo: () => void;
  readonly onDismiss: () => void;
}

/** Stays until it is used, dismissed or replaced: nobody has to hurry. */
export function UndoBar({ undo, onUndo, onDismiss }: UndoProps) {
  if (!undo) return null;
  return (
    <section class="undo-bar" aria-label="Undo">
      <p>{doneText("Deleted", undo.todos)}</p>
      <button type="button" class="undo" onClick={onUndo}>
        Undo
      </button>
      <button type="button" class="quiet" aria-label="Dismiss" onClick={onDismiss}>
        <Icon name="close" />
      </button>
    </section>
  );
}
