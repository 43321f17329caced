-- Claim (scope, key) for a new order. NULL when the claim is new, else the order that was placed with it; another body
-- under the same key is refused. Of two at once the second waits on the unique index for the first one's commit.
CREATE FUNCTION @idempotency_claim@(p jsonb, p_order bigint, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_known record;
BEGIN
    INSERT INTO bosonline_idempotencyrecord (scope, key, body_hash, order_id, created_at)
    VALUES (p ->> 'scope', p ->> 'key', p ->> 'hash', p_order, p_now)
    ON CONFLICT (scope, key) DO NOTHING;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    SELECT body_hash, order_id INTO v_known FROM bosonline_idempotencyrecord
    WHERE scope = p ->> 'scope' AND key = p ->> 'key';
    IF v_known.body_hash <> p ->> 'hash' THEN
        RAISE EXCEPTION USING ERRCODE = 'BO001', MESSAGE = 'idempotency_conflict', DETAIL = '{}';
    END IF;
    RETURN v_known.order_id;
END
$$;
