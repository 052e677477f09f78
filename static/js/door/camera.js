// The camera as a scanner: the browser's own detector where there is one, else one that we bring along.

const LONGEST_SIDE = 720;
const PAUSE_MS = 90;

async function detector() {
  if ("BarcodeDetector" in globalThis) {
    try {
      const formats = await globalThis.BarcodeDetector.getSupportedFormats();
      if (formats.includes("qr_code")) return new globalThis.BarcodeDetector({ formats: ["qr_code"] });
    } catch {
      // It is there in name only; ours works everywhere.
    }
  }
  const { BarcodeDetector } = await import("qr/decode.js");
  return new BarcodeDetector({ formats: ["qr_code"] });
}

export class Camera {
  constructor(video, onCode, facing = "environment") {
    this.facing = facing;
    this.video = video;
    this.onCode = onCode;
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
  }

  get isOn() {
    return Boolean(this.stream);
  }

  // Says why it cannot start: "unsafe", "missing", "refused" or "failed"; nothing when it runs.
  async start() {
    if (!globalThis.isSecureContext) return "unsafe";
    if (!navigator.mediaDevices?.getUserMedia) return "missing";
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: { ideal: this.facing }, width: { ideal: 1280 }, height: { ideal: 960 } },
        audio: false,
      });
      this.detector ??= await detector();
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      this.stop();
      if (error.name === "NotAllowedError" || error.name === "SecurityError") return "refused";
      if (error.name === "NotFoundError" || error.name === "OverconstrainedError") return "missing";
      return "failed";
    }
    this.#look();
    return "";
  }

  stop() {
    clearTimeout(this.timer);
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }

  get hasLight() {
    return Boolean(this.stream?.getVideoTracks()[0]?.getCapabilities?.().torch);
  }

  async light(on) {
    await this.stream?.getVideoTracks()[0]?.applyConstraints({ advanced: [{ torch: on }] });
  }

  async #look() {
    if (!this.stream) return;
    try {
      const code = document.hidden ? "" : await this.#read();
      if (code && this.stream) this.onCode(code);
    } catch {
      // A frame that cannot be read is followed by the next one.
    }
    this.timer = setTimeout(() => this.#look(), PAUSE_MS);
  }

  async #read() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width || this.video.readyState < 2) return "";
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.context.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    const [found] = await this.detector.detect(this.canvas);
    return found?.rawValue ?? "";
  }
}
