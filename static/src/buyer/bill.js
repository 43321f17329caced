// The bill on the page. The server's decides (bosonline/bill.py); this shows the same before it is asked.

/** The price of one piece at this quantity: the tier with the largest min_qty that is reached. */
export function unitPrice(item, qty) {
  let price = item.price;
  let reached = 0;
  for (const tier of item.tiers || []) {
    if (tier.min_qty <= qty && tier.min_qty > reached) {
      reached = tier.min_qty;
      price = tier.price;
    }
  }
  return price;
}

const BASIS_POINTS = 10000;
const NO_TERMS = { rate_bp: 0, minimum: 0, payer: "buyer", round_to: 0 };

/**
 * The server's arithmetic (bosonline/bill.py, compute_bill), proved equal by a table of its bills (tests/kernel/test_page_bill.py).
 * All amounts in rupiah; `cod` are the courier's terms for cash on delivery, null for other methods.
 */
export function computeBill({ goods, discount = 0, shipping = 0, shippingDiscount = 0, insurance = 0, methodFee = 0, cod = null }) {
  const off = Math.min(Math.max(discount, 0), goods);
  const shipOff = Math.min(Math.max(shippingDiscount, 0), shipping);
  const base = goods - off + shipping - shipOff + insurance + methodFee;
  const fee = cod && base > 0 ? Math.max(Math.ceil((base * cod.rate_bp) / BASIS_POINTS), cod.minimum) : 0;
  const codFee = cod && cod.payer === "buyer" ? fee : 0;
  const total = Math.max(base + codFee, 0);
  const codRound = cod && cod.round_to ? Math.ceil(total / cod.round_to) * cod.round_to - total : 0;
  return { discount: off, shipOff, codFee, codRound, total: total + codRound };
}

/** {goods, bump, shipping, shipOff, methodFee, codFee, codRound, insurance, voucher, total} in rupiah; shipping null when unknown. */
export function estimate({ form, choice, bump, courier, method, insured, voucher }) {
  const goods = choice.package
    ? choice.package.price
    : choice.items.reduce((sum, { item, qty }) => sum + unitPrice(item, qty) * qty, 0);
  const extra = bump && form.bump ? form.bump.price : 0;
  const shipping = courier ? courier.price : null;
  const subsidy = courier ? Math.min(courier.subsidy || 0, courier.price) : 0;
  const methodFee = method ? method.fee || 0 : 0;
  const insurance = insured && courier ? courier.insurance || 0 : 0;
  const product = voucher ? voucher.discount || 0 : 0;
  const freight = voucher ? voucher.shipping_discount || 0 : 0;
  const cod = method && method.method === "cod" && courier ? courier.cod_terms || NO_TERMS : null;
  const bill = computeBill({ goods: goods + extra, discount: product, shipping: shipping || 0, shippingDiscount: subsidy + freight, insurance, methodFee, cod });
  const off = bill.discount + bill.shipOff - subsidy;
  return { goods, bump: extra, shipping, shipOff: subsidy, methodFee, codFee: bill.codFee, codRound: bill.codRound, insurance, voucher: off, total: bill.total };
}

/** What cash on delivery adds at this service: {fee, round} in rupiah. */
export function cashFee(parts, courier) {
  const { codFee, codRound } = estimate({ ...parts, courier, method: parts.form.payment_methods.find((row) => row.method === "cod") });
  return { fee: codFee, round: codRound };
}

/** A bill of the server's in the same form: its goods hold the offer too, and no unique code is drawn yet. */
export function told(bill) {
  const total = bill.total - (bill.unique_code || 0);
  const before = bill.goods - bill.discount + bill.shipping - bill.shipping_discount + bill.insurance + bill.other_fee + bill.method_fee;
  // A COD fee that the seller bears is in the bill and not in its total.
  return { goods: bill.goods, bump: 0, shipping: bill.shipping, shipOff: bill.shipping_discount, methodFee: bill.method_fee, codFee: Math.max(total - before - (bill.cod_round || 0), 0), codRound: bill.cod_round || 0, insurance: bill.insurance, voucher: bill.discount, total };
}
