import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """An index for each filter and sort of the list, without the test orders. Built beside live orders."""

    atomic = False
    dependencies = [("orders", "0011_reading")]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("is_test", False)), fields=["store", "created_at", "id"], name="order_by_time"
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("is_test", False)),
                fields=["store", "status", "created_at", "id"],
                name="order_by_status",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("is_test", False)),
                fields=["store", "payment_method", "created_at", "id"],
                name="order_by_method",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("is_test", False)),
                fields=["store", "courier_code", "created_at", "id"],
                name="order_by_courier",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("is_test", False)), fields=["store", "total", "id"], name="order_by_total"
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("is_test", False)), fields=["store", "buyer_name", "id"], name="order_by_name"
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(
                    ("is_test", False), models.Q(("payment_status__in", ["unpaid", "cod_pending"]), _negated=True)
                ),
                fields=["store", "payment_status", "created_at", "id"],
                name="order_by_payment",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("is_test", False), models.Q(("shipping_status", "none"), _negated=True)),
                fields=["store", "shipping_status", "created_at", "id"],
                name="order_by_shipping",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("is_test", False), models.Q(("followup_status", "not_contacted"), _negated=True)),
                fields=["store", "followup_status", "created_at", "id"],
                name="order_by_followup",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("is_test", False), models.Q(("risk", "clear"), _negated=True)),
                fields=["store", "risk", "created_at", "id"],
                name="order_by_risk",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("paid_at__isnull", False)), fields=["store", "paid_at"], name="order_by_paid"
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("shipped_at__isnull", False)),
                fields=["store", "shipped_at"],
                name="order_by_shipped",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("delivered_at__isnull", False)),
                fields=["store", "delivered_at"],
                name="order_by_delivered",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("is_test", False)),
                fields=["assigned_to", "store", "created_at", "id"],
                name="order_by_cs",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["form", "store", "created_at", "id"], name="order_by_form"),
        ),
        RemoveIndexConcurrently(
            model_name="order",
            name="order_store_time",
        ),
        RemoveIndexConcurrently(
            model_name="order",
            name="order_status_time",
        ),
        migrations.AlterField(
            model_name="order",
            name="assigned_to",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="sellers.membership",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="form",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="forms.orderform",
            ),
        ),
    ]
