from django.db import migrations, models


class Migration(migrations.Migration):
    """The placing function came with versions of its own until sqlfunctions took over (bosonline/sqlfunctions.py)."""

    dependencies = [("orders", "0005_place_order_v2")]

    operations = [
        migrations.AddField("order", "cod_covered", models.BooleanField(null=True)),
    ]
