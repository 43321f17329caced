-- Place an order in one round trip and one transaction (performance.md, "How"; docs/decisions/0002).
--
-- The caller (orders/services/placement) has computed the bill and passes whole rows as JSON; this function only
-- does what needs the database's word: idempotency, the form's revision, the customer, voucher uses, stock. What belongs
-- to another app is that app's own function (bosonline/sqlfunctions.py).
-- Everything or nothing: a failed rule raises SQLSTATE BO001 with the machine code as message and facts as detail.
--
-- Locks are taken in one order everywhere (idempotency key, customer, vouchers, stock levels by variant id), the hot
-- ones last, so that the row of a best-selling variant is locked only for its update and the commit.
--
-- Every column is listed: one that a later release adds gets its default from the table, and orders that processes of
-- this release place meanwhile go on.
CREATE FUNCTION @order_place@(p jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_order     orders_order;
    v_store     bigint := (p -> 'order' ->> 'store_id')::bigint;
    v_now       timestamptz := (p -> 'order' ->> 'created_at')::timestamptz;
    v_known     bigint;
    v_form      record;
    v_customer  record;
    v_history   record;
    v_previous  record;
    v_count     bigint;
    v_action    text;
BEGIN
    v_order := jsonb_populate_record(NULL::orders_order, p -> 'order');
    v_order.id := nextval('orders_order_id_seq');

    IF p ? 'idempotency' THEN
        v_known := @idempotency_claim@(p -> 'idempotency', v_order.id, v_now);
        IF v_known IS NOT NULL THEN
            RETURN jsonb_build_object('order_id', v_known, 'replayed', true);
        END IF;
    END IF;

    IF v_order.form_id IS NOT NULL AND NOT v_order.is_test THEN
        SELECT revision, status, opens_at, closes_at, quota, deleted_at INTO v_form
        FROM forms_orderform WHERE id = v_order.form_id AND store_id = v_store;
        IF NOT FOUND OR v_form.deleted_at IS NOT NULL OR v_form.status <> 'published'
           OR v_form.opens_at > v_now OR v_form.closes_at <= v_now THEN
            RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'form_closed', DETAIL = '{}';
        END IF;
        IF v_form.revision <> (p ->> 'form_revision')::bigint THEN
            RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'stale_form', DETAIL = '{}';
        END IF;
        IF v_form.quota IS NOT NULL THEN
            PERFORM 1 FROM forms_orderform WHERE id = v_order.form_id FOR UPDATE;
            SELECT count(*) INTO v_count FROM orders_order
            WHERE form_id = v_order.form_id AND status <> 'cancelled' AND NOT is_test;
            IF v_count >= v_form.quota THEN
                RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'form_closed', DETAIL = '{"reason": "quota"}';
            END IF;
        END IF;
    END IF;

    INSERT INTO orders_customer AS c (store_id, phone, name, email, orders_count, delivered_count, returned_count,
                                      spent, tags, is_blacklisted, created_at, last_order_at)
    VALUES (v_store, v_order.buyer_phone, v_order.buyer_name, v_order.buyer_email,
            CASE WHEN v_order.is_test THEN 0 ELSE 1 END, 0, 0, 0, '{}', false, v_now, v_now)
    ON CONFLICT (store_id, phone) DO UPDATE SET
        name = CASE WHEN v_order.is_test THEN c.name ELSE EXCLUDED.name END,
        email = CASE WHEN v_order.is_test THEN c.email ELSE COALESCE(NULLIF(EXCLUDED.email, ''), c.email) END,
        orders_count = c.orders_count + EXCLUDED.orders_count,
        last_order_at = CASE WHEN v_order.is_test THEN c.last_order_at ELSE EXCLUDED.last_order_at END
    RETURNING c.id, c.orders_count, c.is_blacklisted INTO v_customer;
    v_order.customer_id := v_customer.id;

    IF v_customer.is_blacklisted THEN
        v_order.risk := 'suspicious';
        v_order.risk_reasons := v_order.risk_reasons || '["blacklisted"]';
    END IF;
    -- How parcels to this phone ended in all stores together; only the sums leave this query.
    SELECT COALESCE(sum(delivered_count), 0) AS delivered, COALESCE(sum(returned_count), 0) AS returned
    INTO v_history FROM orders_customer WHERE phone = v_order.buyer_phone;
    IF v_history.returned >= 2 AND v_history.returned > v_history.delivered THEN
        IF v_order.risk = 'clear' THEN
            v_order.risk := 'watch';
        END IF;
        v_order.risk_reasons := v_order.risk_reasons || '["return_history"]';
    END IF;

    -- A held order is kept, never lost; the two others ask the buyer for something before anything is written.
    v_action := p -> 'risk_actions' ->> v_order.risk;
    IF NOT v_order.is_test AND v_action IS NOT NULL THEN
        IF v_action = 'hold' AND v_order.risk = 'watch' THEN
            v_order.risk := 'suspicious';
        ELSIF v_action = 'confirm' AND NOT COALESCE((p ->> 'risk_confirmed')::boolean, false) THEN
            RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'confirmation_required', DETAIL = '{}';
        ELSIF v_action = 'no_cod' AND v_order.payment_method = 'cod'
              AND COALESCE((p ->> 'cod_alternatives')::boolean, false) THEN
            RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'cod_not_offered', DETAIL = '{}';
        END IF;
    END IF;

    IF v_customer.orders_count > 1 THEN
        SELECT o.id, o.assigned_to_id INTO v_previous FROM orders_order o
        WHERE o.store_id = v_store AND o.buyer_phone = v_order.buyer_phone AND NOT o.is_test
        ORDER BY o.created_at DESC LIMIT 1;
        IF v_previous.assigned_to_id IS NOT NULL
           AND p -> 'cs_candidates' @> to_jsonb(v_previous.assigned_to_id) THEN
            v_order.assigned_to_id := v_previous.assigned_to_id;
            v_order.assigned_reason := 'returning_buyer';
        END IF;
        SELECT o.id INTO v_order.possible_duplicate_of_id FROM orders_order o
        WHERE o.store_id = v_store AND o.buyer_phone = v_order.buyer_phone AND o.status <> 'cancelled'
          AND NOT o.is_test
          AND o.created_at > v_now - make_interval(hours => (p ->> 'duplicate_hours')::int)
          AND EXISTS (SELECT 1 FROM orders_orderitem i WHERE i.order_id = o.id
                      AND i.product_id IN (SELECT (x ->> 'product_id')::bigint FROM jsonb_array_elements(p -> 'items') x))
        ORDER BY o.created_at LIMIT 1;
    END IF;

    INSERT INTO orders_order (id, store_id, order_number, token, source, is_test, customer_id, form_id, warehouse_id, status, payment_status,
                              shipping_status, followup_status, risk, risk_reasons, buyer_name, buyer_phone,
                              buyer_email, district_id, district_name, city_name, province_name, street, landmark,
                              postal_code, note, fields, courier_code, courier_name, service_code, service_name, etd,
                              cod_covered, weight_grams, awb, goods, discount, shipping, shipping_discount, insurance,
                              other_fee, other_fee_name, method_fee, cod_fee, cod_fee_bp, cod_fee_payer, cod_round,
                              unique_code, total, terms, cost_of_goods, quantity, payment_method, payment_channel,
                              paid_amount, payment_due_at, assigned_to_id, assigned_reason, followup_attempts,
                              first_contact_at, last_contact_at, next_followup_at, utm, event_ids, ip, user_agent,
                              tags, possible_duplicate_of_id, label_printed_at, invoice_printed_at, created_at,
                              confirmed_at, paid_at, shipped_at, delivered_at, completed_at, cancelled_at)
    SELECT v_order.id, v_order.store_id, v_order.order_number, v_order.token, v_order.source, v_order.is_test,
           v_order.customer_id, v_order.form_id, v_order.warehouse_id, v_order.status, v_order.payment_status,
           v_order.shipping_status, v_order.followup_status, v_order.risk, v_order.risk_reasons, v_order.buyer_name,
           v_order.buyer_phone, v_order.buyer_email, v_order.district_id, v_order.district_name, v_order.city_name,
           v_order.province_name, v_order.street, v_order.landmark, v_order.postal_code, v_order.note, v_order.fields,
           v_order.courier_code, v_order.courier_name, v_order.service_code, v_order.service_name, v_order.etd,
           v_order.cod_covered, v_order.weight_grams, v_order.awb, v_order.goods, v_order.discount, v_order.shipping,
           v_order.shipping_discount, v_order.insurance, v_order.other_fee, v_order.other_fee_name,
           v_order.method_fee, v_order.cod_fee, v_order.cod_fee_bp, v_order.cod_fee_payer, v_order.cod_round,
           v_order.unique_code, v_order.total, v_order.terms, v_order.cost_of_goods, v_order.quantity,
           v_order.payment_method, v_order.payment_channel, v_order.paid_amount, v_order.payment_due_at,
           v_order.assigned_to_id, v_order.assigned_reason, v_order.followup_attempts, v_order.first_contact_at,
           v_order.last_contact_at, v_order.next_followup_at, v_order.utm, v_order.event_ids, v_order.ip,
           v_order.user_agent, v_order.tags, v_order.possible_duplicate_of_id, v_order.label_printed_at,
           v_order.invoice_printed_at, v_order.created_at, v_order.confirmed_at, v_order.paid_at, v_order.shipped_at,
           v_order.delivered_at, v_order.completed_at, v_order.cancelled_at;

    INSERT INTO orders_orderitem (store_id, order_id, product_id, variant_id, product_name, variant_name, sku, qty,
                                  unit_price, total, cost_price, weight_grams, is_bump, package_name)
    SELECT v_store, v_order.id, i.product_id, i.variant_id, i.product_name, i.variant_name, i.sku, i.qty,
           i.unit_price, i.total, i.cost_price, i.weight_grams, i.is_bump, i.package_name
    FROM jsonb_populate_recordset(NULL::orders_orderitem, p -> 'items') i;

    IF p ? 'payment' THEN
        INSERT INTO orders_payment (store_id, order_id, method, channel, status, amount, paid_amount, unique_code,
                                    reference, contract_id, va_number, qr_content, error, expires_at, bank_account_id,
                                    proof, created_at)
        SELECT v_store, v_order.id, x.method, x.channel, x.status, x.amount, 0, x.unique_code, x.reference, '', '', '',
               '', x.expires_at, x.bank_account_id, '', v_now
        FROM jsonb_populate_record(NULL::orders_payment, p -> 'payment') x;
    END IF;

    PERFORM @timeline_add@(v_store, 'order', v_order.id, 'order.placed', (p ->> 'actor_id')::bigint, p ->> 'actor_label',
                           jsonb_build_object('total', v_order.total, 'payment_method', v_order.payment_method,
                                              'source', v_order.source, 'assigned_reason', v_order.assigned_reason),
                           v_now);
    PERFORM @outbox_add@(p -> 'outbox', jsonb_build_object('order_id', v_order.id, 'store_id', v_store), v_order.id::text,
                         v_now);
    IF NOT v_order.is_test THEN
        PERFORM @abandoned_convert@(v_store, v_order.form_id, v_order.buyer_phone, p ->> 'abandoned_token', v_order.id,
                                    v_now);
    END IF;
    PERFORM @voucher_take@(p -> 'vouchers', v_store, v_order.id, v_order.buyer_phone, v_now);
    PERFORM @stock_reserve@(p -> 'stock', v_store, v_order.warehouse_id, v_order.id, (p ->> 'actor_id')::bigint, v_now);

    RETURN jsonb_build_object('order_id', v_order.id, 'replayed', false, 'risk', v_order.risk,
                              'assigned_to_id', v_order.assigned_to_id);
END
$$;
