-- One line of the append-only timeline.
CREATE FUNCTION @timeline_add@(p_store bigint, p_subject text, p_id bigint, p_kind text, p_actor bigint, p_label text,
                               p_data jsonb, p_now timestamptz) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO bosonline_timelineentry (store_id, subject, subject_id, kind, actor_id, actor_label, data, created_at)
    VALUES (p_store, p_subject, p_id, p_kind, p_actor, p_label, p_data, p_now);
$$;
