"""Numbers whose own key says nothing: the key above says whose they are, or somebody stands beside them."""

import pytest

from redaction import analyse


def hidden(document):
    return {finding.path for finding in analyse(document).findings if finding.category == "ACCOUNT_ID"}


@pytest.mark.parametrize("parent", ["customer", "customers", "policy", "contract", "member", "account", "meter"])
@pytest.mark.parametrize("key", ["number", "no", "nr"])
@pytest.mark.parametrize("value", ["1384323909", 1384323909])
def test_the_key_above_says_whose_number_it_is(parent, key, value):
    assert hidden({parent: {key: value}}) == {f"{parent}.{key}"}


@pytest.mark.parametrize("parent", ["model", "status", "error", "release", "job", "epoch"])
def test_numbers_of_things_stay(parent):
    assert hidden({parent: {"number": "1384323909", "id": "run-384323", "code": 138432390}}) == set()


def test_a_number_beside_an_address_of_mail_is_a_persons():
    rows = {"rows": [{"email": "o.b@example.org", "number": "938432390", "score": 412}, {"number": 938432391}]}
    assert hidden(rows) == {"rows[0].number"}


def test_keys_of_any_writing_and_json_inside_a_string_are_maps_as_well():
    strange = {"a.b": {"e.mail": "x", "email": "o.b@example.org", "no": 938432390}, "c": {"no": 938432391}}
    assert hidden(strange) == {'["a.b"].no'}
    inner = '{"who": {"email": "o.b@example.org", "number": 938432390}, "model": {"number": 938432391}}'
    (finding,) = [f for f in analyse({"log": inner}).findings if f.category == "ACCOUNT_ID"]
    assert inner[finding.start : finding.end] == "938432390"


def test_a_short_number_beside_a_person_is_a_count():
    assert hidden({"rows": [{"email": "o.b@example.org", "number": 12}]}) == set()
