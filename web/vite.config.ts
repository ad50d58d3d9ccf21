import { defineConfig, type Plugin } from "vite";

// The page's content security policy allows no style element; wavesurfer.js writes one into its shadow root, and
// src/wave.ts adopts the same rules as a style sheet instead.
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

export default defineConfig({
  plugins: [withoutStyleElement()],
  base: "./",
  // wavesurfer.js is bundled as any other module while developing too, so that the plugin sees it
  optimizeDeps: { exclude: ["wavesurfer.js"] },
  build: {
    outDir: "../src/moodcurve/web/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // while developing, `moodcurve serve --no-open` answers, which takes changes from its own page alone
  server: { proxy: { "/api": { target: SERVER, changeOrigin: true, headers: { origin: SERVER } } } },
});
