// What is heard and felt, so that nobody has to look: high for yes, low for no.

//: [frequency in Hz, start in s, length in s] of each tone, and how the phone shakes, in ms.
const TUNES = {
  go: { tones: [[880, 0, 0.09], [1320, 0.1, 0.12]], shakes: [60] },
  look: { tones: [[880, 0, 0.09], [660, 0.12, 0.09], [880, 0.24, 0.12]], shakes: [60, 60, 60, 60, 60] },
  part: { tones: [[880, 0, 0.12]], shakes: [60] },
  desk: { tones: [[660, 0, 0.12], [660, 0.18, 0.12]], shakes: [60, 60, 60] },
  again: { tones: [[520, 0, 0.12], [520, 0.18, 0.12]], shakes: [60, 60, 60] },
  stop: { tones: [[196, 0, 0.4]], shakes: [300] },
  kept: { tones: [[440, 0, 0.08]], shakes: [40] },
};

let audio;

// Browsers allow sound after a touch or a key only; each of them opens the way.
export function openSound() {
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
  audio ??= globalThis.AudioContext ? new AudioContext() : undefined;
  if (audio?.state === "suspended") audio.resume().catch(() => {});
}

export function signal(tone) {
  const tune = TUNES[tone];
  if (!tune) return;
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(tune.shakes);
  if (audio?.state !== "running") return;
  for (const [frequency, start, length] of tune.tones) {
    const at = audio.currentTime + start;
    const wave = audio.createOscillator();
    const loudness = audio.createGain();
    wave.frequency.value = frequency;
    wave.type = tone === "stop" ? "square" : "sine";
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.25, at + 0.01);
    loudness.gain.setTargetAtTime(0, at + length, 0.02);
    wave.connect(loudness).connect(audio.destination);
    wave.start(at);
    wave.stop(at + length + 0.15);
  }
}

// While the camera looks, the screen must not go dark.
let lock;
let wanted = false;

export async function stayAwake(on) {
  wanted = on;
  try {
    if (on && !document.hidden) lock = await navigator.wakeLock?.request("screen");
    else await lock?.release();
  } catch {
    // A low battery may forbid it; scanning goes on.
  }
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && wanted) stayAwake(true);
});
