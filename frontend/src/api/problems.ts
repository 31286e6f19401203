/** What can go wrong between page and server, as two types: worth another try, or not. */

/** No usable answer: offline, timed out, or a gateway without a backend. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** The server answered, and refused. `detail` is text for people. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    readonly status: number,
    readonly detail: string,
  ) {
    super(`${String(status)}: ${detail}`);
  }
}

const WORTH_ANOTHER_TRY = new Set([408, 425, 429, 502, 503, 504]);

/** The error for a failed response; `body` is whatever it carried. */
export function problemOf(status: number, body: unknown): Unreachable | Refused {
  const detail = fieldTexts(body) ?? textOf(body, "detail") ?? textOf(body, "title");
  if (WORTH_ANOTHER_TRY.has(status)) return new Unreachable(detail ?? "The server is not ready.");
  return new Refused(status, detail ?? `The server answered with status ${String(status)}.`);
}

/** The messages about single fields, which say more than the problem's own sentence. */
function fieldTexts(body: unknown): string | null {
  const errors = isRecord(body) ? body.errors : null;
  if (!Array.isArray(errors)) return null;
  const texts = errors.map(fieldText).filter((text) => text !== null);
  return texts.length > 0 ? texts.join("; ") : null;
}

function fieldText(error: unknown): string | null {
  const message = textOf(error, "message");
  const field = textOf(error, "field");
  return message && field ? `${field} ${message}` : message;
}

function textOf(body: unknown, key: string): string | null {
  const value = isRecord(body) ? body[key] : null;
  return typeof value === "string" && value !== "" ? value : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
