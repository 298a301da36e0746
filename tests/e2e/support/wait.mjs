// Waits until predicate() is truthy, or fails with what() after the deadline.
export async function waitFor(predicate, what, deadlineMs = 10_000, everyMs = 20) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const result = await predicate();
    if (result) return result;
    if (Date.now() > end) {
      throw new Error(`not within ${deadlineMs} ms: ${typeof what === "function" ? what() : what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
