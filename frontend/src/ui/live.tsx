/** Text for screen readers, spoken when `serial` changes even if the text is the same. */
interface Props {
  readonly serial: number;
  readonly text: string;
  readonly urgent: boolean;
}

export function LiveRegions({ serial, text, urgent }: Props) {
  // Both regions stay in the page: one that appears together with its text is often not spoken.
  return (
    <div class="visually-hidden">
      <div role="status">{urgent ? null : <p key={serial}>{text}</p>}</div>
      <div role="alert">{urgent ? <p key={serial}>{text}</p> : null}</div>
    </div>
  );
}
