// How far each stage's features moved: a bar from 0 to 1 for each, beside the same stage of a random network.

export interface MovedStages {
  title: string;
  sentence: string;
  ends: string[];
  legend: string[];
  rows: {
    stage: string;
    /** 1: not moved; null where it has no value. */
    cka: number | null;
    low: number | null;
    high: number | null;
    floor: number | null;
    value: string;
    sure: string;
    random: string;
    word: string;
    words: string;
  }[];
  note: string;
}

/** Below 0 is drawn at 0. */
const place = (value: number) => `${100 * Math.min(1, Math.max(0, value))}%`;

export function Moved({ title, sentence, ends, legend, rows, note }: MovedStages) {
  return (
    <section class="tlkit-m" aria-label={title}>
      <h3>{title}</h3>
      <p>{sentence}</p>
      <div class="tlkit-m-row tlkit-m-scale" aria-hidden="true">
        <span />
        <span class="tlkit-m-ends">
          {ends.map((words) => (
            <span key={words}>{words}</span>
          ))}
        </span>
        <span />
      </div>
      {rows.map((row) => (
        <div class="tlkit-m-row" key={row.stage}>
          <b>{row.stage}</b>
          <div class="tlkit-m-track" role="img" aria-label={row.words}>
            <i class="tlkit-m-rail" />
            {row.cka !== null && <i class="tlkit-m-bar" style={{ width: place(row.cka) }} />}
            {row.low !== null && row.high !== null && <i class="tlkit-m-sure" style={{ left: place(row.low), right: `calc(100% - ${place(row.high)})` }} />}
            {row.floor !== null && <i class="tlkit-m-random" style={{ left: place(row.floor) }} />}
            {row.cka !== null && <i class="tlkit-m-dot" style={{ left: place(row.cka) }} />}
          </div>
          <div class="tlkit-m-spot">
            <b>{row.value}</b> <small>{row.sure}</small>
            <small>{row.word}</small>
          </div>
        </div>
      ))}
      <p class="tlkit-m-legend" aria-hidden="true">
        <span>
          <i class="tlkit-m-dot" /> {legend[0]}
        </span>
        <span>
          <i class="tlkit-m-random" /> {legend[1]}
        </span>
      </p>
      <p class="tlkit-why">{note}</p>
    </section>
  );
}
