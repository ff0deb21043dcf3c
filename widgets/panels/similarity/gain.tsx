// "Measure it": what transfer gained, beside the guess and beside what the scores led one to expect.
import { type Count, Entry } from "../../shared/entry";
import { Ask, Committed, type Gate } from "../../shared/gate";
import { RunBar, Table } from "../../shared/parts";
import { type Intervals, Plot } from "../../shared/plot";
import type { Base, Props } from "../../shared/seam";
import { Moved, type MovedStages } from "./moved";

export interface Gain {
  title: string;
  words: string;
  labels_per_class: Count;
  draws: Count;
  labels: Base["labels"];
  measured: boolean;
  /** There is a report of the present settings, and no guess is missing. */
  ready: boolean;
  /** It is being measured now. */
  measures: boolean;
  time: string;
  stale: boolean;
  stale_words: string;
  found: Found | null;
}

interface Found {
  title: string;
  verdict: string;
  why: string;
  cards: { title: string; value: string; words: string }[];
  beside: string;
  fits: string;
  best: string;
  plot: Intervals;
  table: { head: string[]; rows: { text: string }[][]; caption: string };
  notes: string[];
  fairness_words: string;
  fairness: string[];
  moved: MovedStages | null;
}

/** A gate that must be passed, or only invites; it stands first as long as there is no report. */
export interface Guess extends Gate {
  first: boolean;
  must: boolean;
}

interface Measuring extends Base {
  gate: Guess | null;
  gain: Gain | null;
}

const BUTTON = ".tlkit-g .tlkit-go";

/** The guess that must come before everything else. */
export function FirstGuess({ view, saved, send }: Props<Measuring>) {
  const { gate } = view;
  if (!gate?.first || saved) return null;
  return gate.open ? <Ask gate={gate} send={send} /> : <Committed gate={gate} />;
}

export function MeasureGain(props: Props<Measuring> & { gain: Gain }) {
  const { view, gain, busy, saved, send } = props;
  const { gate } = view;
  const { found } = gain;
  const fixed = saved || view.reopened !== "";
  if (fixed && !found) return null;
  const set = (name: string) => (value: number | null) => send({ set: { [name]: value } });
  const other = busy && !gain.measures;
  return (
    <section class="tlkit-g" aria-label={gain.title}>
      <h3>{gain.title}</h3>
      {!fixed && (
        <>
          <p class="tlkit-why">{gain.words}</p>
          {gate && !gate.first && (gate.open ? <Ask gate={gate} send={send} /> : <Committed gate={gate} next={BUTTON} />)}
          <div class="tlkit-g-go">
            <div class="tlkit-counts">
              <Entry count={gain.labels_per_class} locked={busy} give={set("labels_per_class")} />
              <Entry count={gain.draws} locked={busy} give={set("draws")} />
            </div>
            <RunBar {...props} blocked={!gain.ready} other={other} work={{ labels: gain.labels, start: { do: "measure" } }} done={gain.measured}>
              <span class="tlkit-dim">{gain.time}</span>
            </RunBar>
          </div>
        </>
      )}
      {found && !gain.measures && (
        <>
          {gain.stale && <p class="tlkit-note">{gain.stale_words}</p>}
          <Measured {...found} />
        </>
      )}
    </section>
  );
}

function Measured(found: Found) {
  return (
    <>
      <div role="status">
        <p class="tlkit-verdict">{found.verdict}</p>
      </div>
      <p class="tlkit-why">{found.why}</p>
      <ul class="tlkit-g-cards" aria-label={found.title}>
        {found.cards.map((card) => (
          <li key={card.title}>
            <span>{card.title}</span>
            <b>{card.value}</b>
            <small>{card.words}</small>
          </li>
        ))}
      </ul>
      {[found.beside, found.fits, found.best].map((words) => words && <p key={words}>{words}</p>)}
      <Plot {...found.plot} />
      {found.moved && <Moved {...found.moved} />}
      <details>
        <summary>{found.fairness_words}</summary>
        <Table {...found.table} />
        {[...found.notes, ...found.fairness].map((words) => (
          <p key={words}>{words}</p>
        ))}
      </details>
    </>
  );
}
