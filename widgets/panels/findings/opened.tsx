// An open finding: why it matters, what to do, and the items it is about.
import { Copy } from "../../shared/parts";

interface Item {
  /** The name of its picture; "" for a text and for what is sealed. */
  picture: string;
  text: string;
  alt: string;
  name: string;
  said: string;
}

export interface Finding {
  key: string;
  level: string;
  sign: string;
  word: string;
  what: string;
  /** The first place where it was found, and how many more there are. */
  first: string;
  why: string;
  cure: string;
  code: string;
  groups: { words: string; items: Item[] }[];
  more: string;
  names: string[];
  names_more: string;
  /** Its pictures are to be seen many at once. */
  small: boolean;
  /** Some of its items are in the test set, which is closed. */
  sealed: boolean;
}

interface Props {
  finding: Finding;
  pictures: Record<string, string>;
  titles: { code_title: string; show_test: string; opens: string; names_title: string };
  busy: boolean;
  /** Missing where no dataset is behind the panel. */
  showTest?(): void;
}

export function Opened({ finding, pictures, titles, busy, showTest }: Props) {
  return (
    <div class="tlkit-f-open">
      {finding.why && <p>{finding.why}</p>}
      {finding.cure && (
        <p class="tlkit-f-cure">
          <span aria-hidden="true">→ </span>
          {finding.cure}
        </p>
      )}
      {finding.code && (
        <div class="tlkit-f-code">
          <pre tabIndex={0} aria-label={titles.code_title}>
            <code>{finding.code}</code>
          </pre>
          <Copy code={finding.code} label="Copy" />
        </div>
      )}
      {finding.groups.length > 0 && (
        <ul class={finding.small ? "tlkit-f-groups tlkit-f-small" : "tlkit-f-groups"}>
          {finding.groups.map((group, at) => (
            <li key={at}>
              {group.words && <p>{group.words}</p>}
              <div class="tlkit-f-items">
                {group.items.map((item) => (
                  <Shown key={item.name} item={item} uri={pictures[item.picture]} />
                ))}
              </div>
            </li>
          ))}
        </ul>
      )}
      {finding.more && <p class="tlkit-f-more">{finding.more}</p>}
      {finding.sealed && showTest && (
        <p class="tlkit-f-test">
          <button type="button" class="tlkit-ghost" aria-disabled={busy} onClick={showTest}>
            {titles.show_test}
          </button>
          <span class="tlkit-dim">{titles.opens}</span>
        </p>
      )}
      {finding.names.length > 0 && (
        <div class="tlkit-f-names" role="region" aria-label={titles.names_title} tabIndex={0}>
          <ul>
            {finding.names.map((name) => (
              <li key={name}>{name}</li>
            ))}
          </ul>
          {finding.names_more && <p class="tlkit-f-more">{finding.names_more}</p>}
        </div>
      )}
    </div>
  );
}

function Shown({ item, uri }: { item: Item; uri: string | undefined }) {
  const sealed = !uri && !item.text;
  return (
    <figure>
      {uri ? (
        <img src={uri} alt={item.alt} />
      ) : sealed ? (
        <span class="tlkit-f-sealed" role="img" aria-label={item.alt} />
      ) : (
        <blockquote>{item.text}</blockquote>
      )}
      <figcaption>
        <b>{item.name}</b>
        {item.said}
      </figcaption>
    </figure>
  );
}
