"""Claims of outbox rows, and indexes by topic: each lane looks only at its own. Built beside running processes."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

OPEN = Q(done_at__isnull=True, failed_at__isnull=True)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("bosonline", "0005_erasure")]

    operations = [
        migrations.AddField("outboxmessage", "claim", models.UUIDField(null=True)),
        migrations.AddField("outboxmessage", "leased_until", models.DateTimeField(null=True)),
        migrations.AlterField(
            "backgroundjob",
            "status",
            models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        AddIndexConcurrently(
            "outboxmessage", models.Index(condition=OPEN, fields=["topic", "due_at", "id"], name="outbox_due")
        ),
        AddIndexConcurrently(
            "outboxmessage",
            models.Index(condition=OPEN & Q(leased_until__isnull=False), fields=["leased_until"], name="outbox_leased"),
        ),
        AddIndexConcurrently(
            "outboxmessage",
            models.Index(condition=Q(failed_at__isnull=False), fields=["topic"], name="outbox_given_up"),
        ),
        RemoveIndexConcurrently("outboxmessage", "outbox_pending"),
    ]
