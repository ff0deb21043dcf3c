// The Similarity panel: two sets and a network, bars between floor and ceiling, a map, and nearest pictures.
import { useMemo, useRef, useState } from "preact/hooks";
import { panel } from "../shared/panel";
import { RunBar } from "../shared/parts";
import type { Base, Props } from "../shared/seam";
import css from "./similarity.css";

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

interface Sheet {
  tile: number;
  columns: number;
  rows: number;
}

interface Point {
  x: number;
  y: number;
  /** 0 source, 1 target. */
  set: number;
  tile: number;
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
  map_title: string;
  map_words: string;
  map_keys: string;
  legend: string[];
  choose: string;
  choices: { picture: number; tile: number; label: string }[];
  chosen: Chosen;
}

interface View extends Base {
  choose: { field: "source" | "target" | "backbone"; label: string; chosen: string; options: string[] }[];
  samples: Record<string, { count: number; alt: string }>;
  invite: string;
  outcome: Outcome | null;
  stale_words: string;
}

function Similarity(props: Props<View>) {
  const { view, pictures, busy, send } = props;
  const { outcome } = view;
  const map = useMemo<{ points: Point[]; sheet: Sheet } | null>(
    () => (pictures["map"] ? JSON.parse(pictures["map"]) : null),
    [pictures["map"]],
  );
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
      <RunBar {...props}>{!outcome && <span class="tlkit-dim">{view.invite}</span>}</RunBar>
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
          {outcome.notes.map((words) => (
            <p class="tlkit-note" key={words}>
              {words}
            </p>
          ))}
          {outcome.groups.map((group) => (
            <Group {...group} key={group.title} />
          ))}
          <div class="tlkit-s-two">
            <FeatureMap outcome={outcome} map={map} look={look} />
            <div class="tlkit-s-words">
              <p class="tlkit-why">{outcome.map_keys}</p>
              <p class="tlkit-why">{outcome.map_words}</p>
            </div>
            <Nearest outcome={outcome} sheet={map.sheet} look={look} />
          </div>
          <p class="tlkit-why tlkit-s-sizes">{outcome.sizes}</p>
        </div>
      )}
    </>
  );
}

