from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stores", "0004_domains_and_match"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [migrations.RenameModel("NotificationRead", "NotificationState")]
