// Buyers' pages: the order form, and the order page after it. No framework; each part looks for its own markup.
import { startOrderForm } from "./form.js";
import { startOrderPage } from "./order.js";
import { startCountdowns } from "./countdown.js";
import { startFrame } from "./frame.js";
import { startSuccess } from "./success.js";

startCountdowns();
const data = document.getElementById("form-data");
if (data) startOrderForm(JSON.parse(data.textContent));
startOrderPage();
startSuccess();
startFrame();
