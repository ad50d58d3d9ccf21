import { defineConfig, type Plugin, type UserConfig } from "vite";

// The pages' content security policies allow no style element but the report's own; wavesurfer.js writes one into its
// shadow root, and src/song/wave.ts adopts the same rules as a style sheet instead.
function withoutStyleElement(): Plugin {
  return {
    name: "wavesurfer-without-style-element",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("wavesurfer.js/dist/wavesurfer.esm.js")) return null;
      const style = /<style\$\{[\s\S]*?<\/style>/;
      if (!style.test(code)) this.error("wavesurfer.js writes its style otherwise than it did: see vite.config.ts");
      return { code: code.replace(style, ""), map: null };
    },
  };
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
    plugins: [withoutStyleElement()],
    // wavesurfer.js is bundled as any other module while developing too, so that the plugin sees it
    optimizeDeps: { exclude: ["wavesurfer.js"] },
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
