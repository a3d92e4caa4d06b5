"""The WSGI application that granian serves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.production")
os.environ.setdefault("CASEWARD_PROCESS", "web")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
