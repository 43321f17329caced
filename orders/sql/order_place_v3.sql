-- Place an order in one round trip and one transaction (performance.md, "How"; docs/decisions/0002).
-- Version 2: a test order leaves no trace on customers, abandoned checkouts and later orders.
-- Version 3: what the form does with the risk light is decided here, where the phone's history is known.
--
-- The caller (orders/services/placement) has computed the bill and passes whole rows as JSON; this function only
-- does what needs the database's word: idempotency, the form's revision, the customer, voucher uses, stock.
-- Everything or nothing: a failed rule raises SQLSTATE BO001 with the machine code as message and facts as detail.
--
-- Locks are taken in one order everywhere (idempotency key, customer, vouchers, stock levels by variant id), the hot
-- ones last, so that the row of a best-selling variant is locked only for its update and the commit.
CREATE OR REPLACE FUNCTION order_place_v3(p jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_order     orders_order;
    v_store     bigint := (p -> 'order' ->> 'store_id')::bigint;
    v_now       timestamptz := (p -> 'order' ->> 'created_at')::timestamptz;
    v_known     record;
    v_form      record;
    v_customer  record;
    v_history   record;
    v_previous  record;
    v_item      record;
    v_voucher   record;
    v_level     record;
    v_count     bigint;
    v_action    text;
BEGIN
    v_order := jsonb_populate_record(NULL::orders_order, p -> 'order');
    v_order.id := nextval('orders_order_id_seq');

    IF p ? 'idempotency' THEN
        INSERT INTO bosonline_idempotencyrecord (scope, key, body_hash, order_id, created_at)
        VALUES (p #>> '{idempotency,scope}', p #>> '{idempotency,key}', p #>> '{idempotency,hash}', v_order.id, v_now)
        ON CONFLICT (scope, key) DO NOTHING;
        IF NOT FOUND THEN
            SELECT body_hash, order_id INTO v_known FROM bosonline_idempotencyrecord
            WHERE scope = p #>> '{idempotency,scope}' AND key = p #>> '{idempotency,key}';
            IF v_known.body_hash <> p #>> '{idempotency,hash}' THEN
                RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'idempotency_conflict', DETAIL = '{}';
            END IF;
            RETURN jsonb_build_object('order_id', v_known.order_id, 'replayed', true);
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

    INSERT INTO orders_order SELECT v_order.*;

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

    INSERT INTO bosonline_timelineentry (store_id, subject, subject_id, kind, actor_id, actor_label, data, created_at)
    VALUES (v_store, 'order', v_order.id, 'order.placed', (p ->> 'actor_id')::bigint, p ->> 'actor_label',
            jsonb_build_object('total', v_order.total, 'payment_method', v_order.payment_method,
                               'source', v_order.source, 'assigned_reason', v_order.assigned_reason), v_now);

    INSERT INTO bosonline_outboxmessage (topic, payload, dedup_key, attempts, due_at, created_at, last_error)
    SELECT x ->> 'topic', (x -> 'payload') || jsonb_build_object('order_id', v_order.id, 'store_id', v_store),
           (x ->> 'topic') || ':' || v_order.id, 0, v_now, v_now, ''
    FROM jsonb_array_elements(p -> 'outbox') x;

    IF p ? 'abandoned_token' AND NOT v_order.is_test THEN
        UPDATE forms_abandonedcheckout SET status = 'converted', order_id = v_order.id, updated_at = v_now
        WHERE token = p ->> 'abandoned_token' AND store_id = v_store AND status = 'open';
    END IF;
    IF NOT v_order.is_test THEN
        UPDATE forms_abandonedcheckout SET status = 'converted', order_id = v_order.id, updated_at = v_now
        WHERE form_id = v_order.form_id AND phone = v_order.buyer_phone AND status = 'open';
    END IF;

    FOR v_voucher IN SELECT * FROM jsonb_to_recordset(p -> 'vouchers') AS x(id bigint, code text, amount bigint)
                     ORDER BY id LOOP
        UPDATE catalog_voucher SET used = used + 1
        WHERE id = v_voucher.id AND store_id = v_store AND used < stock AND is_active AND deleted_at IS NULL
        RETURNING voucher_limit INTO v_count;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'voucher_used_up',
                DETAIL = jsonb_build_object('code', v_voucher.code)::text;
        END IF;
        -- counted after the voucher's row is locked: of two orders at once the second sees the first one's use
        IF (SELECT count(*) FROM catalog_voucheruse u WHERE u.voucher_id = v_voucher.id
            AND u.phone = v_order.buyer_phone AND u.released_at IS NULL) >= v_count THEN
            RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'voucher_limit_reached',
                DETAIL = jsonb_build_object('code', v_voucher.code)::text;
        END IF;
        INSERT INTO catalog_voucheruse (store_id, voucher_id, order_id, phone, amount, created_at)
        VALUES (v_store, v_voucher.id, v_order.id, v_order.buyer_phone, v_voucher.amount, v_now);
    END LOOP;

    FOR v_item IN SELECT * FROM jsonb_to_recordset(p -> 'stock') AS x(variant_id bigint, qty int) ORDER BY variant_id LOOP
        UPDATE catalog_stocklevel SET reserved = reserved + v_item.qty
        WHERE variant_id = v_item.variant_id AND warehouse_id = v_order.warehouse_id AND store_id = v_store
          AND (sell_when_empty OR on_hand - reserved >= v_item.qty)
        RETURNING on_hand, reserved INTO v_level;
        IF NOT FOUND THEN
            SELECT COALESCE(max(on_hand - reserved), 0) INTO v_count FROM catalog_stocklevel
            WHERE variant_id = v_item.variant_id AND warehouse_id = v_order.warehouse_id AND store_id = v_store;
            RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'out_of_stock',
                DETAIL = jsonb_build_object('variant_id', v_item.variant_id, 'left', greatest(v_count, 0))::text;
        END IF;
        INSERT INTO catalog_stockentry (store_id, variant_id, warehouse_id, kind, on_hand_before, on_hand_after,
                                        reserved_before, reserved_after, reason, order_id, actor_id, created_at)
        VALUES (v_store, v_item.variant_id, v_order.warehouse_id, 'reserve', v_level.on_hand, v_level.on_hand,
                v_level.reserved - v_item.qty, v_level.reserved, '', v_order.id, (p ->> 'actor_id')::bigint, v_now);
    END LOOP;

    RETURN jsonb_build_object('order_id', v_order.id, 'replayed', false, 'risk', v_order.risk,
                              'assigned_to_id', v_order.assigned_to_id);
END
$$;
