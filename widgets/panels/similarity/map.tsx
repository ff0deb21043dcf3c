// Both sets as points in the network's feature space: each shows its picture on hover and on focus.
import { useMemo, useRef, useState } from "preact/hooks";
import { walk } from "./radios";
import { type Sheet, Tile } from "./tile";

interface Point {
  x: number;
  y: number;
  /** 0 source, 1 target. */
  set: number;
  tile: number;
  words: string;
}

/** What is drawn; it is fetched once per result. */
export interface FeatureMapData {
  points: Point[];
  sheet: Sheet;
}

/** The part of a result that the map shows. */
interface Mapped {
  map_title: string;
  legend: string[];
  maps: { label: string; chosen: string; options: { name: string; label: string }[] };
  chosen: { tile: number; nearest: { tile: number }[] };
}

export function FeatureMap({ outcome, map, look, place }: { outcome: Mapped; map: FeatureMapData; look(picture: number): unknown; place(map: string): unknown }) {
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
        {outcome.maps.options.length > 0 && <Maps {...outcome.maps} place={place} />}
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
          <div class={`tlkit-s-tip${"texts" in sheet ? " tlkit-s-long" : ""}${seen.y > 0 ? " tlkit-s-below" : ""}`} style={{ left: `${Math.min(86, Math.max(14, (100 * (100 * seen.x - box.x)) / box.width))}%`, top: `${(100 * (-100 * seen.y - box.y)) / box.height}%` }}>
            {!("texts" in sheet) && <Tile sheet={sheet} number={seen.tile} size={64} />}
            <span>{seen.words}</span>
          </div>
        )}
      </div>
    </figure>
  );
}

/** How the points are placed. */
function Maps({ label, chosen, options, place }: Mapped["maps"] & { place(map: string): unknown }) {
  return (
    <div class="tlkit-s-maps" role="radiogroup" aria-label={label} onKeyDown={walk}>
      {options.map((one) => (
        <button type="button" role="radio" key={one.name} aria-checked={one.name === chosen} tabIndex={one.name === chosen ? 0 : -1} onClick={() => place(one.name)}>
          {one.label}
        </button>
      ))}
    </div>
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
