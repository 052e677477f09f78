// A badge before the camera is as good as its code typed: the form is sent at once, and the answer is a page.

import { $, cameraKeys } from "./door/page.js";
import { signal } from "./door/signals.js";

const form = $("scan");
// A code that was wrong is typed again, or looked at again, by whoever meant it: the camera waits for a press then.
const isWrong = document.querySelector('[aria-invalid="true"]') !== null;
let isSent = false;

function take(code) {
  if (isSent) return;
  isSent = true;
  form.elements.code.value = code;
  signal("go");
  form.requestSubmit();
}

cameraKeys(take, JSON.parse($("words").textContent), { startsAgain: !isWrong });
