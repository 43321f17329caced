"""What the buyer's browser may call: all of the API there is on a store's own host."""

from __future__ import annotations

from bosonline.api.paths import both
from forms.api.urls import buyer_patterns as form_patterns
from orders.api.urls import buyer_patterns as order_patterns
from stores.api.views import RegionView

urlpatterns = [*form_patterns, *order_patterns, *both("regions", RegionView.as_view())]
