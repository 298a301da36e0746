// Whether anybody can see the page. Over HTTP/1.1 a browser opens six connections to a host, for
// all its tabs together: six tabs that hold a stream while nobody looks at them block the seventh.
// And Chromium keeps the streams of a page that was left, in case somebody comes back to it.

// A look at another tab shall not cost a connection.
const kGraceMs = 5000;

// onHide(): the page has been hidden for a while, or was left. onShow(): it can be seen (again).
export function watchVisibility(onHide, onShow) {
  let timer = 0;
  if (document.hidden) onHide();  // opened in the background
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(onHide, kGraceMs);
    else onShow();
  });
  addEventListener("pagehide", () => {
    clearTimeout(timer);
    onHide();
  });
  addEventListener("pageshow", () => {
    if (!document.hidden) onShow();
  });
}
