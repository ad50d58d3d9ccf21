import { readdirSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin, type UserConfig } from "vite";

interface Patch {
  file: string;
  from: RegExp;
  to: string;
}

const PATCHES: Patch[] = [
  // The content security policies forbid style elements, except the report's own. wavesurfer.js adds one to its shadow
  // root; src/chart/waveform.ts adopts a style sheet with the same rules instead.
  { file: "wavesurfer.js/dist/wavesurfer.esm.js", from: /<style\$\{[\s\S]*?<\/style>/, to: "" },
  // uPlot formats numbers in the browser's language and fails if that is invalid (WebKitGTK in the C locale). The page
  // is in English and shows none of these numbers.
  { file: "uplot/dist/uPlot.esm.js", from: /Intl\.NumberFormat\([^)]*\)/, to: 'Intl.NumberFormat("en")' },
];

/** Patch libraries in the few places where they do not fit; the build fails if a patch does not apply. */
function patchLibraries(): Plugin {
  return {
    name: "patch-libraries",
    enforce: "pre",
    transform(code, id) {
      const patch = PATCHES.find(({ file }) => id.includes(file));
      if (patch === undefined) return null;
      if (!patch.from.test(code)) this.error(`${patch.file} no longer matches its patch, see vite.config.ts`);
      return { code: code.replace(patch.from, patch.to), map: null };
    },
  };
}

/** Prepend the licenses of bundled libraries to each script, as they require. */
function addLicenses(): Plugin {
  return {
    name: "licenses",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        const bundled = Object.entries(chunk.modules).filter(([, { renderedLength }]) => renderedLength > 0);
        const packages = bundled.flatMap(([id]) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
        const texts = new Map<string, string[]>();
        for (const name of [...new Set(packages)].sort()) {
          const text = license(name);
          texts.set(text, [...(texts.get(text) ?? []), name]);
        }
        const notices = [...texts].map(([text, names]) => `${names.join(", ")}:\n\n${text}`);
        const inside = notices.length > 0 ? ` Inside are:\n\n${notices.join("\n\n\n")}\n` : " ";
        chunk.code = `/*! moodcurve, Apache-2.0.${inside}*/\n${chunk.code}`;
      }
    },
  };
}

function license(name: string): string {
  const folder = new URL(`node_modules/${name}/`, import.meta.url);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no license file`);
  return readFileSync(new URL(file, folder), "utf8").trim();
}

const SERVER = "http://127.0.0.1:8765";
const TOKEN = `Bearer ${process.env.MOODCURVE_TOKEN ?? ""}`;

/** The server's page: a folder of files. */
const page: UserConfig = {
  base: "./",
  build: { outDir: "../src/moodcurve/web/static" },
  // during development, `moodcurve serve --no-open` handles requests, with the same MOODCURVE_TOKEN; it accepts changes
  // only from its own origin
  server: {
    proxy: { "/api": { target: SERVER, changeOrigin: true, headers: { origin: SERVER, authorization: TOKEN } } },
  },
};

/** The report: a script and a style sheet that moodcurve/report/page.py embeds in each page. */
const report: UserConfig = {
  publicDir: false,
  build: {
    outDir: "../src/moodcurve/report/static",
    cssCodeSplit: false, // otherwise the script would add a style element
    rollupOptions: {
      input: "src/report.ts",
      output: { format: "iife", entryFileNames: "report.js", assetFileNames: "report[extname]" },
    },
  },
};

/** The pages of a study: a folder of files. */
const annotate: UserConfig = {
  root: "annotate",
  publicDir: "../public",
  base: "./",
  build: { outDir: "../../src/moodcurve/annotate/static" },
};

export default defineConfig(({ mode }) => {
  const target = mode === "report" ? report : mode === "annotate" ? annotate : page;
  return {
    ...target,
    plugins: [patchLibraries(), addLicenses()],
    // bundle them during development too, so that the patches apply
    optimizeDeps: { exclude: ["wavesurfer.js", "uplot"] },
    build: {
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: true,
      ...target.build,
    },
  };
});
