/** The hour that is shown: it goes on by itself, or is set. */

export const SPEEDS = [1, 3, 6, 12, 24, 72, 168];
const REDUCED_MS = 500;
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

export class Player {
  /** Tells `shown` each hour that it comes to, and `turned` when it starts or stops. */
  constructor(shown, turned) {
    Object.assign(this, { shown, turned, hour: 0, end: 0, speed: 12, playing: false, before: 0, until: 0 });
  }

  begin(end) {
    if (this.until === this.end) this.until = end;
    this.end = end;
    this.seek(this.hour);
  }

  seek(hour) {
    this.hour = Math.min(Math.max(hour, 0), this.end);
    this.shown(this.hour);
  }

  /** To a whole hour, some hours on or back. */
  step(hours) {
    this.pause();
    this.seek(hours > 0 ? Math.floor(this.hour) + hours : Math.ceil(this.hour) + hours);
  }

  /** Up to an hour, or to the end. */
  play(until = this.end) {
    this.until = until;
    if (this.playing) return;
    if (this.hour >= this.end) this.seek(0);
    this.playing = true;
    this.before = performance.now();
    this.turned(true);
    this.frame = requestAnimationFrame((now) => this.goOn(now));
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.turned(false);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** With reduced motion in steps, otherwise as smoothly as the screen is. */
  goOn(now) {
    if (!this.playing) return;
    const passed = now - this.before;
    if (passed >= (reduced.matches ? REDUCED_MS : 0)) {
      this.before = now;
      this.seek(Math.min(this.hour + (this.speed * Math.max(passed, 0)) / 1000, Math.max(this.until, this.hour)));
      if (this.hour >= this.until || this.hour >= this.end) this.pause();
    }
    if (this.playing) this.frame = requestAnimationFrame((next) => this.goOn(next));
  }
}
