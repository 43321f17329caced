"""Villages are looked for as well. ``load_regions`` fills the column, as after every update of the program."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("stores", "0012_region_words")]

    operations = [
        migrations.AddField(
            model_name="district",
            name="village_text",
            field=models.TextField(db_default="", default=""),
        ),
        AddIndexConcurrently(
            model_name="district",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["village_text"], name="district_villages", opclasses=["gin_trgm_ops"]
            ),
        ),
    ]
