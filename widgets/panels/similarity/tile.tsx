// Small pictures, all of them in one file.

export interface Sheet {
  tile: number;
  columns: number;
  rows: number;
}

/** One picture out of a sheet; what it shows is said beside it. */
export function Tile({ sheet, number, size }: { sheet: Sheet; number: number; size: number }) {
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
