// The Compare panel: arms, a guess, growing dots while it runs, and what can be said at the end.
import { type Count, Entry } from "../shared/entry";
import { Ask, Committed, type Gate } from "../shared/gate";
import gated from "../shared/gate.css";
import { panel } from "../shared/panel";
import { RunBar, Table } from "../shared/parts";
import { inks, type Intervals, type Mark, Plot, Shape } from "../shared/plot";
import type { Base, Props } from "../shared/seam";
import plotted from "../shared/plot.css";
import css from "./compare.css";

interface Shown {
  head: string[];
  rows: { text: string; tone?: string }[][];
  caption: string;
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
        <Entry count={view.labels_per_class} locked={busy} give={set("labels_per_class")} placeholder="all" />
        <Entry count={view.seeds} locked={busy} give={set("seeds")} />
      </div>
    </>
  );
}

export default panel<View>(Compare, plotted + gated + css);
