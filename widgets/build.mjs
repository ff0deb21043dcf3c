// Bundle every panel into the Python package: `npm run build` (types are checked first).
// The same sources and lock file give the same bytes; a test rebuilds and compares.
import { readdir, readFile } from "node:fs/promises";
import { build, transform } from "esbuild";

const here = import.meta.dirname;
const outdir = process.argv[2] ?? `${here}/../tlkit/panels/static`;

// A stylesheet becomes a string in the bundle, so that a panel is one file.
const stylesheets = {
  name: "stylesheets",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const css = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: css.code, loader: "text" };
    });
  },
};

await build({
  absWorkingDir: here,
  entryPoints: (await readdir(`${here}/panels`)).filter((name) => /\.tsx?$/.test(name)).sort().map((name) => `panels/${name}`),
  outdir,
  bundle: true,
  format: "esm",
  minify: true,
  charset: "utf8",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  plugins: [stylesheets],
});
