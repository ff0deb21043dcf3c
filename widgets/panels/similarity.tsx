// The Similarity panel: two sets and a network, bars between floor and ceiling, a map, and nearest pictures.
import { useMemo } from "preact/hooks";
import { panel } from "../shared/panel";
import { RunBar } from "../shared/parts";
import gated from "../shared/gate.css";
import plotted from "../shared/plot.css";
import type { Base, Props } from "../shared/seam";
import css from "./similarity.css";
import { type Cells, Coupling, type CouplingShown } from "./similarity/coupling";
import coupling from "./similarity/coupling.css";
import { FirstGuess, type Gain, type Guess, MeasureGain } from "./similarity/gain";
import gaining from "./similarity/gain.css";
import { FeatureMap, type FeatureMapData } from "./similarity/map";
import { Overlap, type Shared } from "./similarity/overlap";
import overlapping from "./similarity/overlap.css";
import { walk } from "./similarity/radios";
import { type Sheet, Tile } from "./similarity/tile";

interface Bar {
  name: string;
  label: string;
  ask: string;
  value: string;
  floor: string;
  ceiling: string;
  /** 0 at the floor, 1 at the ceiling; null where nothing can be placed. */
  position: number | null;
  low?: number;
  high?: number;
  spot: string;
  sure: string;
  word: string;
  tone: string;
  words: string;
}

interface Chosen {
  picture: number;
  tile: number;
  label: string;
  title: string;
  nearest: { tile: number; label: string; distance: string }[];
  words: string;
}

interface Outcome {
  verdict: string;
  why: string[];
  groups: { title: string; floor: string; ceiling: string; bars: Bar[] }[];
  sizes: string;
  notes: string[];
  maps: { label: string; chosen: string; options: { name: string; label: string }[] };
  map_title: string;
  map_words: string;
  map_keys: string;
  legend: string[];
  choose: string;
  choices: { picture: number; tile: number; label: string; words?: string }[];
  chosen: Chosen;
  /** Results of earlier versions have none. */
  coupling: CouplingShown | null;
  overlap: Shared | null;
}

interface View extends Base {
  choose: { field: "source" | "target" | "backbone"; label: string; chosen: string; options: string[] }[];
  samples: Record<string, { count: number; alt: string; texts?: string[] }>;
  invite: string;
  outcome: Outcome | null;
  stale_words: string;
  gate: Guess | null;
  gain: Gain | null;
}

