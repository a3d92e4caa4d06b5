"""Officers trust documents, retire them, and require them of every client, each step on record; auditors look on."""

from typing import Any

import pytest

from tenants.models import Tenant, TrustedDocument

LIST = "/admin/tenants/trusteddocument/"
TEXT = "{ cases(first: 5) {\n  totalCount\n} }\n"


def trusted(office: Any) -> list[TrustedDocument]:
    with office.stage.backstage():
        return list(TrustedDocument.objects.all())


def test_an_officer_trusts_requires_and_retires(office: Any) -> None:
    olga = office.enter("olga")
    # A browser sends the ends of lines as forms have them; the hash is of the text as it is in files.
    answer = olga.post(f"{LIST}new/", {"name": "Mirror", "text": TEXT.replace("\n", "\r\n")})
    assert answer.status_code == 302
    (document,) = trusted(office)
    assert (document.text, document.retired_at) == (TEXT, None)
    assert (office.newest().action, office.newest().object_id) == ("document.trust", document.digest)
    page = olga.get(LIST).content.decode()
    assert "Mirror" in page
    assert document.digest in page

    assert olga.post(f"{LIST}require/", {"is_required": "on"}).status_code == 302
    assert office.newest().action == "document.require"
    with office.stage.backstage():
        assert Tenant.objects.get(slug="acme").requires_trusted_documents is True
        assert Tenant.objects.get(pk=office.stage.cast.tenant("acme").pk).requires_trusted_documents is True
    assert "checked" in olga.get(f"{LIST}require/").content.decode()

    assert olga.post(f"{LIST}{document.pk}/retire/", {}).status_code == 302
    assert trusted(office)[0].retired_at is not None
    assert office.newest().action == "document.retire"
    assert f"{document.pk}/retire/" not in olga.get(f"{LIST}{document.pk}/change/").content.decode()


@pytest.mark.parametrize("who", ["erin", "rita", "adam"])
def test_nobody_else_does(office: Any, who: str) -> None:
    for step, form in (("new", {"name": "x", "text": TEXT}), ("require", {"is_required": "on"})):
        assert office.enter(who).post(f"{LIST}{step}/", form).status_code == 403
        assert office.newest().outcome == "refused"
    assert trusted(office) == []
    with office.stage.backstage():
        assert Tenant.objects.get(slug="acme").requires_trusted_documents is False