/** A few pictures of a set; the network, which has none, shows nothing. */
function Samples({ uri, count, alt }: { uri?: string | undefined; count?: number; alt?: string }) {
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

/** One picture out of a sheet; what it shows is said beside it. */
function Tile({ sheet, number, size }: { sheet: Sheet; number: number; size: number }) {
  const column = number % sheet.columns;
  const row = Math.floor(number / sheet.columns);
  return (
    <span
      class="tlkit-s-tile"
      aria-hidden="true"
      style={{
        width: `${size}px`,
        height: `${size}px`,
        backgroundSize: `${sheet.columns * size}px ${sheet.rows * size}px`,
        backgroundPosition: `-${column * size}px -${row * size}px`,
      }}
    />
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

function FeatureMap({ outcome, map, look }: { outcome: Outcome; map: { points: Point[]; sheet: Sheet }; look(picture: number): unknown }) {
  const { points, sheet } = map;
  const [shown, setShown] = useState<number | null>(null);
  const [visited, setVisited] = useState(0);
  // Another map may have fewer points than the one that was visited last.
  const current = Math.min(visited, points.length - 1);
  const svg = useRef<SVGSVGElement>(null);
  const sources = points.findIndex((one) => one.set === 1);
  const chosen = outcome.chosen.tile;
  const near = useMemo(() => new Set(outcome.chosen.nearest.map((one) => one.tile)), [chosen, points]);
  const box = useMemo(() => frame(points), [points]);
  // Hundreds of marks, drawn once per map: hovering changes none of them.
  const marks = useMemo(
    () =>
      points.map((one, index) => (
        <path
          key={index}
          d={one.set === 0 ? RING : TRIANGLE}
          transform={`translate(${100 * one.x} ${-100 * one.y})`}
          class={one.set === 0 ? (near.has(index) ? "tlkit-s-theirs tlkit-s-near" : "tlkit-s-theirs") : "tlkit-s-ours"}
          role="option"
          aria-label={one.words}
          aria-selected={index === chosen}
          tabindex={index === current ? 0 : -1} // SVG knows only the lower-case name
          data-index={index}
        />
      )),
    [points, near, current],
  );
  const seen = shown === null ? null : points[shown];
  const center = points[chosen];
  const choose = (index: number) => index >= sources && look(index - sources);
  return (
    <figure class="tlkit-s-map">
      <figcaption>
        <h3>{outcome.map_title}</h3>
        <p class="tlkit-s-legend" aria-hidden="true">
          {outcome.legend.map((words, set) => (
            <span key={words}>
              <svg viewBox="-3 -3 6 6" width="13" height="13">
                <path d={set === 0 ? RING : TRIANGLE} class={set === 0 ? "tlkit-s-theirs" : "tlkit-s-ours"} />
              </svg>
              {words}
            </span>
          ))}
        </p>
      </figcaption>
      {/* Focus is listened to around the drawing: Chromium makes a drawing that listens a tab stop of its own. */}
      <div
        class="tlkit-s-plot"
        onFocusCapture={(event) => {
          const index = Number((event.target as Element).getAttribute("data-index"));
          setVisited(index);
          setShown(index);
        }}
        onBlurCapture={() => setShown(null)}
      >
        <svg
          ref={svg}
          viewBox={`${box.x} ${box.y} ${box.width} ${box.height}`}
          role="listbox"
          aria-label={outcome.map_title}
          onMouseMove={(event) => setShown(closest(event, points, box))}
          onMouseLeave={() => setShown(null)}
          onClick={(event) => {
            const index = closest(event, points, box);
            if (index !== null) choose(index);
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") setShown(null);
            else if (event.key === "Enter" || event.key === " ") choose(current);
            else {
              const next = beside(points, current, event.key);
              if (next === null) return;
              svg.current?.querySelector<SVGElement>(`[data-index="${next}"]`)?.focus();
            }
            event.preventDefault();
          }}
        >
          {center &&
            outcome.chosen.nearest.map((one) => {
              const other = points[one.tile];
              return other && <line key={one.tile} aria-hidden="true" x1={100 * center.x} y1={-100 * center.y} x2={100 * other.x} y2={-100 * other.y} />;
            })}
          {center && <circle class="tlkit-s-halo" aria-hidden="true" cx={100 * center.x} cy={-100 * center.y} r="4.5" />}
          {marks}
          {seen && <circle class="tlkit-s-eye" aria-hidden="true" cx={100 * seen.x} cy={-100 * seen.y} r="3.6" />}
        </svg>
        {seen && (
          <div class={`tlkit-s-tip${seen.y > 0 ? " tlkit-s-below" : ""}`} style={{ left: `${Math.min(86, Math.max(14, (100 * (100 * seen.x - box.x)) / box.width))}%`, top: `${(100 * (-100 * seen.y - box.y)) / box.height}%` }}>
            <Tile sheet={sheet} number={seen.tile} size={64} />
            <span>{seen.words}</span>
          </div>
        )}
      </div>
    </figure>
  );
}

const RING = "M-1.5 0a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0 -3 0z";
const TRIANGLE = "M0 -2L1.9 1.4L-1.9 1.4z";

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The part of the plane that the points fill, with a margin; both axes keep one scale. */
function frame(points: Point[]): Box {
  const xs = points.map((one) => 100 * one.x);
  const ys = points.map((one) => -100 * one.y);
  const [left, right] = [Math.min(...xs) - 7, Math.max(...xs) + 7];
  const [top, bottom] = [Math.min(...ys) - 7, Math.max(...ys) + 7];
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The point that is nearest to the mouse, if one is within reach. */
function closest(event: MouseEvent & { currentTarget: SVGSVGElement }, points: Point[], box: Box): number | null {
  const place = event.currentTarget.getBoundingClientRect();
  const x = box.x + ((event.clientX - place.left) / place.width) * box.width;
  const y = box.y + ((event.clientY - place.top) / place.height) * box.height;
  let best: number | null = null;
  let reach = 5 ** 2;
  points.forEach((one, index) => {
    const far = (100 * one.x - x) ** 2 + (-100 * one.y - y) ** 2;
    if (far <= reach) [best, reach] = [index, far];
  });
  return best;
}

/** The nearest point in the direction of an arrow key. */
function beside(points: Point[], from: number, key: string): number | null {
  const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
  const start = points[from];
  if (!way || !start) return null;
  const [right = 0, up = 0] = way;
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  points.forEach((one, index) => {
    const [dx, dy] = [one.x - start.x, one.y - start.y];
    const ahead = dx * right + dy * up;
    const aside = Math.abs(dx * up) + Math.abs(dy * right);
    const cost = ahead + 2 * aside;
    if (index !== from && ahead > 1e-9 && aside <= ahead && cost < least) [best, least] = [index, cost];
  });
  return best ?? from;
}

function Nearest({ outcome, sheet, look }: { outcome: Outcome; sheet: Sheet; look(picture: number): unknown }) {
  const { chosen, choices } = outcome;
  const pressed = choices.findIndex((one) => one.picture === chosen.picture);
  return (
    <div class="tlkit-s-nearest">
      <h3>{chosen.title}</h3>
      <div class="tlkit-s-hit">
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
            aria-label={one.label}
            title={one.label}
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

/** Arrows choose the picture before or after, as in every group of radio buttons. */
function walk(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=radio]")];
  const next = all[(all.indexOf(event.target as HTMLElement) + step + all.length) % all.length];
  next?.focus();
  next?.click();
  event.preventDefault();
}

export default panel<View>(Similarity, css);
