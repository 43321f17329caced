from django.db import migrations

FUNCTION = """
CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('bosonline.erasing', true) = 'on' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
DROP TRIGGER timeline_append_only ON bosonline_timelineentry;
CREATE TRIGGER timeline_append_only BEFORE DELETE OR UPDATE OF kind, data, subject, subject_id, created_at
ON bosonline_timelineentry FOR EACH ROW EXECUTE FUNCTION refuse_change_of_history();
"""
BACK = """
DROP TRIGGER timeline_append_only ON bosonline_timelineentry;
CREATE TRIGGER timeline_append_only BEFORE DELETE OR UPDATE OF kind, data, subject, subject_id, created_at
ON bosonline_timelineentry FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP FUNCTION refuse_change_of_history();
"""


class Migration(migrations.Migration):
    """The timeline's details can be emptied when a person is erased, by a transaction that says so, and only then."""

    dependencies = [("bosonline", "0004_fewer_indexes")]

    operations = [migrations.RunSQL(FUNCTION, BACK)]
