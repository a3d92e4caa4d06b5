"""The site in a real browser: nothing is refused by the content policy, and what is there to be pressed works."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.admin.pages import LISTS
from tests.platform.selection import browser_program

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1400,1000",
)  # fmt: skip
PATIENCE = 20


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    """Chromium, which reports what its console says."""
    options = webdriver.ChromeOptions()
    options.binary_location = browser_program() or ""
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


def complaints(browser: webdriver.Chrome) -> list[str]:
    """What the console has said since it was asked last."""
    return [entry["message"] for entry in browser.get_log("browser")]


def wait_for(browser: webdriver.Chrome, selector: str) -> WebElement:
    """The element, once it is shown."""
    return WebDriverWait(browser, PATIENCE).until(
        lambda driver: next(
            (found for found in driver.find_elements(By.CSS_SELECTOR, selector) if found.is_displayed()), None
        )
    )


def sign_in(browser: webdriver.Chrome, url: str, office: Any, who: str) -> None:
    """Through the form, as people do."""
    browser.get(f"{url}/admin/login/")
    wait_for(browser, "[name=username]").send_keys(office.stage.cast.user(who).email)
    browser.find_element(By.NAME, "password").send_keys(office.stage.cast.password(who))
    browser.find_element(By.CSS_SELECTOR, "#login-form button[type=submit]").click()
    wait_for(browser, "#nav-sidebar")


@pytest.mark.parametrize("who", ["olga", "erin"])
def test_every_page_is_drawn_without_a_complaint(office: Any, live_server: Any, browser: Any, who: str) -> None:
    sign_in(browser, live_server.url, office, who)
    wait_for(browser, ".cw-panels")
    assert complaints(browser) == []
    for path in (path for path, people in LISTS.items() if who in people):
        browser.get(f"{live_server.url}/admin/{path}/")
        wait_for(browser, "#changelist")
        assert complaints(browser) == [], path
        links = browser.find_elements(By.CSS_SELECTOR, "#result_list tbody a")
        if links:
            browser.get(links[0].get_attribute("href"))
            wait_for(browser, "#content-main")
            assert complaints(browser) == [], path


def test_menus_filters_and_forms_work_without_eval(office: Any, live_server: Any, browser: Any) -> None:
    sign_in(browser, live_server.url, office, "omar")
    wait_for(browser, "button[aria-haspopup]").click()
    wait_for(browser, "#logout-form button")

    browser.get(f"{live_server.url}/admin/sharing/sharinggrant/")
    next(link for link in browser.find_elements(By.TAG_NAME, "a") if link.text.startswith("Filters")).click()
    wait_for(browser, "#changelist-filter select[name=standing] option[value=proposed]").click()
    wait_for(browser, "#changelist-filter button[type=submit]").click()
    WebDriverWait(browser, PATIENCE).until(lambda driver: "standing=proposed" in driver.current_url)
    links = browser.find_elements(By.CSS_SELECTOR, "#result_list tbody a")
    assert [link.text for link in links] == ["cobalt/quarry"]

    browser.get(links[0].get_attribute("href"))
    next(link for link in browser.find_elements(By.TAG_NAME, "a") if link.text == "Approve").click()
    wait_for(browser, "form button[type=submit].bg-primary-600").click()
    WebDriverWait(browser, PATIENCE).until(lambda driver: driver.current_url.endswith("/change/"))
    assert "The grant is approved." in browser.page_source
    assert complaints(browser) == []


def test_a_condition_is_completed_and_checked_while_it_is_typed(office: Any, live_server: Any, browser: Any) -> None:
    sign_in(browser, live_server.url, office, "olga")
    browser.get(f"{live_server.url}/admin/escalation/escalationrule/new/")
    field = wait_for(browser, "textarea[name=condition]")

    def verdict() -> str:
        return browser.find_element(By.CSS_SELECTOR, ".cw-verdict").text

    def waited_for(words: str) -> str:
        WebDriverWait(browser, PATIENCE).until(lambda driver: words in verdict())
        return verdict()

    field.send_keys("severity >= HI")
    assert wait_for(browser, ".cw-chosen b").text == "HIGH"
    assert waited_for("undeclared") == "Line 1, character 13: undeclared reference to 'HI'"
    field.send_keys(Keys.TAB)
    assert field.get_attribute("value") == "severity >= HIGH"
    assert waited_for("Holds") == f"Holds now for 1 of the newest 1 cases.\n{office.ids['case']}"
    # Inside a text nothing is offered.
    field.send_keys(" && model == 'sev")
    assert browser.find_elements(By.CSS_SELECTOR, ".cw-offer") == []
    assert waited_for("Syntax error").startswith("Line 1, character ")
    assert complaints(browser) == []


@pytest.mark.parametrize(
    "expression",
    [
        "constructor.constructor('return 1')()",
        "theme.constructor('return 1')()",
        "window.fetch('/admin/')",
        "document.cookie",
        "[].filter.constructor('return 1')()",
        "eval('1')",
    ],
)
def test_an_attribute_that_slips_in_reaches_nothing(live_server: Any, browser: Any, expression: str) -> None:
    browser.get(f"{live_server.url}/admin/login/")
    wait_for(browser, "[name=username]")
    assert complaints(browser) == []
    assert browser.execute_script("return Alpine.evaluate(document.body, arguments[0]) ?? null", expression) is None
    assert len([line for line in complaints(browser) if "Left undone" in line]) == 1
    known = browser.execute_script("return Alpine.evaluate(document.body, arguments[0])", "1 + 1 == 2 ? 'yes' : 'no'")
    assert known == "yes"
