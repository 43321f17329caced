"""Receipts: what came is told by rows of its own instead of two columns of the way to pay.

The column ``gateway_payment_id`` leaves the models here and the table a release later: processes of the release before
still read it.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

PAYMENTS_FORWARD = "UPDATE orders_payment SET status = 'paid' WHERE status = 'conflict'"

RECEIPTS_FORWARD = """
INSERT INTO orders_receipt (store_id, order_id, payment_id, kind, amount, source, source_id, reference_no, received_at,
                            bank_account_id, note, recorded_by_id, created_at, taken_back_reason)
SELECT p.store_id, p.order_id, p.id,
       CASE WHEN p.method = 'cod' THEN 'cash' WHEN p.gateway_payment_id IS NOT NULL THEN 'gateway' ELSE 'transfer' END,
       p.paid_amount,
       CASE WHEN p.method = 'cod' THEN 'courier' WHEN p.gateway_payment_id IS NOT NULL THEN 'winpay' ELSE 'person' END,
       CASE WHEN p.method = 'cod' THEN 'cod:' || p.order_id || ':1' ELSE p.gateway_payment_id END,
       '', COALESCE(p.paid_at, p.created_at), p.bank_account_id, '', p.confirmed_by_id,
       COALESCE(p.paid_at, p.created_at), ''
FROM orders_payment p JOIN orders_order o ON o.id = p.order_id
WHERE p.paid_amount > 0 AND (p.method <> 'cod' OR o.payment_status IN ('cod_collected', 'settled'))
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0006_place_order_v3"),
        ("sellers", "0004_accounts"),
        ("stores", "0012_region_words"),
    ]

    operations = [
        migrations.RunSQL(PAYMENTS_FORWARD, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("gateway", "Winpay"),
                            ("transfer", "Bank transfer"),
                            ("cash", "Cash at the door (COD)"),
                            ("refund", "Given back"),
                            ("credit", "Customer's credit"),
                            ("correction", "Difference waived"),
                        ],
                        max_length=12,
                    ),
                ),
                ("amount", models.BigIntegerField()),
                ("source", models.CharField(max_length=12)),
                ("source_id", models.CharField(max_length=120, null=True)),
                ("reference_no", models.CharField(blank=True, default="", max_length=80)),
                ("received_at", models.DateTimeField()),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("taken_back_at", models.DateTimeField(null=True)),
                ("taken_back_reason", models.CharField(blank=True, default="", max_length=200)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="payment",
            name="payment_one_open",
        ),
        migrations.RemoveIndex(
            model_name="payment",
            name="payment_expiring",
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="payment", name="gateway_payment_id")]
        ),
        migrations.AddField(
            model_name="payment",
            name="close_error",
            field=models.CharField(blank=True, max_length=200, null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="close_wanted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="next_ask_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="qr_url",
            field=models.URLField(blank=True, max_length=500, null=True),
        ),
        migrations.AlterField(
            model_name="payment",
            name="status",
            field=models.CharField(
                choices=[
                    ("creating", "Creating"),
                    ("pending", "Pending"),
                    ("paid", "Paid"),
                    ("partial", "Partial"),
                    ("expired", "Expired"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("status__in", ["creating", "pending", "failed"])),
                fields=["expires_at"],
                name="payment_due",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(
                    ("closed_at__isnull", True),
                    ("method__in", ["va", "qris"]),
                    ("status__in", ["pending", "cancelled", "expired"]),
                ),
                fields=["next_ask_at"],
                name="payment_to_ask",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["creating", "pending", "partial"])),
                fields=("order",),
                name="payment_one_open",
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="bank_account",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="stores.bankaccount",
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="receipts", to="orders.order"
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="payment",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="receipts", to="orders.payment"
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="recorded_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="sellers.membership",
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="store",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="stores.store"
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="taken_back_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="sellers.membership",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(fields=["store", "-received_at"], name="receipt_store"),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(fields=("source", "source_id"), name="receipt_source_once"),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gt", 0), ("kind__in", ["gateway", "transfer", "cash"])),
                    models.Q(("amount__lt", 0), ("kind", "refund")),
                    models.Q(("kind__in", ["credit", "correction"]), models.Q(("amount", 0), _negated=True)),
                    _connector="OR",
                ),
                name="receipt_sign",
            ),
        ),
        migrations.RunSQL(RECEIPTS_FORWARD, migrations.RunSQL.noop),
    ]
