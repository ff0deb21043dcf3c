// Which classes were taken for which: as a table of counts to choose from, or as a list.
import { useState } from "preact/hooks";

export interface Cell {
  count: number;
  share: number;
  /** What the cell says to those who hear it. */
  words: string;
}

interface Choice {
  classes: string[];
  rows: (Cell | null)[][];
  list: { words: string; true: number; given: number }[];
  chosen: [number, number] | null;
  busy: boolean;
  choose(row: number, column: number): void;
}

/** Counts as buttons, one stop for the Tab key; arrows move between those that hold something. */
export function Matrix({ classes, rows, chosen, busy, choose, legend, keys }: Choice & { legend: string; keys: string }) {
  // Only where the Tab key stops at the moment; what is chosen is Python's.
  const [stop, setStop] = useState<[number, number]>(chosen ?? first(rows));
  const move = (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
    const next = neighbour(rows, stop, event.key);
    if (!next) return;
    event.preventDefault();
    setStop(next);
    event.currentTarget.querySelector<HTMLElement>(`[data-cell="${next.join()}"]`)?.focus();
  };
  return (
    <>
      <p class="tlkit-dim tlkit-small">{legend}</p>
      <div class="tlkit-scroll" role="region" aria-label="Confusion table" tabIndex={busy ? 0 : undefined}>
        <table class="tlkit-matrix" aria-label={legend} onKeyDown={move}>
          <thead>
            <tr>
              <th scope="col">is</th>
              {classes.map((name) => (
                <th scope="col" key={name} class={name.length > 2 ? "tlkit-upright" : undefined}>
                  <span>{name}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <tr key={classes[at]}>
                <th scope="row">{classes[at]}</th>
                {row.map((cell, column) => {
                  if (!cell) return <td key={classes[column]} />;
                  const style = { "--share": cell.share };
                  const kind = at === column ? "tlkit-right" : "tlkit-wrong";
                  return (
                    <td key={classes[column]}>
                      {busy ? (
                        <span class={kind} style={style}>
                          {cell.count}
                        </span>
                      ) : (
                        <button
                          type="button"
                          class={kind}
                          style={style}
                          data-cell={`${at},${column}`}
                          aria-label={cell.words}
                          title={cell.words}
                          aria-pressed={chosen?.[0] === at && chosen[1] === column}
                          tabIndex={stop[0] === at && stop[1] === column ? 0 : -1}
                          onFocus={() => setStop([at, column])}
                          onClick={() => choose(at, column)}
                        >
                          {cell.count}
                        </button>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {keys && !busy && <p class="tlkit-dim tlkit-small">{keys}</p>}
    </>
  );
}

/** The most frequent confusions, where a table has too many classes. */
export function List({ list, chosen, busy, choose }: Choice) {
  return (
    <ul class="tlkit-list">
      {list.map((one) => (
        <li key={one.words}>
          <button
            type="button"
            class="tlkit-ghost"
            aria-disabled={busy}
            aria-pressed={chosen?.[0] === one.true && chosen[1] === one.given}
            onClick={() => busy || choose(one.true, one.given)}
          >
            {one.words}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The first cell off the diagonal that holds something, or the first of all. */
function first(rows: (Cell | null)[][]): [number, number] {
  let any: [number, number] | null = null;
  for (const [at, row] of rows.entries()) {
    for (const [column, cell] of row.entries()) {
      if (cell && at !== column) return [at, column];
      if (cell) any ??= [at, column];
    }
  }
  return any ?? [0, 0];
}

/** The cell that a key leads to: along the row, or the nearest in the next row that holds something. */
function neighbour(rows: (Cell | null)[][], [at, column]: [number, number], key: string): [number, number] | null {
  const held = (row: number) => (rows[row] ?? []).flatMap((cell, place) => (cell ? [place] : []));
  const along = held(at);
  if (key === "ArrowRight" || key === "ArrowLeft") {
    const next = key === "ArrowRight" ? along.find((place) => place > column) : along.filter((place) => place < column).pop();
    return next === undefined ? null : [at, next];
  }
  if (key === "Home" || key === "End") {
    const edge = key === "Home" ? along[0] : along[along.length - 1];
    return edge === undefined ? null : [at, edge];
  }
  if (key !== "ArrowDown" && key !== "ArrowUp") return null;
  const step = key === "ArrowDown" ? 1 : -1;
  for (let row = at + step; row >= 0 && row < rows.length; row += step) {
    const near = held(row).sort((one, other) => Math.abs(one - column) - Math.abs(other - column))[0];
    if (near !== undefined) return [row, near];
  }
  return null;
}
