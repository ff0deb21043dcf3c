// What the target shares with the source: a warning, or one quiet line that says what was looked for.

export interface Shared {
  title: string;
  warnings: string[];
  why: string;
  quiet: string;
}

export function Overlap({ title, warnings, why, quiet }: Shared) {
  if (warnings.length === 0) return <p class="tlkit-why tlkit-s-why">{quiet}</p>;
  return (
    <section class="tlkit-o" aria-label={title}>
      <h3>
        <span aria-hidden="true">⚠</span> {title}
      </h3>
      <ul>
        {warnings.map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      <p>{why}</p>
      {quiet && <p class="tlkit-why">{quiet}</p>}
    </section>
  );
}
