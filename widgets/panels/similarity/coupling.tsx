// Which class is closest to which: a heat map to walk through, and the pictures of the pair that is chosen.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Sheet, Tile } from "./tile";

/** What is said beside the heat map; without a coupling, why there is none. */
export interface CouplingShown {
  title: string;
  why_not: string;
  about: string;
  axes: string;
  limits: string;
  keys: string;
  ends: string[];
  chosen: {
    row: number;
    column: number;
    sentence: string;
    groups: { words: string; tiles: number[] }[];
  } | null;
}

interface Class {
  label: string;
  /** How it is called in a sentence. */
  words: string;
  tile: number | null;
}

/** The cells; they are fetched once per result. */
export interface Cells {
  /** In the order in which they stand; `place` is the number that Python gives them. */
  columns: (Class & { place: number })[];
  rows: (Class & { cells: { share: number; said: string }[] })[];
  /** Whether there is room for numbers. */
  numbers: boolean;
  /** Whether names are so long that they stand upright above their columns. */
  upright: boolean;
}

type Spot = [row: number, column: number];

export function Coupling({ shown, cells, sheet, choose }: { shown: CouplingShown; cells: Cells | null; sheet: Sheet; choose(pair: string[]): unknown }) {
  const { chosen } = shown;
  return (
    <section class="tlkit-c" aria-label={shown.title}>
      <h3>{shown.title}</h3>
      {!chosen || !cells ? (
        <p class="tlkit-why">{shown.why_not}</p>
      ) : (
        <>
          <p class="tlkit-why">{shown.about}</p>
          <div class="tlkit-c-both">
            <HeatMap shown={shown} chosen={[chosen.row, cells.columns.findIndex((one) => one.place === chosen.column)]} cells={cells} sheet={sheet} choose={choose} />
            <div class="tlkit-c-pair">
              <p class="tlkit-c-sentence" role="status">
                {chosen.sentence}
              </p>
              {chosen.groups.map((group) => (
                <figure key={group.words}>
                  <figcaption>{group.words}</figcaption>
                  <div>
                    {group.tiles.map((number) => (
                      <Tile sheet={sheet} number={number} size={36} key={number} />
                    ))}
                  </div>
                </figure>
              ))}
            </div>
          </div>
          <p class="tlkit-why">{shown.keys}</p>
          <p class="tlkit-why">{shown.limits}</p>
        </>
      )}
    </section>
  );
}

