// Rows that are dragged to their place: with the mouse anywhere on a row, with a finger or pen by its handle, so that a
// swipe elsewhere still scrolls. Pointer events only; near an edge the page or the pane scrolls along.
const EDGE = 64;
const START = 4; // a shaky click is no drag

/** What scrolls `node`: a pane of its own, or the page. */
function scrollerOf(node) {
  for (let box = node.parentElement; box && box !== document.body; box = box.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(box).overflowY) && box.scrollHeight > box.clientHeight) return box;
  }
  return document.scrollingElement;
}
/** The part of `scroller` one can see between bars that stay where they are. */
function windowOf(scroller) {
  const page = scroller === document.scrollingElement;
  const box = page ? { top: 0, bottom: innerHeight } : scroller.getBoundingClientRect();
  const top = document.querySelector(".topbar")?.getBoundingClientRect().bottom ?? 0;
  const bar = document.querySelector(".bottombar")?.getBoundingClientRect();
  return { top: Math.max(box.top, top), bottom: Math.min(box.bottom, bar?.height ? bar.top : innerHeight) };
}

/** `moved(row, to)` is called once, when a row of `list` is let go at another place. */
export function drag(list, { handle, moved }) {
  let now = null;

  const place = () => {
    const { row, rows, from, spots, y } = now;
    const at = y - list.getBoundingClientRect().top;
    let to = spots.findIndex((spot) => at < spot.bottom);
    if (to < 0) to = rows.length - 1;
    now.to = to;
    // It follows the finger, but stays in the list.
    const least = -spots[from].top;
    const most = spots[rows.length - 1].bottom - spots[from].bottom;
    row.style.transform = `translateY(${Math.min(Math.max(at - now.grip, least), most)}px)`;
    const height = spots[from].bottom - spots[from].top;
    rows.forEach((other, index) => {
      if (other === row) return;
      const shift = from < index && index <= to ? -height : to <= index && index < from ? height : 0;
      other.style.transform = shift ? `translateY(${shift}px)` : "";
    });
  };
  const scroll = () => {
    if (!now?.on) return;
    const { scroller, y } = now;
    const seen = windowOf(scroller);
    const over = y < seen.top + EDGE ? y - seen.top - EDGE : y > seen.bottom - EDGE ? y - seen.bottom + EDGE : 0;
    // no further than the list goes
    const edge = list.getBoundingClientRect();
    if ((over < 0 && edge.top < seen.top + EDGE) || (over > 0 && edge.bottom > seen.bottom - EDGE)) {
      scroller.scrollTop += Math.sign(over) * Math.min(Math.abs(over) / 5, 12);
      place();
    }
    requestAnimationFrame(scroll);
  };
  const begin = () => {
    const { row } = now;
    const rows = [...list.children];
    const top = list.getBoundingClientRect().top;
    const spots = rows.map((other) => { const box = other.getBoundingClientRect(); return { top: box.top - top, bottom: box.bottom - top }; });
    Object.assign(now, { on: true, rows, spots, from: rows.indexOf(row), grip: now.y0 - top, scroller: scrollerOf(list) });
    row.setPointerCapture(now.id);
    list.classList.add("is-dragging");
    row.classList.add("is-dragged");
    requestAnimationFrame(scroll);
  };
  const end = (keep) => {
    if (!now) return;
    const { on, row, rows, from, to } = now;
    now = null;
    if (!on) return;
    list.classList.remove("is-dragging");
    row.classList.remove("is-dragged");
    for (const other of rows) other.style.transform = "";
    // What was pressed to drag is not meant to be opened.
    const swallow = (event) => { event.preventDefault(); event.stopPropagation(); };
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 50);
    if (keep && to !== from) moved(row, to);
  };

  list.addEventListener("pointerdown", (event) => {
    const row = [...list.children].find((child) => child.contains(event.target));
    const grip = event.target.closest(handle);
    if (now || !row || event.button !== 0 || !event.isPrimary) return;
    if (!grip && (event.pointerType !== "mouse" || event.target.closest("[data-no-drag]"))) return;
    now = { id: event.pointerId, row, x0: event.clientX, y0: event.clientY, y: event.clientY };
  });
  addEventListener("pointermove", (event) => {
    if (!now || event.pointerId !== now.id) return;
    now.y = event.clientY;
    if (!now.on && Math.hypot(event.clientX - now.x0, event.clientY - now.y0) < START) return;
    if (!now.on) begin();
    event.preventDefault();
    place();
  });
  list.addEventListener("contextmenu", (event) => { if (now) event.preventDefault(); }); // a long press on a handle
  addEventListener("pointerup", (event) => { if (event.pointerId === now?.id) end(true); });
  addEventListener("pointercancel", (event) => { if (event.pointerId === now?.id) end(false); });
  addEventListener("keydown", (event) => { if (now?.on && event.key === "Escape") { event.stopPropagation(); end(false); } }, true);
}
