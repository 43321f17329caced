"""The WSGI entry point (granian)."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from bosonline.server import door

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bosonline.settings")

application = door(get_wsgi_application())

# Views are imported now instead of by the first visitor, and what lives as long as the process is taken out of the
# garbage collector's rounds: a full round over it stops every thread of a worker for some hundred milliseconds.
for urlconf in ("bosonline.urls", "bosonline.urls_buyer"):
    _ = get_resolver(urlconf).url_patterns
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)

# A request needs one or two milliseconds of Python. Handing over in the middle of it only makes all of them late: with
# the usual 5 ms the slowest hundredth of 32 buyers at once waited up to 290 ms, with this 70-130 (docs/performance.md).
sys.setswitchinterval(0.02)
