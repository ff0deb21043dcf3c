// The guess before a result. All words are Python's.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Base, Props } from "./seam";

/** What is asked, or what was guessed. */
export interface Gate {
  open: boolean;
  question: string;
  words: string;
  reason: string;
  labels: { title: string; points: string; because: string; hint: string; commit: string };
}

/** The guess before anything is shown. What is typed stays here until it is committed. */
export function Ask({ gate, send }: { gate: Gate; send: Props<Base>["send"] }) {
  const [guess, setGuess] = useState("");
  const [reason, setReason] = useState("");
  const { labels } = gate;
  return (
    <form
      class="tlkit-guess tlkit-ask"
      aria-label={labels.title}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send({ do: "commit", with: { guess, reason } });
      }}
    >
      <label>
        <strong class="tlkit-verdict">{gate.question}</strong>
        <span class="tlkit-points">
          <input type="number" min={-100} max={100} step="any" value={guess} onInput={(event) => setGuess(event.currentTarget.value)} />
          {labels.points}
        </span>
      </label>
      <label>
        {labels.because}
        <textarea rows={2} placeholder={labels.hint} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <button type="submit" class="tlkit-go">
        {labels.commit}
      </button>
    </form>
  );
}

/** What was guessed. Its form had the focus: what comes next is to run, with the button that `next` selects. */
export function Committed({ gate, next = ".tlkit-go" }: { gate: Gate; next?: string }) {
  const node = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) {
      node.current?.closest(".tlkit-panel")?.querySelector<HTMLElement>(next)?.focus({ preventScroll: true });
    }
  }, []);
  return (
    <div class="tlkit-guess" ref={node} role="status">
      <p>
        <b>{gate.labels.title}:</b> {gate.words}
      </p>
      <blockquote>
        {gate.labels.because} {gate.reason}
      </blockquote>
    </div>
  );
}
