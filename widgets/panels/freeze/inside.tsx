// Below the seals: which classes were taken for which, the surest mistakes, and where the network looked.
import type { ComponentChildren } from "preact";
import { Segments, Table } from "../../shared/parts";
import type { Event } from "../../shared/seam";
import { type Cell, List, Matrix } from "./confusion";

interface Items {
  title: string;
  /** A text stands for itself; there is no picture of where a network looked in it. */
  items: { position: number; picture: string; alt: string; said: string; text?: string }[];
  more: string;
}

export interface Inside {
  open: boolean;
  label: string;
  hint: string;
  working: string;
  said: string;
  confusion: {
    sentence: string;
    classes: string[];
    /** Empty where a table of so many classes could not be read; then the list stands for it. */
    rows: (Cell | null)[][];
    list: { words: string; true: number; given: number }[];
  } | null;
  chosen: [number, number] | null;
  cell: Items | null;
  mistakes: Items | null;
  map: {
    title: string;
    position: number;
    /** Below which pictures it is shown. */
    place: string;
    what: string;
    whats: { name: string; label: string }[];
    stage: string;
    /** Empty where all are shown at once. */
    stages: { name: string; label: string }[];
    groups: { words: string; pictures: { picture: string; alt: string; said: string }[] }[];
    /** How wide its pictures are. */
    pixels: number;
    note: string;
  } | null;
  moved: { title: string; head: string[]; rows: { text: string }[][]; note: string } | null;
  ask_moved: string;
  /** False where only the numbers are known. */
  pictures: boolean;
  legend: string;
  keys: string;
  note: string;
}

interface Props {
  inside: Inside;
  pictures: Record<string, string>;
  busy: boolean;
  send(event: Event): void;
}

export function LookInside({ inside, pictures, busy, send }: Props) {
  const { confusion, cell, mistakes, map } = inside;
  const ask = (what: string, given: Record<string, unknown>) => busy || send({ do: what, with: given });
  const choice = {
    chosen: inside.chosen,
    busy: busy || !inside.pictures,
    choose: (row: number, column: number) => ask("cell", { true: row, given: column }),
  };
  const row = (place: "cell" | "mistakes", items: Items) => (
    <Row
      {...items}
      pictures={pictures}
      busy={busy}
      chosen={map?.place === place ? map.position : undefined}
      explain={(position) => ask("explain", { position, place })}
    >
      {map?.place === place && (
        <Closer map={map} pictures={pictures} busy={busy} choose={(given) => ask("explain", { position: map.position, place, what: map.what, ...given })} />
      )}
    </Row>
  );
  return (
    <div class="tlkit-inside">
      <div class="tlkit-inside-bar">
        <button
          type="button"
          class="tlkit-ghost"
          aria-expanded={inside.open}
          aria-disabled={busy}
          onClick={() => ask("look", { open: !inside.open })}
        >
          <span aria-hidden="true">{inside.open ? "▾" : "▸"} </span>
          {inside.label}
        </button>
        <span class="tlkit-dim">{inside.working || inside.hint}</span>
      </div>
      <p class="tlkit-hidden" role="status">
        {inside.open && inside.said}
      </p>
      {inside.open && confusion && (
        <>
          <p class="tlkit-inside-sentence">{confusion.sentence}</p>
          {confusion.rows.length > 0 ? (
            <Matrix {...confusion} {...choice} legend={inside.legend} keys={inside.pictures ? inside.keys : ""} />
          ) : (
            <List {...confusion} {...choice} />
          )}
          {cell && row("cell", cell)}
          {mistakes && row("mistakes", mistakes)}
          {inside.moved ? (
            <section aria-label={inside.ask_moved}>
              <h3>{inside.moved.title}</h3>
              <Table caption="How far each stage moved" head={inside.moved.head} rows={inside.moved.rows} />
              <p class="tlkit-dim tlkit-small">{inside.moved.note}</p>
            </section>
          ) : (
            inside.pictures && (
              <button type="button" class="tlkit-ghost tlkit-ask" aria-disabled={busy} onClick={() => ask("moved", {})}>
                {inside.ask_moved}
              </button>
            )
          )}
          <p class="tlkit-note">{inside.note}</p>
        </>
      )}
    </div>
  );
}

/** More of one picture: where the network looked, what it finds alike, its feature maps. */
function Closer(props: { map: NonNullable<Inside["map"]>; pictures: Record<string, string>; busy: boolean; choose(given: Record<string, string>): void }) {
  const { map } = props;
  return (
    <section class="tlkit-map" aria-label={map.title}>
      <h3>{map.title}</h3>
      <Segments label="What to look at" options={map.whats} chosen={map.what} disabled={props.busy} choose={(what) => props.choose({ what })} />
      {map.stages.length > 0 && (
        <Segments label="Stage" options={map.stages} chosen={map.stage} disabled={props.busy} choose={(stage) => props.choose({ stage })} />
      )}
      {map.groups.map((group) => (
        <div key={group.pictures[0]?.picture}>
          {group.words && <p class="tlkit-small">{group.words}</p>}
          <div class={`tlkit-items tlkit-${map.what}`}>
            {group.pictures.map((one) => (
              <figure key={one.picture}>
                <img src={props.pictures[one.picture]} alt={one.alt} width={map.pixels} />
                {one.said && <figcaption>{one.said}</figcaption>}
              </figure>
            ))}
          </div>
        </div>
      ))}
      <p class="tlkit-dim tlkit-small">{map.note}</p>
    </section>
  );
}

function Row(
  props: Items & {
    pictures: Record<string, string>;
    busy: boolean;
    chosen: number | undefined;
    explain(position: number): void;
    children: ComponentChildren;
  },
) {
  return (
    <section aria-label={props.title}>
      <h3>{props.title}</h3>
      <div class="tlkit-items">
        {props.items.map((one) => (
          <figure key={one.position}>
            {one.text !== undefined ? (
              <p class="tlkit-item-text">{one.text}</p>
            ) : (
              <button
                type="button"
                title="Where did it look?"
                aria-disabled={props.busy}
                aria-pressed={one.position === props.chosen}
                onClick={() => props.busy || props.explain(one.position)}
              >
                <img src={props.pictures[one.picture]} alt={`${one.alt}: where did it look?`} width={56} />
              </button>
            )}
            <figcaption>{one.said}</figcaption>
          </figure>
        ))}
      </div>
      {props.more && <p class="tlkit-dim tlkit-small">{props.more}</p>}
      {props.children}
    </section>
  );
}
