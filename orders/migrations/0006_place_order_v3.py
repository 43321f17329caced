from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "order_place_v3.sql"


class Migration(migrations.Migration):
    """Version 2 stays for processes that still run the old code: the new column may be NULL for the same reason."""

    dependencies = [("orders", "0005_place_order_v2")]

    operations = [
        migrations.AddField("order", "cod_covered", models.BooleanField(null=True)),
        migrations.RunSQL(SQL.read_text(), "DROP FUNCTION IF EXISTS order_place_v3(jsonb)"),
    ]
