"""The hub as a real web server in this process, so that a guard can be taken away under a proof of isolation."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections

from hub.workflows.proving import proving
from tests.platform.databases import empty_database


class QuietHandler(WSGIRequestHandler):
    """Without a line for each request."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def handle(self) -> None:
        """One request, and the thread's connection with it."""
        try:
            super().handle()
        finally:
            connections.close_all()


@pytest.fixture(scope="module")
def address(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Where the hub answers; what proofs have written is gone when the module is through."""
    with django_db_blocker.unblock():
        server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
        server.set_app(get_wsgi_application())
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        allowed, patience = settings.CASEWARD_OUTGOING_ALLOWED_HOSTS, proving.BUILD_SECONDS
        # However slow the machine is.
        proving.BUILD_SECONDS = 500.0
        settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = [*allowed, "127.0.0.1"]
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            settings.CASEWARD_OUTGOING_ALLOWED_HOSTS, proving.BUILD_SECONDS = allowed, patience
            server.shutdown()
            server.server_close()
            thread.join()
            empty_database()
