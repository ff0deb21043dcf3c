// Every panel's frame: title, body, problem, and a focus that survives a re-display.
import { type ComponentType, render } from "preact";
import style from "./panel.css";
import { Problem } from "./parts";
import type { Base, Event, Model, Props } from "./seam";

const PATIENCE_MS = 4000;
const FOCUS_RETURNS_MS = 1000;
const BROKEN = "This panel cannot be drawn. Its text is in the cell's output all the same: print(panel).";
const SAVED = "This is a saved picture of the panel. Run its cell, after those above it, to use it.";
const SILENCE = "No kernel answers. Run the notebook from the top down to this cell (Run, Run All Above Selected Cell), then this cell.";

/** Make the module that anywidget loads: `export default panel(Freeze, css)`. */
export function panel<V extends Base>(Body: ComponentType<Props<V>>, css = "") {
  // anywidget calls this once per panel object, and `render` once per place that shows it.
  return () => {
    const roots = new Set<Root<V>>();
    return {
      render({ model, el }: { model: Model; el: HTMLElement }): () => void {
        const root = new Root(model, el, Body, css, roots);
        roots.add(root);
        return () => root.retire();
      },
    };
  };
}

class Root<V extends Base> {
  private readonly node = document.createElement("div");
  private readonly mount = document.createElement("div");
  private place: Element | null = null;
  private focused: HTMLElement | null = null;
  private lostAt = Number.POSITIVE_INFINITY;
  private number = 0;
  private silent = false;
  private saved = false;
  private announced: string | null = null;
  private said = "";

  constructor(
    private readonly model: Model,
    el: HTMLElement,
    private readonly Body: ComponentType<Props<V>>,
    css: string,
    private readonly roots: Set<Root<V>>,
  ) {
    this.node.className = "tlkit";
    // JupyterLab's shortcuts would take arrows, Space and single letters from the panel.
    this.node.dataset["lmSuppressShortcuts"] = "true";
    const sheet = document.createElement("style");
    sheet.textContent = style + css;
    this.node.append(sheet, this.mount);
    this.node.addEventListener("focusin", (event) => {
      this.focused = event.target as HTMLElement;
      // Shortcuts match the focused element before they look at what is around it: typing in a list would run them.
      this.focused.dataset["lmSuppressShortcuts"] = "true";
      this.lostAt = Number.POSITIVE_INFINITY;
    });
    this.node.addEventListener("focusout", (event) => {
      // A focus that goes nowhere may be lost because the node is taken out; then it is to come back.
      this.lostAt = performance.now();
      if (event.relatedTarget !== null) this.focused = null;
    });
    model.on("change:view", this.draw);
    model.on("change:pictures", this.draw);
    model.on("change:answered", this.answered);
    el.append(this.node);
    this.draw();
    this.settle(60);
  }

  retire(): void {
    this.roots.delete(this);
    this.model.off("change:view", this.draw);
    this.model.off("change:pictures", this.draw);
    this.model.off("change:answered", this.answered);
  }

  /** Wait for the page to take the node in. After a run, the output it replaces hands over the focus. */
  private settle(frames: number): void {
    requestAnimationFrame(() => {
      if (!this.node.isConnected) {
        if (frames > 0) this.settle(frames - 1);
        return;
      }
      this.place = this.node.closest(".jp-OutputArea-child");
      // In a reopened notebook nothing is behind a panel; the widget around it has a class for that.
      if (this.node.closest(".jupyter-widgets-disconnected")) {
        this.saved = true;
        this.draw();
      }
      for (const other of this.roots) {
        if (other === this || other.place === null || other.place !== this.place || other.node.isConnected) continue;
        const lost = performance.now() - other.lostAt;
        const idle = document.activeElement === null || document.activeElement === document.body;
        if (other.focused && idle && (lost < FOCUS_RETURNS_MS || lost === Number.NEGATIVE_INFINITY)) {
          same(other.focused, other.mount, this.mount)?.focus({ preventScroll: true });
        }
        // The end of the run was told to the place that is gone.
        this.said = this.announced ?? "";
        this.draw();
        other.retire();
      }
    });
  }

  private readonly answered = (): void => {
    if (this.silent) {
      this.silent = false;
      this.draw();
    }
  };

  private readonly send = (event: Event): void => {
    this.number = Math.max(this.number + 1, Date.now());
    const { number } = this;
    const wait = () => {
      if ((this.model.get("answered") as number) < number) {
        this.silent = true;
        this.draw();
      }
    };
    setTimeout(wait, PATIENCE_MS);
    try {
      this.model.send({ ...event, number });
    } catch {
      wait();
    }
  };

  private readonly draw = (): void => {
    const shown = this.model.get("view") as V;
    const view = this.saved ? { ...shown, reopened: SAVED } : shown;
    const pictures = this.model.get("pictures") as Record<string, string>;
    const busy = this.saved || view.status === "running" || view.status === "stopping";
    const Body = this.Body;
    // What is there at first is no news.
    if (this.announced !== null && this.announced !== view.announce) this.said = view.announce;
    this.announced = view.announce;
    const drawn = [
      <section key="panel" class="tlkit-panel" aria-label={view.title} aria-busy={busy && !this.saved}>
        <header class="tlkit-head">
          <h2>{view.title}</h2>
          <p>{view.subtitle}</p>
        </header>
        <Body view={view} pictures={pictures} busy={busy} saved={this.saved} send={this.send} />
        {view.problem && <Problem {...view.problem} />}
        <div role="alert">{this.silent && <p class="tlkit-problem">{SILENCE}</p>}</div>
      </section>,
      // Outside: what is busy is not read out.
      <p key="said" class="tlkit-hidden" role="status">
        {this.said}
      </p>,
    ];
    try {
      render(drawn, this.mount);
    } catch (error) {
      // A blank place would say nothing at all.
      this.mount.textContent = BROKEN;
      console.error(error);
    }
  };
}

/** The node at the same position in another tree. */
function same(node: Element, from: Element, to: Element): HTMLElement | null {
  const path: number[] = [];
  for (let one: Element = node; one !== from; one = one.parentElement) {
    if (!one.parentElement) return null;
    path.unshift([...one.parentElement.children].indexOf(one));
  }
  return path.reduce<Element | undefined>((one, index) => one?.children[index], to) as HTMLElement | null;
}