function Similarity(props: Props<View>) {
  const { view, pictures, busy, send } = props;
  const { outcome } = view;
  const map = useParsed<FeatureMapData>(pictures["map"]);
  const cells = useParsed<Cells>(pictures["coupling"]);
  const look = (picture: number) => busy || send({ set: { picture } });
  return (
    <>
      <div class="tlkit-s-choose">
        {view.choose.map((one) => (
          <div class={`tlkit-s-card tlkit-s-${one.field}`} key={one.field}>
            <label>
              <span>{one.label}</span>
              <select
                aria-disabled={busy}
                value={one.chosen}
                onChange={(event) => {
                  const chosen = event.currentTarget;
                  if (busy) chosen.value = one.chosen;
                  else send({ set: { [one.field]: chosen.value } });
                }}
              >
                {one.options.map((name) => (
                  <option value={name} key={name}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <Samples uri={pictures[one.field]} {...view.samples[one.field]} />
          </div>
        ))}
      </div>
      <FirstGuess {...props} />
      <RunBar {...props} blocked={view.gate?.must === true && view.gate.open} other={busy && view.gain?.measures === true} done={outcome !== null}>
        {!outcome && <span class="tlkit-dim">{view.invite}</span>}
      </RunBar>
      {outcome && map && (
        <div class={view.stale ? "tlkit-s-outcome tlkit-s-stale" : "tlkit-s-outcome"} style={{ "--sheet": `url("${pictures["sheet"]}")` }}>
          {view.stale && <p class="tlkit-note">{view.stale_words}</p>}
          <div role="status">
            <p class="tlkit-verdict">{outcome.verdict}</p>
          </div>
          {outcome.why.map((words) => (
            <p class="tlkit-why tlkit-s-why" key={words}>
              {words}
            </p>
          ))}
          {outcome.overlap && <Overlap {...outcome.overlap} />}
          {outcome.notes.map((words) => (
            <p class="tlkit-note" key={words}>
              {words}
            </p>
          ))}
          {outcome.groups.map((group) => (
            <Group {...group} key={group.title} />
          ))}
          {view.gain && <MeasureGain {...props} gain={view.gain} />}
          <div class="tlkit-s-two">
            <FeatureMap outcome={outcome} map={map} look={look} place={(name) => busy || send({ set: { map: name } })} />
            <div class="tlkit-s-words">
              <p class="tlkit-why">{outcome.map_keys}</p>
              <p class="tlkit-why">{outcome.map_words}</p>
            </div>
            <Nearest outcome={outcome} sheet={map.sheet} look={look} />
          </div>
          {outcome.coupling && <Coupling shown={outcome.coupling} cells={cells} sheet={map.sheet} choose={(pair) => busy || send({ set: { pair } })} />}
          <p class="tlkit-why tlkit-s-sizes">{outcome.sizes}</p>
        </div>
      )}
    </>
  );
}

/** A few pictures or texts of a set; the network, which has none, shows nothing. */
function Samples({ uri, count, alt, texts }: { uri?: string | undefined; count?: number; alt?: string; texts?: string[] }) {
  if (texts) return <p class="tlkit-s-texts">{texts.join(" · ")}</p>;
  if (!uri || !count) return null;
  const sheet = { tile: 32, columns: 24, rows: 1 };
  return (
    <div class="tlkit-s-samples" role="img" aria-label={alt} style={{ "--sheet": `url("${uri}")` }}>
      {Array.from({ length: count }, (_, number) => (
        <Tile sheet={sheet} number={number} size={27} key={number} />
      ))}
    </div>
  );
}

function Group({ title, floor, ceiling, bars }: Outcome["groups"][number]) {
  return (
    <section class="tlkit-s-group" aria-label={title}>
      <h3>{title}</h3>
      <div class="tlkit-s-row tlkit-s-scale" aria-hidden="true">
        <span />
        <span class="tlkit-s-ends">
          <span style={{ left: across(0) }}>{floor}</span>
          <span style={{ left: across(1) }}>{ceiling}</span>
        </span>
        <span />
      </div>
      {bars.map((bar) => (
        <div class="tlkit-s-row" key={bar.name}>
          <div class="tlkit-s-name">
            <b>{bar.label}</b>
            <small>{bar.ask}</small>
          </div>
          <div class="tlkit-s-track" role="img" aria-label={bar.words}>
            <i class="tlkit-s-rail" style={{ left: across(0), width: `calc(${across(1)} - ${across(0)})` }} />
            <small style={{ left: across(0) }}>{bar.floor}</small>
            <small style={{ left: across(1) }}>{bar.ceiling}</small>
            {bar.position !== null && (
              <>
                <i class="tlkit-s-sure" style={{ left: across(bar.low ?? bar.position), right: `calc(100% - ${across(bar.high ?? bar.position)})` }} />
                <i class="tlkit-s-dot" style={{ left: across(bar.position) }} />
                <em style={{ left: across(bar.position) }}>{bar.value}</em>
              </>
            )}
          </div>
          <div class="tlkit-s-spot">
            <b>{bar.spot}</b> <small>{bar.sure}</small>
            <small class={bar.tone ? `tlkit-${bar.tone}` : undefined}>{bar.word}</small>
          </div>
        </div>
      ))}
    </section>
  );
}

/** Where a position is drawn: a little room below the floor and above the ceiling, and no further. */
function across(position: number): string {
  const shown = Math.min(1.12, Math.max(-0.08, position));
  return `${(100 * (shown + 0.08)) / 1.2}%`;
}

function Nearest({ outcome, sheet, look }: { outcome: Outcome; sheet: Sheet; look(picture: number): unknown }) {
  const { chosen, choices } = outcome;
  const pressed = choices.findIndex((one) => one.picture === chosen.picture);
  return (
    <div class="tlkit-s-nearest">
      <h3>{chosen.title}</h3>
      <div class={"texts" in sheet ? "tlkit-s-hit tlkit-s-read" : "tlkit-s-hit"}>
        <figure class="tlkit-s-asked">
          <Tile sheet={sheet} number={chosen.tile} size={64} />
          <figcaption>{chosen.label}</figcaption>
        </figure>
        <ol>
          {chosen.nearest.map((one, place) => (
            <li key={place}>
              <Tile sheet={sheet} number={one.tile} size={44} />
              <b>{one.label}</b>
              <small>{one.distance}</small>
            </li>
          ))}
        </ol>
      </div>
      <p class="tlkit-why">{chosen.words}</p>
      <h3>{outcome.choose}</h3>
      <div class="tlkit-s-choices" role="radiogroup" aria-label={outcome.choose} onKeyDown={walk}>
        {choices.map((one, place) => (
          <button
            type="button"
            role="radio"
            key={one.picture}
            aria-checked={place === pressed}
            aria-label={one.words ?? one.label}
            title={one.words ?? one.label}
            tabIndex={place === Math.max(0, pressed) ? 0 : -1}
            onClick={() => look(one.picture)}
          >
            <Tile sheet={sheet} number={one.tile} size={32} />
          </button>
        ))}
      </div>
    </div>
  );
}

/** What is sent apart from the view, since it is large: read once. */
function useParsed<Data>(json: string | undefined): Data | null {
  return useMemo<Data | null>(() => (json ? JSON.parse(json) : null), [json]);
}

export default panel<View>(Similarity, css + plotted + gated + gaining + coupling + overlapping);
