from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists are newest first by time, not by id: an imported order stands where it belongs. Built beside live orders."""

    atomic = False
    dependencies = [("orders", "0009_terms")]

    operations = [
        AddIndexConcurrently("order", models.Index(fields=["store", "-created_at", "-id"], name="order_store_time")),
        AddIndexConcurrently(
            "order", models.Index(fields=["store", "status", "-created_at", "-id"], name="order_status_time")
        ),
        RemoveIndexConcurrently("order", "order_store"),
        RemoveIndexConcurrently("order", "order_store_status"),
    ]
