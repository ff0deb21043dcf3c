// Small pictures, all of them in one file; or texts in their place.

export type Sheet = { tile: number; columns: number; rows: number } | { texts: string[] };

/** One picture out of a sheet, and what it shows is said beside it; or one text, which says itself. */
export function Tile({ sheet, number, size }: { sheet: Sheet; number: number; size: number }) {
  if ("texts" in sheet) return <span class="tlkit-s-text">{sheet.texts[number]}</span>;
  const column = number % sheet.columns;
  const row = Math.floor(number / sheet.columns);
  return (
    <span
      class="tlkit-s-tile"
      aria-hidden="true"
      style={{
        width: `${size}px`,
        height: `${size}px`,
        backgroundSize: `${sheet.columns * size}px ${sheet.rows * size}px`,
        backgroundPosition: `-${column * size}px -${row * size}px`,
      }}
    />
  );
}
