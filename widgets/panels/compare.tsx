// The Compare panel: arms, a guess, growing dots while it runs, and what can be said at the end.
import { useEffect, useRef, useState } from "preact/hooks";
import { panel } from "../shared/panel";
import { RunBar, Table } from "../shared/parts";
import type { Base, Props } from "../shared/seam";
import css from "./compare.css";

interface Mark {
  shape: string;
  tone: string;
  hollow: boolean;
}

interface Count {
  value: string;
  most: number;
  words: string;
  title: string;
}

interface Row extends Mark {
  name: string;
  /** Shares right, one for each finished draw. */
  points: number[];
  mean: number | null;
  low: number | null;
  high: number | null;
  value: string;
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
  plot: { rows: Row[]; guess: { at: number; words: string } | null; alt: string; axis: string } | null;
  /** What is said in the place of the plot before the guess. */
  closed: string;
  fair: string;
  outcome: {
    verdict: string;
    why: string;
    beside: string;
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
  const { view, busy, send } = props;
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
        {gate?.open && <Ask gate={gate} send={send} />}
        <div role="status">
          {outcome && <p class="tlkit-verdict">{outcome.verdict}</p>}
          {outcome?.beside && <p class="tlkit-beside">{outcome.beside}</p>}
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

function Settings({ view, busy, send }: Props<View>) {
  const number = (count: Count, name: string, locked: boolean) => (
    <label class="tlkit-count" title={count.title}>
      <input
        type="number"
        min={1}
        max={count.most}
        value={count.value}
        placeholder="all"
        readOnly={locked}
        onChange={(event) => {
          const { value } = event.currentTarget;
          send({ set: { [name]: value === "" ? null : Number(value) } });
        }}
      />
      <span>{count.words}</span>
    </label>
  );
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
              <svg class={`tlkit-mark tlkit-tone-${arm.tone}`} width="16" height="16" aria-hidden="true">
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
        {number(view.labels_per_class, "labels_per_class", busy)}
        {number(view.seeds, "seeds", busy)}
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

const TICKS = [0, 25, 50, 75, 100];
const HEIGHT = 44;
const MIDDLE = 18;
const percent = (share: number) => `${100 * share}%`;

/** Dots for draws, a bar for the interval, a mark for the mean. Places are in percent, so that text keeps its size. */
function Plot({ rows, guess, alt, axis }: NonNullable<View["plot"]>) {
  const line = guess && (
    <line class="tlkit-guessed" x1={percent(guess.at)} x2={percent(guess.at)} y1="0" y2={HEIGHT} />
  );
  const grid = TICKS.map((tick) => <line key={tick} class="tlkit-grid" x1={`${tick}%`} x2={`${tick}%`} y1="0" y2={HEIGHT} />);
  return (
    <div class="tlkit-plot" role="img" aria-label={alt}>
      {guess && (
        <div class="tlkit-row">
          <span />
          <svg height="18">
            <text class="tlkit-guessed" x={percent(guess.at)} dx={guess.at > 0.7 ? 4 : -4} y="13" text-anchor={guess.at > 0.7 ? "end" : "start"}>
              {guess.words}
            </text>
          </svg>
        </div>
      )}
      {rows.map((row) => (
        <div class="tlkit-row" key={row.name}>
          <span>{row.name}</span>
          <svg height={HEIGHT} class={`tlkit-tone-${row.tone}`}>
            {grid}
            {line}
            {row.points.map((share, draw) => (
              <circle class="tlkit-draw" key={draw} cx={percent(share)} cy={HEIGHT - 8} r="2.8" />
            ))}
            {row.mean !== null && row.low !== null && row.high !== null && (
              <>
                <line class="tlkit-interval" x1={percent(row.low)} x2={percent(row.high)} y1={MIDDLE} y2={MIDDLE} />
                <svg x={percent(row.mean)} y={MIDDLE}>
                  <Shape {...row} />
                </svg>
              </>
            )}
            <text x={percent(row.high ?? 1)} dx="13" y={MIDDLE + 4.5}>
              {row.value}
            </text>
          </svg>
        </div>
      ))}
      <div class="tlkit-row tlkit-axis">
        <span />
        <svg height="20">
          {TICKS.map((tick) => (
            <text key={tick} x={`${tick}%`} y="14" text-anchor="middle">
              {tick === 100 ? "100 %" : tick}
            </text>
          ))}
        </svg>
      </div>
      <div class="tlkit-row tlkit-axis">
        <span />
        <small>{axis}</small>
      </div>
    </div>
  );
}

const PATHS: Record<string, string> = {
  square: "M-5.5-5.5H5.5V5.5H-5.5Z",
  circle: "M-6.5 0A6.5 6.5 0 1 1 6.5 0A6.5 6.5 0 1 1-6.5 0Z",
  triangle: "M0-7.5L7.2 5.5H-7.2Z",
  wedge: "M0 7.5L7.2-5.5H-7.2Z",
  diamond: "M0-8L8 0L0 8L-8 0Z",
  plus: "M-2.5-7H2.5V-2.5H7V2.5H2.5V7H-2.5V2.5H-7V-2.5H-2.5Z",
  cross: "M-3-6.5L0-3.5L3-6.5L6.5-3L3.5 0L6.5 3L3 6.5L0 3.5L-3 6.5L-6.5 3L-3.5 0L-6.5-3Z",
  star: "M0-8L2-2.5L8-2.5L3.2 1.2L5 7L0 3.5L-5 7L-3.2 1.2L-8-2.5L-2-2.5Z",
};

function Shape({ shape, hollow }: Mark) {
  return <path class={hollow ? "tlkit-shape tlkit-hollow" : "tlkit-shape"} d={PATHS[shape]} />;
}

export default panel<View>(Compare, css);