/** One stop for the Tab key; arrows walk. A cell says its share by colour, and by a number or the size of its square. */
function HeatMap({ shown, chosen, cells, sheet, choose }: { shown: CouplingShown; chosen: Spot; cells: Cells; sheet: Sheet; choose(pair: string[]): unknown }) {
  const { columns, rows } = cells;
  const [visited, setVisited] = useState<Spot>(chosen);
  const [tip, setTip] = useState<{ spot: Spot; left: number; top: number; below: boolean } | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  // Another pair was chosen, or other sets came.
  useEffect(() => setVisited(chosen), [chosen[0], chosen[1], cells]);
  const show = (target: EventTarget | null) => {
    const cell = cellOf(target);
    if (!cell || !frame.current) return setTip(null);
    const [place, around] = [cell.getBoundingClientRect(), frame.current.getBoundingClientRect()];
    const middle = place.left + place.width / 2 - around.left;
    const margin = Math.min(110, around.width / 2);
    const below = place.top - around.top < 110;
    setTip({ spot: spotOf(cell), left: Math.min(around.width - margin, Math.max(margin, middle)), top: (below ? place.bottom : place.top) - around.top, below });
  };
  const give = ([row, column]: Spot) => choose([columns[column]?.label ?? "", rows[row]?.label ?? ""]);
  const walk = (event: KeyboardEvent) => {
    const cell = cellOf(event.target);
    if (!cell) return;
    const [row, column] = spotOf(cell);
    if (event.key === "Escape") setTip(null);
    else if (event.key === "Enter" || event.key === " ") give([row, column]);
    else {
      const next = moved([row, column], event.key, rows.length, columns.length);
      if (!next) return;
      frame.current?.querySelector<HTMLElement>(`[data-cell="${next.join()}"]`)?.focus();
    }
    event.preventDefault();
  };
  // Hundreds of cells, drawn anew only when the Tab stop or the chosen pair moves.
  const body = useMemo(
    () =>
      rows.map((row, at) => (
        <tr key={row.label}>
          <th scope="row" class={at === chosen[0] ? "tlkit-c-on" : undefined} title={row.label}>
            {row.label}
          </th>
          {row.cells.map((cell, column) => {
            const selected = at === chosen[0] && column === chosen[1];
            return (
              <td
                key={columns[column]?.label}
                role="gridcell"
                data-cell={`${at},${column}`}
                tabIndex={at === visited[0] && column === visited[1] ? 0 : -1}
                aria-selected={selected}
                aria-label={words(cells, [at, column])}
                style={{ "--share": cell.share }}
              >
                {cells.numbers ? <span>{percents(cell.said)}</span> : <i />}
              </td>
            );
          })}
        </tr>
      )),
    [cells, visited[0], visited[1], chosen[0], chosen[1]],
  );
  const row = tip && rows[tip.spot[0]];
  const column = tip && columns[tip.spot[1]];
  return (
    <div class="tlkit-c-map" style={{ "--columns": columns.length, "--letters": Math.max(...rows.map((one) => one.label.length)) }}>
      <p class="tlkit-c-legend" aria-hidden="true">
        <span>{shown.axes}</span>
        <span>
          {shown.ends[0]}
          {[0.1, 0.3, 0.6, 1].map((share) => (
            <b class={cells.numbers ? "tlkit-c-numbers" : "tlkit-c-squares"} style={{ "--share": share }} key={share}>
              <i />
            </b>
          ))}
          {shown.ends[1]}
        </span>
      </p>
      <div
        class="tlkit-c-frame"
        ref={frame}
        onFocusCapture={(event) => {
          const cell = cellOf(event.target);
          if (cell) setVisited(spotOf(cell));
          show(event.target);
        }}
        onBlurCapture={() => setTip(null)}
        onMouseOver={(event) => show(event.target)}
        onMouseLeave={() => setTip(null)}
        onKeyDown={walk}
        onClick={(event) => {
          const cell = cellOf(event.target);
          if (cell) give(spotOf(cell));
        }}
      >
        <div class="tlkit-c-scroll" onScroll={() => setTip(null)}>
          <table role="grid" aria-label={shown.title} class={cells.numbers ? "tlkit-c-numbers" : "tlkit-c-squares"}>
            <thead class={cells.upright ? "tlkit-c-upright" : undefined}>
              <tr>
                <th scope="col">
                  <span class="tlkit-hidden">{shown.axes}</span>
                </th>
                {columns.map((one, at) => (
                  <th scope="col" key={one.label} class={at === chosen[1] ? "tlkit-c-on" : undefined} title={one.label}>
                    <span>{one.label}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{body}</tbody>
          </table>
        </div>
        {tip && row && column && (
          <div class={`tlkit-s-tip tlkit-c-tip${tip.below ? " tlkit-s-below" : ""}`} style={{ left: `${tip.left}px`, top: `${tip.top}px` }}>
            <div>
              {[column.tile, row.tile].map((number, at) => number !== null && <Tile sheet={sheet} number={number} size={56} key={at} />)}
            </div>
            <span>{words(cells, tip.spot)}</span>
          </div>
        )}
      </div>
    </div>
  );
}

function cellOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-cell]") : null;
}

function spotOf(cell: HTMLElement): Spot {
  const [row = 0, column = 0] = (cell.dataset["cell"] ?? "").split(",").map(Number);
  return [row, column];
}

function words({ rows, columns }: Cells, [row, column]: Spot): string {
  return `${columns[column]?.words}, ${rows[row]?.words}: ${rows[row]?.cells[column]?.said}`;
}

/** The number alone: the legend says that it is percents. Nothing for nothing. */
function percents(said: string): string {
  const number = said.split(" ")[0] ?? "";
  return number === "0" ? "" : number;
}

function moved([row, column]: Spot, key: string, rows: number, columns: number): Spot | null {
  const to: Record<string, Spot> = {
    ArrowRight: [row, column + 1],
    ArrowLeft: [row, column - 1],
    ArrowDown: [row + 1, column],
    ArrowUp: [row - 1, column],
    Home: [row, 0],
    End: [row, columns - 1],
  };
  const next = to[key];
  if (!next) return null;
  return [Math.min(rows - 1, Math.max(0, next[0])), Math.min(columns - 1, Math.max(0, next[1]))];
}
