// The real page in a frame. The new one is drawn behind the old one and takes its place, so that nothing flashes or jumps.
export function preview(frame, url) {
  let shown = frame.querySelector("iframe");
  let waiting = false;
  let again = false;

  const refresh = () => {
    if (waiting) { again = true; return; }
    waiting = true;
    const next = document.createElement("iframe");
    next.title = shown.title;
    next.className = "is-next";
    next.src = url;
    next.addEventListener("load", () => {
      try { next.contentWindow.scrollTo(0, shown.contentWindow.scrollY); } catch (error) { /* the old one is gone already */ }
      next.className = "";
      shown.remove();
      shown = next;
      waiting = false;
      if (again) { again = false; refresh(); }
    });
    frame.append(next);
  };
  return { refresh };
}
