import { Icon } from "../ui/icons";
import { STATUSES } from "./filter";
import type { Filter } from "./filter";

interface Props {
  readonly filter: Filter;
  readonly counts: Readonly<Record<Filter["status"], number>>;
  readonly onFilter: (filter: Filter) => void;
}

const LABELS = { all: "All", open: "Open", done: "Done" } as const;

export function Toolbar({ filter, counts, onFilter }: Props) {
  return (
    <div class="toolbar">
      <fieldset class="statuses">
        <legend class="visually-hidden">Show</legend>
        {STATUSES.map((status) => (
          <label key={status}>
            <input
              type="radio"
              name="status"
              value={status}
              checked={filter.status === status}
              onChange={() => {
                onFilter({ ...filter, status });
              }}
            />
            <span>
              {LABELS[status]} <span class="amount">{counts[status]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <search class="search">
        <label for="search" class="visually-hidden">
          Search todos
        </label>
        <Icon name="search" />
        <input
          id="search"
          type="search"
          value={filter.query}
          placeholder="Search"
          autoComplete="off"
          maxLength={200}
          onInput={(event) => {
            onFilter({ ...filter, query: event.currentTarget.value });
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") onFilter({ ...filter, query: "" });
          }}
        />
      </search>
    </div>
  );
}
