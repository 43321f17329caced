// Builds everything the browser gets into var/build/, from static/src/ and node_modules.
//
// The style sheets are joined here, and the font is named here, instead of with @import and url() in the sources:
// Django's collectstatic also walks static/src and stops at an address it cannot find from there.
import { readFile, writeFile, mkdir, copyFile, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const src = path.join(root, "static", "src");
const out = path.join(root, "var", "build");
const require = createRequire(import.meta.url);

const SHEETS = {
  "app.css": ["@tabler/core/dist/css/tabler.css", "./tokens.css", "./css/theme.css", "./css/frame.css", "./css/components.css", "./css/pages.css", "./css/settings.css", "./css/people.css", "./css/catalog.css", "./css/editor.css"],
  "buyer.css": ["./tokens.css", "./buyer/buyer.css"],
};
// Dashboards need a browser with light-dark() anyway (Tabler does); buyers arrive in old in-app browsers.
const SCRIPTS = {
  "app.js": { entry: "js/app.js", target: ["chrome120", "firefox125", "safari17"] },
  "theme.js": { entry: "js/theme.js", target: ["es2018"] },
  "buyer.js": { entry: "buyer/buyer.js", target: ["es2018"] },
  "pixels.js": { entry: "buyer/pixels.js", target: ["es2018"] },
  "embed.js": { entry: "embed/embed.js", target: ["es2018"] },
  "editor.js": { entry: "js/editor/editor.js", target: ["chrome120", "firefox125", "safari17"] },
};
const FONT = ["@fontsource-variable/inter/files/inter-latin-wght-normal.woff2", "fonts/inter-latin.woff2"];

const FONT_FACE = `@font-face { font-family: "Inter Variable"; font-style: normal; font-display: swap; font-weight: 100 900;
  src: url("${FONT[1]}") format("woff2-variations"); }`;

async function buildStyles() {
  for (const [name, parts] of Object.entries(SHEETS)) {
    await esbuild.build({
      stdin: { contents: [...parts.map((p) => `@import "${p}";`), name === "app.css" ? FONT_FACE : ""].join("\n"), resolveDir: src, loader: "css" },
      outfile: path.join(out, name),
      bundle: true,
      minify: true,
      legalComments: "none",
      external: ["fonts/*"],
      nodePaths: [path.join(root, "node_modules")],
      logLevel: "warning",
      // Tabler writes its colours with light-dark() and relative colours; lowering them would break dark mode.
      target: name === "buyer.css" ? ["chrome80", "safari13"] : "esnext",
    });
  }
}

async function buildScripts() {
  for (const [name, { entry, target }] of Object.entries(SCRIPTS)) {
    await esbuild.build({
      entryPoints: [path.join(src, entry)],
      outfile: path.join(out, name),
      bundle: true,
      minify: true,
      legalComments: "none",
      format: "iife",
      target,
      logLevel: "warning",
    });
  }
}

async function buildIcons() {
  // One file lists the icons in use; an icon that is not in the list does not travel.
  const names = JSON.parse(await readFile(path.join(src, "icons.json"), "utf8"));
  const base = path.join(root, "node_modules", "@tabler", "icons", "icons");
  const symbols = [];
  for (const name of [...new Set(names)].sort()) {
    const filled = name.endsWith("-filled");
    const file = path.join(base, filled ? "filled" : "outline", `${name.replace(/-filled$/, "")}.svg`);
    const text = await readFile(file, "utf8");
    const body = text
      .slice(text.indexOf(">", text.indexOf("<svg")) + 1, text.lastIndexOf("</svg>"))
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "")
      .replace(/\s*\n\s*/g, "");
    const paint = filled
      ? 'fill="currentColor"'
      : 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24" ${paint}>${body}</symbol>`);
  }
  await writeFile(path.join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

async function copyFont() {
  await mkdir(path.join(out, "fonts"), { recursive: true });
  await copyFile(require.resolve(FONT[0]), path.join(out, FONT[1]));
}

async function report() {
  for (const name of [...Object.keys(SHEETS), ...Object.keys(SCRIPTS), "icons.svg", FONT[1]]) {
    const file = path.join(out, name);
    const { size } = await stat(file);
    const packed = gzipSync(await readFile(file)).length;
    console.log(`${name.padEnd(24)} ${(size / 1024).toFixed(1).padStart(7)} KB  ${(packed / 1024).toFixed(1).padStart(6)} KB gzip`);
  }
}

async function build() {
  await mkdir(out, { recursive: true });
  await Promise.all([buildStyles(), buildScripts(), buildIcons(), copyFont()]);
}

if (process.argv.includes("--watch")) {
  const { watch } = await import("node:fs");
  let timer;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => build().then(report).catch((error) => console.error(error.message)), 100);
  };
  watch(src, { recursive: true }, again);
  again();
} else {
  await rm(out, { recursive: true, force: true });
  await build();
  await report();
}
