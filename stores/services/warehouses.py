"""Making a warehouse known to BosCOD: after the commit, retried, its state visible."""

from __future__ import annotations

from typing import Any

from bosonline.gateways.base import GatewayError, GatewayRejected
from bosonline.gateways.boscod import boscod_client
from bosonline.outbox import handler
from bosonline.tenancy import all_stores
from stores.models import Warehouse


@handler("warehouse.register")
def warehouse_register(payload: dict[str, Any]) -> None:
    """Register the pick-up point. Already registered: nothing happens. A refusal is shown, an outage retried."""
    with all_stores():
        warehouse = (
            Warehouse.objects.select_related("district")
            .filter(pk=payload["warehouse_id"], deleted_at__isnull=True)
            .first()
        )
        if warehouse is None or warehouse.boscod_pickup_id is not None:
            return
        rows = Warehouse.objects.filter(pk=warehouse.pk)
        try:
            pickup_id = boscod_client().register_pickup_point(
                name=warehouse.name,
                contact_name=warehouse.contact_name,
                phone=warehouse.phone,
                district_id=warehouse.district.boscod_id or 0,
                address=warehouse.address,
                postal_code=warehouse.postal_code,
            )
        except GatewayRejected as exc:
            rows.update(boscod_state=Warehouse.BosCodState.FAILED, boscod_error=exc.message[:200])
            return
        except GatewayError as exc:
            rows.update(boscod_error=exc.message[:200])
            raise
        rows.update(boscod_pickup_id=pickup_id, boscod_state=Warehouse.BosCodState.REGISTERED, boscod_error="")
