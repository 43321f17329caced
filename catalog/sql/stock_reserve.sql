-- Reserve pieces, [{"variant_id", "qty"}], in a warehouse, all or none: level and ledger together. Locked by variant id:
-- the hot rows of an order are locked last and shortest.
CREATE FUNCTION @stock_reserve@(p_pieces jsonb, p_store bigint, p_warehouse bigint, p_order bigint, p_actor bigint,
                                p_now timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_item  record;
    v_level record;
    v_left  bigint;
BEGIN
    FOR v_item IN SELECT * FROM jsonb_to_recordset(p_pieces) AS x(variant_id bigint, qty int) ORDER BY variant_id LOOP
        UPDATE catalog_stocklevel SET reserved = reserved + v_item.qty
        WHERE variant_id = v_item.variant_id AND warehouse_id = p_warehouse AND store_id = p_store
          AND (sell_when_empty OR on_hand - reserved >= v_item.qty)
        RETURNING on_hand, reserved INTO v_level;
        IF NOT FOUND THEN
            SELECT COALESCE(max(on_hand - reserved), 0) INTO v_left FROM catalog_stocklevel
            WHERE variant_id = v_item.variant_id AND warehouse_id = p_warehouse AND store_id = p_store;
            RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'out_of_stock',
                DETAIL = jsonb_build_object('variant_id', v_item.variant_id, 'left', greatest(v_left, 0))::text;
        END IF;
        INSERT INTO catalog_stockentry (store_id, variant_id, warehouse_id, kind, on_hand_before, on_hand_after,
                                        reserved_before, reserved_after, reason, order_id, actor_id, created_at)
        VALUES (p_store, v_item.variant_id, p_warehouse, 'reserve', v_level.on_hand, v_level.on_hand,
                v_level.reserved - v_item.qty, v_level.reserved, '', p_order, p_actor, p_now);
    END LOOP;
END
$$;
