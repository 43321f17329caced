from django.db import migrations


class Migration(migrations.Migration):
    """The placing function came with versions of its own until sqlfunctions took over (bosonline/sqlfunctions.py)."""

    dependencies = [("orders", "0004_fewer_indexes"), ("forms", "0004_editor_and_conversions")]

    operations = []
