// The Freeze panel: stages from input to head, a switch and a mode on each, and what came out.
import { useState } from "preact/hooks";
import { panel } from "../shared/panel";
import { Copy, RunBar, Segments, Table } from "../shared/parts";
import type { Base, Props } from "../shared/seam";
import css from "./freeze.css";
import insideCss from "./freeze/inside.css";
import { type Inside, LookInside } from "./freeze/inside";

interface Stage {
  name: string;
  count: string;
  shape: string;
  mode: string;
  label: string;
  learns: boolean;
  tone: string;
  sign: string;
  word: string;
  /** Its name for those who hear it: with the word that is seen. */
  spoken: string;
  sentence: string;
}

interface View extends Base {
  sample: { alt: string; size: string; name: string; classes: string };
  presets: { name: string; label: string; title: string }[];
  preset: string;
  preset_words: string;
  modes: { name: string; label: string }[];
  stages: Stage[];
  head: { name: string; count: string; sign: string; word: string; spoken: string; label: string; sentence: string };
  /** How many stages from the input on run once, and what is said below them and below the rest. */
  bound: { stages: number; words: string; rest: string };
  counts: { learns: string; of: string; share: number; remembered: string; seconds: string; seconds_source: string };
  warnings: string[];
  code: string;
  outcome: {
    verdict: string;
    why: string[];
    head: string[];
    rows: { text: string; tone?: string }[][];
    hint: { words: string; set: Record<string, unknown>; action: string } | null;
  } | null;
  inside: Inside;
  stale_words: string;
}

