import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """A line of the bell keeps facts, not words; single lines can be read. Running processes go on writing words."""

    dependencies = [("stores", "0015_notification_order")]

    operations = [
        migrations.AddField("notification", "facts", models.JSONField(blank=True, default=dict, db_default={})),
        migrations.AlterField(
            "notification", "title", models.CharField(blank=True, db_default="", default="", max_length=120)
        ),
        migrations.AlterField(
            "notification", "body", models.CharField(blank=True, db_default="", default="", max_length=300)
        ),
        migrations.AlterField(
            "notification", "url", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.AddField(
            "notificationstate", "read_ids",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), blank=True, db_default=[], default=list, size=None
            ),
        ),
    ]  # fmt: skip
