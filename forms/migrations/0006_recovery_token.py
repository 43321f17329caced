from django.db import migrations, models

import bosonline.ids


class Migration(migrations.Migration):
    """The link that reads a checkout gets a token of its own; links that were sent before go on working."""

    dependencies = [("forms", "0005_former_links")]

    operations = [
        migrations.AddField("abandonedcheckout", "recovery", models.CharField(max_length=30, null=True)),
        migrations.RunSQL("UPDATE forms_abandonedcheckout SET recovery = token", migrations.RunSQL.noop),
        migrations.AlterField(
            "abandonedcheckout",
            "recovery",
            models.CharField(default=bosonline.ids.public_token, max_length=30, unique=True),
        ),
    ]
