"""Indexes of tables that grow with orders: built beside the running shop."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0005_catalogue_complete")]

    operations = [
        AddIndexConcurrently(
            model_name="stockentry",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="stockentry_age"
            ),
        ),
        AddIndexConcurrently(
            model_name="stocklevel",
            index=models.Index(fields=["store", "-id"], name="stocklevel_store"),
        ),
        AddIndexConcurrently(
            model_name="stocklevel",
            index=models.Index(
                condition=models.Q(("low_since__isnull", False)), fields=["store", "low_since"], name="stocklevel_low"
            ),
        ),
        AddIndexConcurrently(
            model_name="variant",
            index=models.Index(fields=["store", "-id"], name="variant_store"),
        ),
        AddIndexConcurrently(
            model_name="voucher",
            index=models.Index(fields=["store", "-id"], name="voucher_store"),
        ),
        AddIndexConcurrently(
            model_name="voucheruse",
            index=models.Index(fields=["order_id"], name="voucheruse_order"),
        ),
    ]
