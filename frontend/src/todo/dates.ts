/** Due days, read in the user's own calendar. */

export interface Due {
  readonly text: string;
  readonly tone: "late" | "soon" | "later";
}

const DAY_MS = 86_400_000;

/** How a due day (YYYY-MM-DD) reads on the day `today`. */
export function describeDue(day: string, today: Date, locale?: string): Due {
  const distance = daysBetween(today, day);
  if (distance < 0) return { text: `Overdue since ${format(day, today, locale)}`, tone: "late" };
  if (distance === 0) return { text: "Due today", tone: "soon" };
  if (distance === 1) return { text: "Due tomorrow", tone: "soon" };
  return { text: `Due ${format(day, today, locale)}`, tone: "later" };
}

function daysBetween(today: Date, day: string): number {
  // Both as UTC midnights: a day of 23 or 25 hours must not shift the count.
  const start = Date.UTC(today.getFullYear(), today.getMonth(), today.getDate());
  return Math.round((Date.parse(day) - start) / DAY_MS);
}

function format(day: string, today: Date, locale?: string): string {
  const sameYear = day.startsWith(String(today.getFullYear()));
  const year = sameYear ? {} : ({ year: "numeric" } as const);
  return new Date(day).toLocaleDateString(locale, { day: "numeric", month: "short", ...year, timeZone: "UTC" });
}
