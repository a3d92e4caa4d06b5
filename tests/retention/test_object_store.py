"""The archive as an object store: what S3Storage says over HTTP, to a store that keeps objects in memory."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from hub.settings.values import archive


class Store(BaseHTTPRequestHandler):
    """PUT, GET, HEAD and DELETE of objects; signatures are there, and not looked at."""

    objects: dict[str, bytes]
    signed: list[bool]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _answer(self, status: int, body: bytes = b"", length: int | None = None) -> None:
        self.signed.append(self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("ETag", '"0"')
        self.send_header("Last-Modified", "Wed, 25 Nov 2026 12:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    @property
    def _name(self) -> str:
        return self.path.partition("?")[0]

    def do_PUT(self) -> None:
        """Take an object, in one piece or in signed chunks."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            whole, rest = b"", body
            while rest:
                size, _, rest = rest.partition(b"\r\n")
                length = int(size.partition(b";")[0], 16)
                if not length:
                    break
                whole, rest = whole + rest[:length], rest[length + 2 :]
            body = whole
        self.objects[self._name] = body
        self._answer(200)

    def do_HEAD(self) -> None:
        """Whether it is there, and how long."""
        found = self.objects.get(self._name)
        self._answer(404 if found is None else 200, length=len(found or b""))

    def do_GET(self) -> None:
        """Give it."""
        found = self.objects.get(self._name)
        self._answer(404 if found is None else 200, found or b"")

    def do_DELETE(self) -> None:
        """Forget it."""
        self.objects.pop(self._name, None)
        self._answer(204)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, type[Store]]]:
    """The address of a store, and what it holds."""
    kind = type("OneStore", (Store,), {"objects": {}, "signed": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in (("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")):
        monkeypatch.setenv(name, value)
    # Credentials and settings of whoever runs the tests stay out of it.
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    yield f"http://127.0.0.1:{server.server_port}", kind
    server.shutdown()
    server.server_close()


def test_an_object_goes_there_and_back(store: tuple[str, type[Store]]) -> None:
    address, kind = store
    options = f"endpoint_url={address}&region_name=eu-west-1&addressing_style=path"
    backend = storages.create_storage(archive(f"s3://cases/kept/here?{options}"))
    content = bytes(range(256)) * 100
    name = backend.save("acme/raw_text/one", ContentFile(content))
    assert (name, kind.objects) == ("acme/raw_text/one", {"/cases/kept/here/acme/raw_text/one": content})
    with backend.open(name, "rb") as file:
        assert file.read() == content
    backend.delete(name)
    assert kind.objects == {}
    assert kind.signed
    assert all(kind.signed)


def test_an_object_that_is_not_there_is_an_error(store: tuple[str, type[Store]]) -> None:
    address, _ = store
    backend = storages.create_storage(archive(f"s3://cases?endpoint_url={address}&addressing_style=path"))
    with pytest.raises(FileNotFoundError):
        backend.open("nowhere", "rb")


@pytest.mark.parametrize("url", [
    "/var/archive", "file://host/folder", "file:///", "ftp://cases/a", "s3://", "s3://id:secret@cases/a",
    "s3://cases/a?secret_key=x", "file:///folder?mode=7",
])  # fmt: skip
def test_what_is_no_archive(url: str) -> None:
    with pytest.raises(ValueError, match="a URL like file:///folder or s3://bucket/prefix"):
        archive(url)


def test_no_archive_and_a_folder() -> None:
    assert archive("") == {}
    folder = archive("file:///var/lib/case%20ward")
    assert folder["OPTIONS"]["location"] == "/var/lib/case ward"
    assert folder["OPTIONS"]["file_permissions_mode"] == 0o600
