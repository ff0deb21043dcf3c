// How many items each class has in each split: bars and numbers, the largest class first.

export interface Sizes {
  caption: string;
  head: string[];
  /** Counts as text, and how long each part of the bar is: shares of the largest class. */
  rows: { name: string; counts: string[]; all: string; shares: number[] }[];
  /** How many classes have no row; "" where all have one. */
  left_out: string;
}

export function Classes({ caption, head, rows, left_out }: Sizes) {
  const [name, ...columns] = head;
  return (
    <div class="tlkit-scroll tlkit-f-classes" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{name}</th>
            <td aria-hidden="true" class="tlkit-f-bar" />
            {columns.map((column, at) => (
              <th scope="col" key={column} class="tlkit-f-count">
                {at < columns.length - 1 && <i class={`tlkit-f-part-${at}`} aria-hidden="true" />}
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              <td aria-hidden="true" class="tlkit-f-bar">
                <span>
                  {row.shares.map((share, at) => (
                    <i key={at} class={`tlkit-f-part-${at}`} style={{ width: `${100 * share}%` }} />
                  ))}
                </span>
              </td>
              {[...row.counts, row.all].map((count, at) => (
                <td key={at} class="tlkit-f-count">
                  {count}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {left_out && <p class="tlkit-dim">{left_out}</p>}
    </div>
  );
}
