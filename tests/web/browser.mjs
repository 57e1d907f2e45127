// Bundles and serves the pages of this folder, opens one in headless Chromium and prints its text, as one JSON string a
// line, each time it changes; errors of the page too. Ends by SIGTERM.
//
//   node browser.mjs PATH_AND_QUERY
import { context } from "esbuild";
import { chromium } from "playwright-core";

const pages = await context({
  entryPoints: ["watch.ts", "encodings.ts"], bundle: true, format: "esm", outdir: "out", logLevel: "warning",
});
const { port } = await pages.serve({ servedir: ".", host: "127.0.0.1", port: 0 });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Chromium's own sandbox does not start for root, and these pages are ours.
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
  handleSIGTERM: false,
});
process.once("SIGTERM", async () => {
  await browser.close();
  await pages.dispose();
  process.exit();
});
const page = await browser.newPage();
page.on("pageerror", (error) => console.log(`error ${error}`));
page.on("console", (said) => said.type() === "error" && console.log(`error ${said.text()}`));
await page.exposeFunction("changed", (text) => console.log(`text ${JSON.stringify(text)}`));
await page.addInitScript(() =>
  addEventListener("DOMContentLoaded", () =>
    new MutationObserver(() => changed(document.body.innerText))
      .observe(document.body, { childList: true, subtree: true, characterData: true })));
await page.goto(`http://127.0.0.1:${port}/${process.argv[2]}`);
