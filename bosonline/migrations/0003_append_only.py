from django.db import migrations

FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
"""


class Migration(migrations.Migration):
    """History cannot be rewritten by mistake. Foreign keys that become NULL when a user is erased stay possible."""

    dependencies = [("bosonline", "0002_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION refuse_change()"),
        migrations.RunSQL(
            """
            CREATE TRIGGER timeline_append_only BEFORE DELETE OR UPDATE OF kind, data, subject, subject_id, created_at
            ON bosonline_timelineentry FOR EACH ROW EXECUTE FUNCTION refuse_change();
            """,
            "DROP TRIGGER timeline_append_only ON bosonline_timelineentry",
        ),
    ]
