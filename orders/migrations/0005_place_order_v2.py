from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "order_place_v2.sql"


class Migration(migrations.Migration):
    """Version 1 stays for processes that still run the old code; a later migration drops it."""

    dependencies = [("orders", "0004_fewer_indexes"), ("forms", "0004_editor_and_conversions")]

    operations = [migrations.RunSQL(SQL.read_text(), "DROP FUNCTION IF EXISTS order_place_v2(jsonb)")]
