-- The checkouts that this order ends: the one it came from, and the buyer's open ones on the same form.
CREATE FUNCTION @abandoned_convert@(p_store bigint, p_form bigint, p_phone text, p_token text, p_order bigint,
                                    p_now timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF p_token IS NOT NULL THEN
        UPDATE forms_abandonedcheckout SET status = 'converted', order_id = p_order, updated_at = p_now
        WHERE token = p_token AND store_id = p_store AND status = 'open';
    END IF;
    UPDATE forms_abandonedcheckout SET status = 'converted', order_id = p_order, updated_at = p_now
    WHERE form_id = p_form AND phone = p_phone AND status = 'open';
END
$$;
