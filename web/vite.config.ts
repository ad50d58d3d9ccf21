import { readdirSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin, type UserConfig } from "vite";

interface Change {
  file: string;
  from: RegExp;
  to: string;
}

const CHANGES: Change[] = [
  // The pages' content security policies allow no style element but the report's own; wavesurfer.js writes one into
  // its shadow root, and src/chart/waveform.ts adopts the same rules as a style sheet instead.
  { file: "wavesurfer.js/dist/wavesurfer.esm.js", from: /<style\$\{[\s\S]*?<\/style>/, to: "" },
  // uPlot makes a formatter of numbers in the browser's language, which ends it, and the page, where that is no
  // language (WebKitGTK in the locale C); its numbers are not shown, and the page is in English.
  { file: "uplot/dist/uPlot.esm.js", from: /Intl\.NumberFormat\([^)]*\)/, to: 'Intl.NumberFormat("en")' },
];

/** Libraries changed in the few places where they do not fit; a build fails where they are not found. */
function adapted(): Plugin {
  return {
    name: "adapted-libraries",
    enforce: "pre",
    transform(code, id) {
      const change = CHANGES.find(({ file }) => id.includes(file));
      if (change === undefined) return null;
      if (!change.from.test(code)) this.error(`${change.file} reads otherwise than it did: see vite.config.ts`);
      return { code: code.replace(change.from, change.to), map: null };
    },
  };
}

/** Each script begins with the licences of the libraries inside it, as these ask for. */
function withLicences(): Plugin {
  return {
    name: "licences",
    generateBundle(_, bundle) {
      for (const made of Object.values(bundle)) {
        if (made.type !== "chunk") continue;
        const inside = Object.entries(made.modules).filter(([, { renderedLength }]) => renderedLength > 0);
        const packages = inside.flatMap(([id]) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
        const texts = new Map<string, string[]>();
        for (const name of [...new Set(packages)].sort()) {
          const text = licence(name);
          texts.set(text, [...(texts.get(text) ?? []), name]);
        }
        const notices = [...texts].map(([text, names]) => `${names.join(", ")}:\n\n${text}`);
        made.code = `/*! moodcurve, Apache-2.0. Inside are:\n\n${notices.join("\n\n\n")}\n*/\n${made.code}`;
      }
    },
  };
}

function licence(name: string): string {
  const folder = new URL(`node_modules/${name}/`, import.meta.url);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence beside it`);
  return readFileSync(new URL(file, folder), "utf8").trim();
}

const SERVER = "http://127.0.0.1:8765";

/** The server's page: a folder of files. */
const page: UserConfig = {
  base: "./",
  build: { outDir: "../src/moodcurve/web/static" },
  // while developing, `moodcurve serve --no-open` answers, which takes changes from its own page alone
  server: { proxy: { "/api": { target: SERVER, changeOrigin: true, headers: { origin: SERVER } } } },
};

/** The report: a script and a style sheet, which moodcurve/report/page.py writes into each page. */
const report: UserConfig = {
  publicDir: false,
  build: {
    outDir: "../src/moodcurve/report/static",
    cssCodeSplit: false, // else the script would write a style element
    rollupOptions: {
      input: "src/report.ts",
      output: { format: "iife", entryFileNames: "report.js", assetFileNames: "report[extname]" },
    },
  },
};

export default defineConfig(({ mode }) => {
  const made = mode === "report" ? report : page;
  return {
    ...made,
    plugins: [adapted(), withLicences()],
    // they are bundled as any other module while developing too, so that the plugin sees them
    optimizeDeps: { exclude: ["wavesurfer.js", "uplot"] },
    build: {
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: true,
      ...made.build,
    },
  };
});
