// The Compare panel: arms, a guess, growing dots while it runs, and what can be said at the end.
import { useEffect, useRef, useState } from "preact/hooks";
import { panel } from "../shared/panel";
import { RunBar, Table } from "../shared/parts";
import { inks, type Intervals, type Mark, Plot, Shape } from "../shared/plot";
import type { Base, Props } from "../shared/seam";
import plotted from "../shared/plot.css";
import css from "./compare.css";

interface Count {
  value: string;
  most: number;
  words: string;
  title: string;
}

interface Shown {
  head: string[];
  rows: { text: string; tone?: string }[][];
  caption: string;
}

interface Gate {
  open: boolean;
  question: string;
  words: string;
  reason: string;
  labels: { title: string; points: string; because: string; hint: string; commit: string };
}

interface View extends Base {
  arms: (Mark & { name: string; label: string; on: boolean; locked: boolean })[];
  labels_per_class: Count;
  seeds: Count;
  gate: Gate | null;
  plot: Intervals | null;
  /** What is said in the place of the plot before the guess. */
  closed: string;
  fair: string;
  outcome: {
    verdict: string;
    why: string;
    beside: string;
    /** The verdict on the best transfer, where the guess was about another. */
    best: string;
    asides: string[];
    table: Shown;
    pairs: Shown;
    pairs_words: string;
    pairs_note: string;
    notes: string[];
    fairness: string[];
    fairness_words: string;
    save: string;
  } | null;
  stale_words: string;
  saved: string;
}

function Compare(props: Props<View>) {
  const { view, busy, saved, send } = props;
  const { gate, outcome, plot } = view;
  return (
    <div class="tlkit-two">
      <div>
        <Settings {...props} />
        {gate && !gate.open && <Committed gate={gate} />}
        <RunBar {...props} blocked={gate?.open ?? false}>
          {outcome && (
            <button type="button" class="tlkit-ghost" onClick={() => send({ do: "save" })}>
              {outcome.save}
            </button>
          )}
        </RunBar>
        <p class="tlkit-saved" role="status">
          {view.saved}
        </p>
      </div>
      <div class={view.stale && !busy ? "tlkit-stale" : undefined}>
        {view.stale && !busy && outcome && <p class="tlkit-note">{view.stale_words}</p>}
        {gate?.open && !saved && <Ask gate={gate} send={send} />}
        <div role="status">
          {outcome && <p class="tlkit-verdict">{outcome.verdict}</p>}
          {outcome?.beside && <p class="tlkit-beside">{outcome.beside}</p>}
          {outcome?.best && <p class="tlkit-best">{outcome.best}</p>}
          {view.closed && <p>{view.closed}</p>}
        </div>
        <p class="tlkit-why">{outcome ? outcome.why : view.fair}</p>
        {plot && <Plot {...plot} />}
        {outcome && (
          <>
            {outcome.asides.map((words) => (
              <p class="tlkit-aside" key={words}>
                {words}
              </p>
            ))}
            <Table {...outcome.table} />
            <p class="tlkit-notes">{outcome.notes.join(" ")}</p>
            <details>
              <summary>{outcome.pairs_words}</summary>
              <Table {...outcome.pairs} />
              <p>{outcome.pairs_note}</p>
            </details>
            <details>
              <summary>{outcome.fairness_words}</summary>
              <p>{view.fair}</p>
              {outcome.fairness.map((words) => (
                <p key={words}>{words}</p>
              ))}
            </details>
          </>
        )}
      </div>
    </div>
  );
}

/** A whole number to type; what is typed and not yet given stays when a view arrives meanwhile. */
function Entry({ count, locked, give }: { count: Count; locked: boolean; give(value: number | null): void }) {
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
        placeholder="all"
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

function Settings({ view, busy, send }: Props<View>) {
  const set = (name: string) => (value: number | null) => send({ set: { [name]: value } });
  return (
    <>
      <fieldset class="tlkit-arms">
        <legend>Arms</legend>
        {view.arms.map((arm) => {
          const locked = busy || arm.locked;
          return (
            <label key={arm.name}>
              <input
                type="checkbox"
                checked={arm.on}
                aria-disabled={locked}
                onClick={(event) => locked && event.preventDefault()}
                onChange={(event) => locked || send({ set: { arm: arm.name, on: event.currentTarget.checked } })}
              />
              <svg class="tlkit-mark tlkit-inked" style={inks(arm)} width="16" height="16" aria-hidden="true">
                <g transform="translate(8 8)">
                  <Shape {...arm} />
                </g>
              </svg>
              <span>
                {arm.name}
                <small>{arm.label}</small>
              </span>
            </label>
          );
        })}
      </fieldset>
      <div class="tlkit-counts">
        <Entry count={view.labels_per_class} locked={busy} give={set("labels_per_class")} />
        <Entry count={view.seeds} locked={busy} give={set("seeds")} />
      </div>
    </>
  );
}

/** The guess before anything is shown. What is typed stays here until it is committed. */
function Ask({ gate, send }: { gate: Gate; send: Props<View>["send"] }) {
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

function Committed({ gate }: { gate: Gate }) {
  const node = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The form with the focus is gone: what comes next is to run.
    if (document.activeElement === document.body) {
      node.current?.closest(".tlkit-panel")?.querySelector<HTMLElement>(".tlkit-go")?.focus({ preventScroll: true });
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

export default panel<View>(Compare, plotted + css);
