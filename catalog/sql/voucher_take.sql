-- Use vouchers, [{"id", "code", "amount"}]: each as long as its stock and the buyer's limit last (product.md §5, rules 3
-- and 4). Locked by id.
CREATE FUNCTION @voucher_take@(p_vouchers jsonb, p_store bigint, p_order bigint, p_phone text, p_now timestamptz)
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_voucher record;
    v_limit   bigint;
BEGIN
    FOR v_voucher IN SELECT * FROM jsonb_to_recordset(p_vouchers) AS x(id bigint, code text, amount bigint)
                     ORDER BY id LOOP
        UPDATE catalog_voucher SET used = used + 1
        WHERE id = v_voucher.id AND store_id = p_store AND used < stock AND is_active AND deleted_at IS NULL
        RETURNING voucher_limit INTO v_limit;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'voucher_used_up',
                DETAIL = jsonb_build_object('code', v_voucher.code)::text;
        END IF;
        -- counted after the voucher's row is locked: of two orders at once the second sees the first one's use
        IF (SELECT count(*) FROM catalog_voucheruse u WHERE u.voucher_id = v_voucher.id
            AND u.phone = p_phone AND u.released_at IS NULL) >= v_limit THEN
            RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'voucher_limit_reached',
                DETAIL = jsonb_build_object('code', v_voucher.code)::text;
        END IF;
        INSERT INTO catalog_voucheruse (store_id, voucher_id, order_id, phone, amount, created_at)
        VALUES (p_store, v_voucher.id, p_order, p_phone, v_voucher.amount, p_now);
    END LOOP;
END
$$;