function Freeze(props: Props<View>) {
  const { view, pictures, busy, send } = props;
  const { bound } = view;
  // Only which sentence is read at the moment; what is chosen is Python's.
  const [read, setRead] = useState<string | null>(null);
  const stages = [...view.stages, view.head];
  const sentence = stages.find((one) => one.name === read)?.sentence ?? view.preset_words;
  // A class is mostly a single letter; the stages need the room more than its column does.
  const word = view.sample.name.length > 4;
  const columns = { "--columns": stages.length, "--class": word ? "84px" : "66px" } as Record<string, string | number>;
  return (
    <>
      <Segments
        label="Presets"
        options={view.presets}
        chosen={view.preset}
        disabled={busy}
        choose={(preset) => {
          setRead(null);
          send({ set: { preset } });
        }}
      />
      <div class="tlkit-flow" style={columns} role="group" aria-label="Stages from input to head" onKeyDown={arrows}>
        <div class="tlkit-end">
          <img src={pictures["sample"]} alt={view.sample.alt} />
          <span>{view.sample.size}</span>
        </div>
        {view.stages.map((stage) => (
          <div class={`tlkit-stage tlkit-is-${stage.tone}`} key={stage.name} onFocusCapture={() => setRead(stage.name)}>
            <b>{stage.name}</b>
            <small title={stage.shape}>{stage.count}</small>
            <button
              type="button"
              role="switch"
              class="tlkit-switch"
              aria-checked={stage.learns}
              aria-label={stage.spoken}
              aria-disabled={busy}
              onClick={() => {
                if (busy) return;
                setRead(stage.name); // not every browser gives the focus to what is clicked
                send({ set: { stage: stage.name, learns: !stage.learns } });
              }}
            >
              <i aria-hidden="true" />
              <span aria-hidden="true">
                {stage.sign} {stage.word}
              </span>
            </button>
            <label class="tlkit-mode">
              <span class="tlkit-hidden">Mode of {stage.name}</span>
              <select
                aria-disabled={busy}
                value={stage.mode}
                onChange={(event) => {
                  const chosen = event.currentTarget;
                  if (busy) chosen.value = stage.mode;
                  else {
                    setRead(stage.name);
                    send({ set: { stage: stage.name, mode: chosen.value } });
                  }
                }}
              >
                {view.modes.map((mode) => (
                  <option value={mode.name} key={mode.name}>
                    {mode.label}
                  </option>
                ))}
              </select>
            </label>
          </div>
        ))}
        <div class="tlkit-stage tlkit-is-warm" onFocusCapture={() => setRead(view.head.name)}>
          <b>{view.head.name}</b>
          <small>{view.head.count}</small>
          <button type="button" role="switch" class="tlkit-switch" aria-checked="true" aria-disabled="true" aria-label={view.head.spoken}>
            <i aria-hidden="true" />
            <span aria-hidden="true">
              {view.head.sign} {view.head.word}
            </span>
          </button>
          <span class="tlkit-mode">{view.head.label}</span>
        </div>
        <div class="tlkit-end">
          <b class={word ? "tlkit-class tlkit-word" : "tlkit-class"}>“{view.sample.name}”</b>
          <span>{view.sample.classes}</span>
        </div>
      </div>
      <div class="tlkit-bound" style={columns} aria-hidden="true">
        {bound.stages > 0 && <span style={{ gridColumn: `2 / span ${bound.stages}` }}>{bound.words}</span>}
        <span class="tlkit-trained" style={{ gridColumn: `${bound.stages + 2} / span ${stages.length - bound.stages}` }}>
          {bound.rest}
        </span>
      </div>
      <p class="tlkit-sentence" aria-live="polite">
        {sentence}
      </p>
      <div class="tlkit-stats">
        <div aria-live="polite" aria-atomic="true">
          <small>learns</small>
          <strong>{view.counts.learns}</strong>
          <small>{view.counts.of}</small>
          <div class="tlkit-meter" aria-hidden="true">
            <i style={{ width: `${Math.max(2, 100 * view.counts.share)}%` }} />
          </div>
        </div>
        <div>
          <small>remembered</small>
          <strong>{view.counts.remembered}</strong>
          <small>of the backbone’s work</small>
        </div>
        {view.counts.seconds && (
          <div>
            <small>expected</small>
            <strong>{view.counts.seconds}</strong>
            <small>{view.counts.seconds_source}</small>
          </div>
        )}
      </div>
      <div role="status">
        {view.warnings.map((words) => (
          <p class="tlkit-note" key={words}>
            {words}
          </p>
        ))}
      </div>
      <RunBar {...props}>
        <Copy code={view.code} label="Copy as Python" />
        <span class="tlkit-dim tlkit-keys">Space flips a stage, arrows move between them</span>
      </RunBar>
      {view.outcome && (
        <div class={view.stale ? "tlkit-outcome tlkit-stale" : "tlkit-outcome"}>
          {view.stale && <p class="tlkit-note">{view.stale_words}</p>}
          <div role="status">
            <p class="tlkit-verdict">{view.outcome.verdict}</p>
          </div>
          {view.outcome.why.map((words) => (
            <p class="tlkit-why" key={words}>
              {words}
            </p>
          ))}
          <Table caption="Seals: what changed in each stage" head={view.outcome.head} rows={view.outcome.rows} />
          {view.outcome.hint && !view.stale && !view.reopened && (
            <div class="tlkit-note tlkit-hint">
              <p>{view.outcome.hint.words}</p>
              <button
                type="button"
                class="tlkit-ghost"
                aria-disabled={busy}
                onClick={() => busy || (view.outcome?.hint && send({ set: view.outcome.hint.set }))}
              >
                {view.outcome.hint.action}
              </button>
            </div>
          )}
          {/* A saved picture cannot be opened: it shows what was open. */}
          {(!props.saved || view.inside.open) && <LookInside inside={view.inside} pictures={pictures} busy={busy} send={send} />}
        </div>
      )}
    </>
  );
}

/** Left and right (up and down where the stages stand below one another) move between the switches. */
function arrows(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const target = event.target as HTMLElement;
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step || target.getAttribute("role") !== "switch") return;
  const switches = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=switch]")];
  switches[switches.indexOf(target) + step]?.focus();
  event.preventDefault();
}

export default panel<View>(Freeze, css + insideCss);
