// Publishes numbers, 50 a second, one after the other. What has no acknowledgement is published again until it has one.

const periodMs = 20;
const attemptMs = 2000;

const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// publish: sends {"number":n}; rejects where it was not acknowledged.
export function publishEvents(publish) {
  const acknowledged = [];
  let going = true;
  const done = (async () => {
    for (let number = 1, next = Date.now(); going; ++number, next += periodMs) {
      await wait(Math.max(0, next - Date.now()));
      while (going) {
        const { ok, signal } = await attempt(publish, number);
        if (ok) {
          acknowledged.push(number);
          break;
        }
        if (!signal) await wait(100);
      }
    }
  })();
  return {
    async stop() {
      going = false;
      await done;
      return acknowledged;
    },
  };
}

async function attempt(publish, number) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), attemptMs);
  try {
    await publish(number, controller.signal);
    return { ok: true };
  } catch {
    return { ok: false, signal: controller.signal.aborted };
  } finally {
    clearTimeout(timer);
  }
}

// A POST that is acknowledged by any 2xx.
export async function post(url, { headers, body, signal }) {
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${response.status}`);
}
