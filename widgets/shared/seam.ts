// The seam to Python: what a panel is shown, and the events it can send. It decides nothing.

/** What every panel's view holds; a panel adds its own fields. All words are Python's. */
export interface Base {
  title: string;
  subtitle: string;
  labels: { run: string; again: string; stop: string; stopping: string };
  status: "ready" | "running" | "stopping" | "finished" | "stopped" | "failed";
  progress: { words: string; share: number | null } | null;
  problem: { words: string; details: string } | null;
  /** The result belongs to earlier settings. */
  stale: boolean;
  /** What is said of the status to those who do not see it. */
  announce: string;
  /** Why a panel that was opened from a record cannot run, and what to do; else "". */
  reopened: string;
}

export type Event =
  | { set: Record<string, unknown> }
  | { run: true }
  | { stop: true }
  /** A button of one panel only: the name of the action and what it is given. */
  | { do: string; with?: Record<string, unknown> };

/** The part of anywidget's model that panels use. */
export interface Model {
  get(name: "view" | "pictures" | "answered"): unknown;
  on(name: string, heard: () => void): void;
  off(name: string, heard: () => void): void;
  send(event: Event & { number: number }): void;
}

/** What a panel's component is given. */
export interface Props<V extends Base> {
  view: V;
  /** Data URIs by name. */
  pictures: Record<string, string>;
  /** Settings are locked: a run is going on, or no kernel is behind the panel. */
  busy: boolean;
  /** No kernel is behind the panel: it only shows what was saved. */
  saved: boolean;
  send(event: Event): void;
}
