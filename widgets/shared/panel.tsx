// Every panel's frame: title, body, problem, and the living DOM that survives a re-display.
import { type ComponentType, render } from "preact";
import style from "./panel.css";
import { Problem } from "./parts";
import type { Base, Event, Model, Props } from "./seam";

const PATIENCE_MS = 4000;
const FOCUS_RETURNS_MS = 1000;
const SILENCE = "Nothing answers. Run the cell above again to use this panel.";

interface View {
  model: Model;
  el: HTMLElement;
}

/** Make the module that anywidget loads: `export default panel(Freeze, css)`. */
export function panel<V extends Base>(Body: ComponentType<Props<V>>, css = "") {
  // anywidget calls this once per panel object, and `render` once per place that shows it.
  return () => {
    const roots: Root<V>[] = [];
    return {
      render({ model, el }: View): () => void {
        // After a run the output is shown anew. Moving the old DOM there keeps focus, scrolling and open details.
        const left = roots.find((root) => root.isLeft());
        const root = left ?? new Root(Body, css);
        if (!left) roots.push(root);
        return root.show(model, el);
      },
    };
  };
}

class Root<V extends Base> {
  private readonly node = document.createElement("div");
  private readonly mount = document.createElement("div");
  private shown = false;
  private places = 0;
  private sent = 0;
  private silent = false;
  private focused: HTMLElement | null = null;
  private lostAt = Number.POSITIVE_INFINITY;

  constructor(
    private readonly Body: ComponentType<Props<V>>,
    css: string,
  ) {
    this.node.className = "tlkit";
    // JupyterLab's shortcuts would take arrows, Space and single letters from the panel.
    this.node.dataset["lmSuppressShortcuts"] = "true";
    const sheet = document.createElement("style");
    sheet.textContent = style + css;
    this.node.append(sheet, this.mount);
    this.node.addEventListener("focusin", (event) => {
      this.focused = event.target as HTMLElement;
      this.lostAt = Number.POSITIVE_INFINITY;
    });
    this.node.addEventListener("focusout", (event) => {
      // A focus that goes nowhere may be lost because the node is taken out; then it is to come back.
      this.lostAt = performance.now();
      if (event.relatedTarget !== null) this.focused = null;
    });
  }

  /** It was on the page once, and the place that showed it is gone. */
  isLeft(): boolean {
    return (this.shown && !this.node.isConnected) || this.places === 0;
  }

  show(model: Model, el: HTMLElement): () => void {
    const draw = () => this.draw(model);
    const answered = () => {
      if (this.silent) {
        this.silent = false;
        draw();
      }
    };
    model.on("change:view", draw);
    model.on("change:pictures", draw);
    model.on("change:answered", answered);
    this.shown = false;
    this.places += 1;
    el.append(this.node);
    draw();
    if (performance.now() - this.lostAt > FOCUS_RETURNS_MS) this.focused = null;
    this.settle(60);
    return () => {
      this.places -= 1;
      model.off("change:view", draw);
      model.off("change:pictures", draw);
      model.off("change:answered", answered);
    };
  }

  /** Wait for the page to take the node in, then give it back its focus. */
  private settle(frames: number): void {
    requestAnimationFrame(() => {
      this.shown ||= this.node.isConnected;
      if (!this.shown && frames > 0) return this.settle(frames - 1);
      const active = document.activeElement;
      if (active === null || active === document.body) this.focused?.focus({ preventScroll: true });
    });
  }

  private draw(model: Model): void {
    this.shown ||= this.node.isConnected;
    const view = model.get("view") as V;
    const pictures = model.get("pictures") as Record<string, string>;
    const send = (event: Event) => {
      this.sent += 1;
      const number = Date.now() * 100 + (this.sent % 100);
      setTimeout(() => {
        if ((model.get("answered") as number) < number) {
          this.silent = true;
          this.draw(model);
        }
      }, PATIENCE_MS);
      try {
        model.send({ ...event, number });
      } catch {
        this.silent = true;
        this.draw(model);
      }
    };
    const busy = view.status === "running" || view.status === "stopping";
    const Body = this.Body;
    render(
      <section class="tlkit-panel" aria-label={view.title} aria-busy={busy}>
        <header class="tlkit-head">
          <h2>{view.title}</h2>
          <p>{view.subtitle}</p>
        </header>
        <Body view={view} pictures={pictures} busy={busy} send={send} />
        {view.problem && <Problem {...view.problem} />}
        <div role="alert">{this.silent && <p class="tlkit-problem">{SILENCE}</p>}</div>
      </section>,
      this.mount,
    );
  }
}
