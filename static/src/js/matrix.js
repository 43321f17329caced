// The permission matrix: who may change something may see it; who may not see it may do nothing with it.
import { on } from "./dom.js";

on("change", "[data-matrix-row] input", (event, field) => {
  const boxes = [...field.closest("[data-matrix-row]").querySelectorAll("input:not(:disabled)")];
  const view = boxes.find((box) => box.value.endsWith(".view"));
  if (!view) return;
  if (field === view && !view.checked) boxes.forEach((box) => { box.checked = false; });
  else if (boxes.some((box) => box.checked)) view.checked = true;
});
