// The organisers' agenda editor. Without it each block leads to a small form, and the same addresses answer a page.
import { Desk } from "./editor/desk.js";
import { dialog } from "./editor/dialog.js";
import { keys } from "./editor/keys.js";
import { pointer } from "./editor/pointer.js";

const EVERY_MS = 5000;

const desk = new Desk(document.getElementById("frame"), JSON.parse(document.getElementById("words").textContent));
pointer(desk);
keys(desk);
dialog(desk, document.getElementById("dialog"));
// The browser goes to what the address names when the page is whole, and this comes after it.
if (document.readyState === "complete") desk.open();
else addEventListener("load", () => desk.open());

const watch = async () => {
  if (document.visibilityState === "visible") await desk.renew();
  setTimeout(watch, EVERY_MS);
};
setTimeout(watch, EVERY_MS);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && desk.renew());
