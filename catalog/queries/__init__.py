"""Reads of the catalogue: products, stock, vouchers."""

from catalog.queries.choices import *  # noqa: F403 - the names are the package's
from catalog.queries.products import *  # noqa: F403
from catalog.queries.stock import *  # noqa: F403
from catalog.queries.vouchers import *  # noqa: F403
