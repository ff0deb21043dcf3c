// Shares with their intervals, one row each. Shape and fill say what colour says; both are Python's.

export interface Mark {
  shape: string;
  colour: string;
  /** In a dark theme. */
  on_dark: string;
  hollow: boolean;
}

/** The colours of a mark, for the style of whatever holds it. */
export const inks = ({ colour, on_dark }: Mark) => ({ "--mark-light": colour, "--mark-dark": on_dark });

interface Row extends Mark {
  name: string;
  /** Shares right, one for each finished draw. */
  points: number[];
  mean: number | null;
  low: number | null;
  high: number | null;
  value: string;
}

/** What a plot shows. */
export interface Intervals {
  rows: Row[];
  guess: { at: number; words: string } | null;
  /** What guessing blindly gets right. */
  chance: number;
  alt: string;
  axis: string;
}

const TICKS = [0, 25, 50, 75, 100];
const HEIGHT = 44;
const MIDDLE = 18;
const percent = (share: number) => `${100 * share}%`;

/** Dots for draws, a bar for the interval, a mark for the mean. Places are in percent, so that text keeps its size. */
export function Plot({ rows, guess, chance, alt, axis }: Intervals) {
  const line = guess && (
    <line class="tlkit-guessed" x1={percent(guess.at)} x2={percent(guess.at)} y1="0" y2={HEIGHT} />
  );
  const grid = TICKS.map((tick) => <line key={tick} class="tlkit-grid" x1={`${tick}%`} x2={`${tick}%`} y1="0" y2={HEIGHT} />);
  return (
    <div class="tlkit-plot" role="img" aria-label={alt}>
      {guess && (
        <div class="tlkit-row">
          <span />
          <svg height="18">
            <text class="tlkit-guessed" x={percent(guess.at)} dx={guess.at > 0.7 ? 4 : -4} y="13" text-anchor={guess.at > 0.7 ? "end" : "start"}>
              {guess.words}
            </text>
          </svg>
        </div>
      )}
      {rows.map((row) => (
        <div class="tlkit-row" key={row.name}>
          <span>{row.name}</span>
          <svg height={HEIGHT} class="tlkit-inked" style={inks(row)}>
            {grid}
            <line class="tlkit-chance" x1={percent(chance)} x2={percent(chance)} y1="0" y2={HEIGHT} />
            {line}
            {row.points.map((share, draw) => (
              <circle class="tlkit-draw" key={draw} cx={percent(share)} cy={HEIGHT - 8} r="2.8" />
            ))}
            {row.mean !== null && row.low !== null && row.high !== null && (
              <>
                <line class="tlkit-interval" x1={percent(row.low)} x2={percent(row.high)} y1={MIDDLE} y2={MIDDLE} />
                <svg x={percent(row.mean)} y={MIDDLE}>
                  <Shape {...row} />
                </svg>
              </>
            )}
            <text x={percent(row.high ?? 1)} dx="13" y={MIDDLE + 4.5}>
              {row.value}
            </text>
          </svg>
        </div>
      ))}
      <div class="tlkit-row tlkit-axis">
        <span />
        <svg height="20">
          {TICKS.map((tick) => (
            <text key={tick} x={`${tick}%`} y="14" text-anchor="middle">
              {tick === 100 ? "100 %" : tick}
            </text>
          ))}
        </svg>
      </div>
      <div class="tlkit-row tlkit-axis">
        <span />
        <small>{axis}</small>
      </div>
    </div>
  );
}

const PATHS: Record<string, string> = {
  square: "M-5.5-5.5H5.5V5.5H-5.5Z",
  circle: "M-6.5 0A6.5 6.5 0 1 1 6.5 0A6.5 6.5 0 1 1-6.5 0Z",
  triangle: "M0-7.5L7.2 5.5H-7.2Z",
  wedge: "M0 7.5L7.2-5.5H-7.2Z",
  diamond: "M0-8L8 0L0 8L-8 0Z",
  plus: "M-2.5-7H2.5V-2.5H7V2.5H2.5V7H-2.5V2.5H-7V-2.5H-2.5Z",
  cross: "M-3-6.5L0-3.5L3-6.5L6.5-3L3.5 0L6.5 3L3 6.5L0 3.5L-3 6.5L-6.5 3L-3.5 0L-6.5-3Z",
  left: "M-7.5 0L5.5-7.2V7.2Z",
  right: "M7.5 0L-5.5-7.2V7.2Z",
  pentagon: "M0-7.5L7.1-2.3L4.4 6.1H-4.4L-7.1-2.3Z",
  hexagon: "M0-7.5L6.5-3.7V3.7L0 7.5L-6.5 3.7V-3.7Z",
  star: "M0-8L2-2.5L8-2.5L3.2 1.2L5 7L0 3.5L-5 7L-3.2 1.2L-8-2.5L-2-2.5Z",
};

/** The mark of one arm; a hollow one started from random numbers. */
export function Shape({ shape, hollow }: Mark) {
  return <path class={hollow ? "tlkit-shape tlkit-hollow" : "tlkit-shape"} d={PATHS[shape]} />;
}
