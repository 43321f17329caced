// The permission matrix: who may change something may see it; who may not see it may do nothing with it.
import { each, on } from "./dom.js";

const boxesOf = (row) => [...row.querySelectorAll("input:not(:disabled)")];
const viewOf = (boxes) => boxes.find((box) => box.value.endsWith(".view"));
const seen = (boxes, view) => { if (view && boxes.some((box) => box.checked)) view.checked = true; };

each("[data-matrix-row]", (row) => seen(boxesOf(row), viewOf(boxesOf(row)))); // ticked before this script was there
on("change", "[data-matrix-row] input", (event, field) => {
  const boxes = boxesOf(field.closest("[data-matrix-row]"));
  const view = viewOf(boxes);
  if (field === view && !view.checked) boxes.forEach((box) => { box.checked = false; });
  else seen(boxes, view);
});
