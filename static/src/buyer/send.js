// Sending an order exactly once.
//
// One Idempotency-Key and one body make an attempt. While nobody knows whether it arrived (no answer, 5xx), both are kept
// as they are and the page offers only "try again": the server then answers with the first order. A definite refusal (4xx)
// ends the attempt; the next body gets a key of its own.
import { keep, randomId } from "./keep.js";

const WAITS = [1000, 3000, 7000];
const TIMEOUT = 20000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function sender(slug) {
  const store = keep(`bos-attempt:${slug}`);
  const firstKey = randomId(); // one per page load
  let refused = null;

  async function once(attempt) {
    const stop = typeof AbortController === "function" ? new AbortController() : null;
    const timer = stop && setTimeout(() => stop.abort(), TIMEOUT);
    try {
      const answer = await fetch("/api/v1/checkout/orders", {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "Accept-Language": document.documentElement.lang, "Idempotency-Key": attempt.key },
        body: attempt.body,
        signal: stop ? stop.signal : undefined,
      });
      const data = await answer.json();
      if (answer.status >= 500) return { lost: true, busy: true };
      return { ok: answer.ok, status: answer.status, data };
    } catch (error) {
      return { lost: true };
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    /** An attempt from before a reload that may or may not have arrived. */
    pending: () => store.get(),
    /** Resolves to {ok, status, data} or {lost: true}; `onRetry(n)` is called before each repeat. */
    async send(body, onRetry) {
      let attempt = store.get();
      if (!attempt) {
        const same = refused && refused.body === body;
        attempt = { key: same ? refused.key : refused ? randomId() : firstKey, body };
        store.set(attempt);
      }
      let result = await once(attempt);
      for (let n = 0; result.lost && n < WAITS.length; n += 1) {
        onRetry(n + 1);
        await pause(WAITS[n]);
        result = await once(attempt);
      }
      if (!result.lost) {
        store.drop();
        refused = result.ok ? null : attempt;
      }
      return result;
    },
  };
}
