// The estimate on the page. The server's bill decides (bosonline/bill.py); this only shows what it will most likely be.

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

/** {goods, bump, shipping, shipOff, methodFee, codFee, insurance, voucher, total} in rupiah; shipping null when unknown. */
export function estimate({ form, choice, bump, courier, method, insured, voucher }) {
  const goods = choice.package
    ? choice.package.price
    : choice.items.reduce((sum, { item, qty }) => sum + unitPrice(item, qty) * qty, 0);
  const extra = bump && form.bump ? form.bump.price : 0;
  const shipping = courier ? courier.price : null;
  const shipOff = courier ? Math.min(courier.subsidy || 0, courier.price) : 0;
  const methodFee = method ? method.fee || 0 : 0;
  const codFee = method && method.method === "cod" && courier ? courier.cod_fee || 0 : 0;
  const insurance = insured && courier ? courier.insurance || 0 : 0;
  const off = voucher ? Math.min(voucher.discount || 0, goods + extra) + Math.min(voucher.shipping_discount || 0, (shipping || 0) - shipOff) : 0;
  const total = Math.max(goods + extra + (shipping || 0) - shipOff + methodFee + codFee + insurance - off, 0);
  return { goods, bump: extra, shipping, shipOff, methodFee, codFee, insurance, voucher: off, total };
}

/** A bill of the server's in the same form: its goods hold the offer too, and no unique code is drawn yet. */
export function told(bill) {
  const total = bill.total - (bill.unique_code || 0);
  const before = bill.goods - bill.discount + bill.shipping - bill.shipping_discount + bill.insurance + bill.other_fee + bill.method_fee;
  // A COD fee that the seller bears is in the bill and not in its total.
  return { goods: bill.goods, bump: 0, shipping: bill.shipping, shipOff: bill.shipping_discount, methodFee: bill.method_fee, codFee: Math.max(total - before, 0), insurance: bill.insurance, voucher: bill.discount, total };
}
