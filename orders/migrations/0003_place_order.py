from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "order_place_v1.sql"


class Migration(migrations.Migration):
    """The placing function is named by version: a new one gets a new name, so old and new code can run side by side."""

    dependencies = [
        ("orders", "0002_initial"),
        ("bosonline", "0002_initial"),
        ("catalog", "0002_initial"),
        ("forms", "0002_initial"),
    ]

    operations = [migrations.RunSQL(SQL.read_text(), "DROP FUNCTION IF EXISTS order_place_v1(jsonb)")]
