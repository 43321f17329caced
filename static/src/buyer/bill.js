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
