// A notebook that is opened again has no widget models. JupyterLab then shows "Error displaying widget: model not
// found" and ignores that the same output also carries HTML. This plugin shows that HTML in the error's place.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import type { IRenderMime } from "@jupyterlab/rendermime";
import { Widget } from "@lumino/widgets";

const ERROR = "Error displaying widget";
const TWIN = "tlkit-twin";
// Drawings are stored in ink on white. In a dark theme light and dark change places; colours keep their hue.
const DARK = `[data-jp-theme-light="false"] .tlkit-drawing {
  filter: invert(1) hue-rotate(180deg);
  mix-blend-mode: lighten;
}`;

/** The parts of a notebook panel that are used; spelled out, since its package is large. */
interface Cell {
  outputArea?: {
    node: HTMLElement;
    model: { length: number; get(index: number): IRenderMime.IMimeModel };
    widgets: readonly { node: HTMLElement }[];
  };
}
interface NotebookPanel extends Widget {
  content: {
    widgets: readonly Cell[];
    rendermime: { createRenderer(mimeType: string): IRenderMime.IRenderer };
  };
}

function isNotebook(widget: Widget): widget is NotebookPanel {
  return widget.hasClass("jp-NotebookPanel");
}

function mend(panel: NotebookPanel): void {
  for (const cell of panel.content.widgets) {
    const area = cell.outputArea;
    area?.widgets.forEach((shown, index) => {
      const error = shown.node.querySelector<HTMLElement>(".jp-OutputArea-output.jupyter-widgets");
      if (!error || error.childElementCount > 0 || !error.textContent?.startsWith(ERROR)) return;
      const model = index < area.model.length ? area.model.get(index) : undefined;
      if (!String(model?.data["text/html"] ?? "").includes(TWIN)) return;
      error.textContent = "";
      // Cleaned like any other HTML unless the notebook is trusted.
      const renderer = panel.content.rendermime.createRenderer("text/html");
      void renderer.renderModel(model as IRenderMime.IMimeModel).then(() => Widget.attach(renderer, error));
    });
  }
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: "tlkit:twin",
  description: "Shows the result of a finished tlkit panel in a reopened notebook, and drawings in a dark theme.",
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    const sheet = document.createElement("style");
    sheet.textContent = DARK;
    document.head.append(sheet);
    const watched = new WeakSet<Widget>();
    const watch = () => {
      for (const widget of app.shell.widgets("main")) {
        if (!isNotebook(widget) || watched.has(widget)) continue;
        watched.add(widget);
        let waiting = false;
        const observer = new MutationObserver(() => {
          // Once per frame is enough.
          if (waiting) return;
          waiting = true;
          requestAnimationFrame(() => {
            waiting = false;
            mend(widget);
          });
        });
        observer.observe(widget.node, { childList: true, subtree: true });
        widget.disposed.connect(() => observer.disconnect());
        mend(widget);
      }
    };
    void app.restored.then(() => {
      watch();
      const main = document.getElementById("jp-main-dock-panel") ?? document.body;
      new MutationObserver(watch).observe(main, { childList: true });
    });
  },
};

export default plugin;
