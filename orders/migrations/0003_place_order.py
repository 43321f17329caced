from django.db import migrations


class Migration(migrations.Migration):
    """The placing function came with versions of its own until sqlfunctions took over (bosonline/sqlfunctions.py)."""

    dependencies = [
        ("orders", "0002_initial"),
        ("bosonline", "0002_initial"),
        ("catalog", "0002_initial"),
        ("forms", "0002_initial"),
    ]

    operations = []
