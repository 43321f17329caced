-- After-commit work: ``p_rows`` is [{"topic", "payload"}]; ``p_common`` goes into every payload, ``p_key`` makes each
-- topic happen once.
CREATE FUNCTION @outbox_add@(p_rows jsonb, p_common jsonb, p_key text, p_now timestamptz) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO bosonline_outboxmessage (topic, payload, dedup_key, attempts, due_at, created_at, last_error)
    SELECT x ->> 'topic', (x -> 'payload') || p_common, (x ->> 'topic') || ':' || p_key, 0, p_now, p_now, ''
    FROM jsonb_array_elements(p_rows) x;
$$;
