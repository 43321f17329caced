import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.floor_settings"

from django.core.wsgi import get_wsgi_application  # noqa: E402 - the settings are named first

application = get_wsgi_application()
