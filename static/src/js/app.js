// The dashboard's script: htmx, Alpine's CSP build for small local state, and our modules.
import Alpine from "@alpinejs/csp";
import "./requests.js";
import "./toasts.js";
import "./menus.js";
import "./confirm.js";
import "./fields.js";
import "./picker.js";
import "./lists.js";
import "./matrix.js";
import "./times.js";
import "./search.js";
import "./product.js";
import "./inventory.js";
import "./watch.js";
import { components } from "./components.js";

for (const [name, make] of Object.entries(components)) Alpine.data(name, make);
Alpine.start();
