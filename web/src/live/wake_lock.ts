// Keeps the screen on while sound is followed: a phone that locks takes the microphone away.

export interface Awake {
  set(on: boolean): void;
}

export function keepAwake(): Awake {
  let lock: WakeLockSentinel | null = null;
  return {
    set(on) {
      if (!on) {
        void lock?.release();
        lock = null;
      } else if ((lock === null || lock.released) && "wakeLock" in navigator && !document.hidden) {
        // refused on low battery, which is the system's to decide
        navigator.wakeLock.request("screen").then(
          (granted) => (lock = granted),
          () => undefined,
        );
      }
    },
  };
}
