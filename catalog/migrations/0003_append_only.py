from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_initial"), ("bosonline", "0003_append_only")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER stockentry_append_only BEFORE DELETE OR UPDATE OF on_hand_before, on_hand_after,
                reserved_before, reserved_after, kind, variant_id, warehouse_id, order_id
            ON catalog_stockentry FOR EACH ROW EXECUTE FUNCTION refuse_change();
            """,
            "DROP TRIGGER stockentry_append_only ON catalog_stockentry",
        ),
    ]
