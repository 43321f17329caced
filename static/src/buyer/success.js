// The page after ordering tells pixels what happened, once: a reload tells nothing again.
import { startPixels, tell } from "./events.js";
import { keep } from "./keep.js";

export function startSuccess() {
  const node = document.getElementById("order-events");
  if (!node) return;
  const { pixels, src, events, facts } = JSON.parse(node.textContent);
  const done = keep(`bos-told:${facts.order}`);
  if (done.get()) return;
  startPixels(pixels, src);
  for (const { name, id } of events) tell(name, facts, id);
  done.set(true);
}
