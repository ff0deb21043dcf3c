// Parts that panels share. Each shows what it is given.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Base, Event, Props } from "./seam";

/** An error in words; the traceback behind a disclosure. */
export function Problem({ words, details }: { words: string; details: string }) {
  return (
    <div class="tlkit-problem" role="alert">
      <p>{words}</p>
      {details && (
        <details>
          <summary>Details</summary>
          <pre tabIndex={0}>{details}</pre>
        </details>
      )}
    </div>
  );
}

/** Run, Stop and progress, and whatever else a panel puts beside them.
 *
 * A panel with a second kind of work has a second bar: with its own `work`, and `other` where the first is going on. */
export function RunBar({ view, busy, saved, send, children, blocked = false, other = false, done, work }: Props<Base> & BarProps) {
  const { status, progress } = view;
  const labels = work?.labels ?? view.labels;
  const again = done ?? (status === "finished" || status === "stopped" || status === "failed");
  // One button in one place: whoever pressed Run with the keyboard can stop with the same key. The second half of
  // a double click is no wish to stop.
  return (
    <div class="tlkit-bar">
      {view.reopened ? (
        !work && <p class="tlkit-note tlkit-reopened">{view.reopened}</p>
      ) : busy && !other ? (
        <button type="button" key="main" class="tlkit-go tlkit-stop" aria-disabled={status === "stopping"} onClick={(event) => event.detail > 1 || send({ stop: true })}>
          {status === "stopping" ? labels.stopping : labels.stop}
        </button>
      ) : (
        <button type="button" key="main" class="tlkit-go" aria-disabled={blocked || other} onClick={() => blocked || other || send(work?.start ?? { run: true })}>
          {again ? labels.again : labels.run}
        </button>
      )}
      {!saved && (busy && !other ? <Progress {...(progress ?? { words: "", share: null })} /> : children)}
    </div>
  );
}

interface BarProps {
  children?: ComponentChildren;
  blocked?: boolean;
  /** Another work of the panel is going on. */
  other?: boolean;
  /** What this bar starts, where it is not the panel's run. */
  work?: { labels: Base["labels"]; start: Event };
  /** Whether it was done before; a panel with one kind of work can tell it by its status. */
  done?: boolean;
}

/** How far a run is; without a share, the bar only says that something happens. */
export function Progress({ words, share }: { words: string; share: number | null }) {
  return (
    <div class="tlkit-progress">
      <progress aria-label={words || "Running"} max={1} {...(share === null ? {} : { value: share })} />
      {/* No live region: it changes up to ten times a second. The frame announces the start and the end. */}
      <span>{words}</span>
    </div>
  );
}

/** A row of choices of which one is pressed. */
export function Segments(props: {
  label: string;
  options: { name: string; label: string; title?: string }[];
  chosen: string;
  disabled: boolean;
  choose(name: string): void;
}) {
  return (
    <div class="tlkit-segments" role="group" aria-label={props.label}>
      {props.options.map((one) => (
        <button
          type="button"
          key={one.name}
          aria-pressed={one.name === props.chosen}
          aria-disabled={props.disabled}
          title={one.title}
          onClick={() => props.disabled || props.choose(one.name)}
        >
          {one.label}
        </button>
      ))}
    </div>
  );
}

/** A table that scrolls by itself when it is too wide. */
export function Table(props: { caption: string; head: string[]; rows: { text: string; tone?: string }[][] }) {
  return (
    <div class="tlkit-scroll" role="region" aria-label={props.caption} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {props.head.map((cell) => (
              <th scope="col" key={cell}>
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={row[0]?.text}>
              {row.map((cell, column) =>
                column === 0 ? (
                  <th scope="row">{cell.text}</th>
                ) : (
                  <td class={cell.tone ? `tlkit-${cell.tone}` : undefined}>{cell.text}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A button that copies Python; where the browser forbids it, the code is shown to be copied by hand. */
export function Copy({ code, label }: { code: string; label: string }) {
  const [state, setState] = useState<"no" | "yes" | "shown">("no");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      setState("yes");
      setTimeout(() => setState("no"), 2000);
    } catch {
      // No right to the clipboard, or not a secure address: show the code to be copied by hand.
      setState("shown");
    }
  };
  return (
    <>
      <button type="button" class="tlkit-ghost" onClick={() => void copy()}>
        {state === "yes" ? "Copied" : label}
      </button>
      <span class="tlkit-hidden" role="status">
        {state === "yes" ? "The code is in the clipboard." : ""}
      </span>
      {state === "shown" && <textarea class="tlkit-code" readOnly rows={6} value={code} aria-label="Python code" />}
    </>
  );
}
