"""The workbench in a real browser: it reads the schema, asks, and runs under its strict policy without a complaint."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from django.test.testcases import LiveServerThread

pytestmark = pytest.mark.browser
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --window-size=1440,860"
)


@pytest.fixture
def address() -> Iterator[str]:
    """The hub on a port of its own."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler, port=0)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    assert server.error is None
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


@pytest.fixture
def browser() -> Iterator[Any]:
    """Chromium, with what it complains about."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options)
    yield driver
    driver.quit()


def test_carol_asks_in_the_workbench(world, address, browser):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    def text(element_id):
        return browser.find_element(By.ID, element_id).text

    wait = WebDriverWait(browser, 30)
    browser.get(f"{address}/graphql/ide")
    assert "/admin/login/" in browser.current_url
    browser.get_log("browser")
    client = Client()
    client.force_login(world.cast.user("carol"), backend="tenants.authentication.LoginBackend")
    browser.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value})
    browser.get(f"{address}/graphql/ide")
    wait.until(lambda _: "accessEvents" in text("types"))
    browser.find_element(By.ID, "headers").send_keys("Caseward-Purpose: ResearchAndDevelopment")
    browser.find_element(By.ID, "run").click()
    wait.until(lambda _: text("status").startswith("200"))
    assert json.loads(text("answer"))["data"]["cases"]["totalCount"] == 15
    browser.find_element(By.ID, "variables").send_keys("{")
    browser.find_element(By.ID, "run").click()
    assert text("status") == "The variables are not JSON. Check quotes and commas."
    browser.find_element(By.ID, "find").send_keys("tlp")
    wait.until(lambda _: "AMBER" in text("types") or "tlp" in text("types"))
    # The site's sign-in page, which came first, asks for an icon of its own.
    assert browser.get_log("browser") == []
