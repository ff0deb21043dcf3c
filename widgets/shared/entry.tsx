// A whole number to type; its style is in gate.css.
import { useEffect, useRef, useState } from "preact/hooks";

/** A number as Python describes it. */
export interface Count {
  value: string;
  most: number;
  words: string;
  title: string;
}

/** What is typed and not yet given stays when a view arrives meanwhile. */
export function Entry({ count, locked, give, placeholder = "" }: { count: Count; locked: boolean; give(value: number | null): void; placeholder?: string }) {
  const [typed, setTyped] = useState<string | null>(null);
  const given = useRef(false);
  useEffect(() => {
    if (given.current) setTyped(null);
  }, [count]);
  return (
    <label class="tlkit-count" title={count.title}>
      <input
        type="number"
        min={1}
        max={count.most}
        value={typed ?? count.value ?? ""}
        placeholder={placeholder}
        readOnly={locked}
        onInput={(event) => {
          given.current = false;
          setTyped(event.currentTarget.value);
        }}
        onChange={(event) => {
          const { value } = event.currentTarget;
          given.current = true;
          give(value === "" ? null : Number(value));
        }}
      />
      <span>{count.words}</span>
    </label>
  );
}

