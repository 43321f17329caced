"""SKUs kept before they were cleaned lose what nobody sees in them, so that a typed SKU finds them.

Where the plain one is taken already, both stay as they are: only the seller knows which one is meant.
"""

from django.db import migrations
from django.db.models.functions import Lower

from bosonline.cleaning import code


def clean(apps, schema_editor):
    variant_model = apps.get_model("catalog", "Variant")
    living = variant_model._base_manager.filter(deleted_at__isnull=True)
    # few rows, found by one walk through the table: printable ASCII without doubled or outer spaces is plain already
    odd = living.exclude(sku__regex=r"^[!-&(-_a-~]([ -~]*[!-~])?$") | living.filter(sku__contains="  ")
    for variant in odd.only("id", "store_id", "sku").order_by("id").iterator(chunk_size=500):
        plain = code(variant.sku)
        if not plain or plain == variant.sku:
            continue
        others = living.filter(store_id=variant.store_id).exclude(pk=variant.pk)
        if not others.annotate(low=Lower("sku")).filter(low=plain.lower()).exists():
            variant_model._base_manager.filter(pk=variant.pk).update(sku=plain)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_list_indexes")]

    operations = [migrations.RunPython(clean, migrations.RunPython.noop, elidable=True)]
