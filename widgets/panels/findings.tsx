// The Findings panel: how large the data are, what is wrong with them, and the items that each finding is about.
import { useState } from "preact/hooks";
import { panel } from "../shared/panel";
import { RunBar, Segments } from "../shared/parts";
import type { Base, Props } from "../shared/seam";
import css from "./findings.css";
import { Classes, type Sizes } from "./findings/classes";
import { type Finding, Opened } from "./findings/opened";

interface View extends Base {
  stats: { label: string; value: string; words: string }[];
  classes: Sizes;
  invite: string;
  outcome: {
    verdict: string;
    why: string;
    /** Empty where there is nothing to choose. */
    levels: { name: string; label: string }[];
    level: string;
    kinds: { name: string; label: string }[];
    kind: string;
    opened: string;
    findings: Finding[];
    none_left: string;
    checked: string[];
    checked_title: string;
    strict: string;
    code_title: string;
    show_test: string;
    opens: string;
    names_title: string;
  } | null;
}

function Findings(props: Props<View>) {
  const { view, pictures, busy, saved, send } = props;
  const { outcome } = view;
  // Without a kernel nobody answers: what is open is then kept here.
  const [kept, setKept] = useState<string | null>(null);
  const opened = (saved ? kept : null) ?? outcome?.opened ?? "";
  const locked = busy && !saved;
  const open = (key: string) => (saved ? setKept(key) : locked || send({ set: { opened: key } }));
  const filter = (field: "level" | "kind") => (name: string) => send({ set: { [field]: name } });
  return (
    <>
      <div class="tlkit-f-stats">
        {view.stats.map((one) => (
          <div key={one.label}>
            <small>{one.label}</small> <strong>{one.value}</strong> <small>{one.words}</small>
          </div>
        ))}
      </div>
      <Classes {...view.classes} />
      <RunBar {...props}>{!outcome && <span class="tlkit-dim">{view.invite}</span>}</RunBar>
      {outcome && (
        <div class="tlkit-f-outcome">
          <div role="status">
            <p class="tlkit-verdict">{outcome.verdict}</p>
          </div>
          {outcome.why && <p class="tlkit-why">{outcome.why}</p>}
          <div class="tlkit-f-filters">
            {outcome.levels.length > 0 && (
              <Segments label="How grave" options={outcome.levels} chosen={outcome.level} disabled={busy} choose={filter("level")} />
            )}
            {outcome.kinds.length > 0 && (
              <Segments label="About what" options={outcome.kinds} chosen={outcome.kind} disabled={busy} choose={filter("kind")} />
            )}
          </div>
          <ul class="tlkit-f-list">
            {outcome.findings.map((one) => (
              <li key={one.key} class={`tlkit-f-${one.level}`}>
                <h3>
                  <button
                    type="button"
                    aria-expanded={one.key === opened}
                    aria-disabled={locked}
                    onClick={() => open(one.key === opened ? "" : one.key)}
                  >
                    <span class="tlkit-f-turn" aria-hidden="true">
                      {one.key === opened ? "▾" : "▸"}
                    </span>
                    <span class="tlkit-f-level">
                      <span aria-hidden="true">{one.sign} </span>
                      {one.word}
                    </span>
                    <span class="tlkit-f-what">
                      {one.what}
                      {one.key !== opened && one.first && <small>{one.first}</small>}
                    </span>
                  </button>
                </h3>
                {one.key === opened && (
                  <Opened
                    finding={one}
                    pictures={pictures}
                    titles={outcome}
                    {...(saved || view.reopened ? {} : { showTest: () => busy || send({ do: "show_test" }) })}
                    busy={busy}
                  />
                )}
              </li>
            ))}
          </ul>
          {outcome.findings.length === 0 && outcome.none_left && <p class="tlkit-dim">{outcome.none_left}</p>}
          <details class="tlkit-f-checked" open={!outcome.none_left}>
            <summary>{outcome.checked_title}</summary>
            <ul>
              {outcome.checked.map((words) => (
                <li key={words}>{words}</li>
              ))}
            </ul>
          </details>
          {outcome.strict && <p class="tlkit-note">{outcome.strict}</p>}
        </div>
      )}
    </>
  );
}

export default panel<View>(Findings, css);
