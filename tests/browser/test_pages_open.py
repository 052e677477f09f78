"""The browser, the server and the eyes that read the console work together."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Console


def test_the_first_page_opens_without_a_word_in_the_console(page: Page):
    page.goto("/")
    expect(page.locator("h1")).to_be_visible()
    assert page.url.endswith("/en/")


def test_a_phone_is_narrow(phone: Page):
    phone.goto("/en/")
    assert phone.evaluate("innerWidth") == 390
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_complaint_in_the_console_is_heard(page: Page, console: Console):
    page.goto("/en/")
    page.evaluate("console.error('something is wrong')")
    assert "something is wrong" in console.unexpected()[0]
    console.allow("something is wrong")


def test_a_page_that_is_not_there_is_a_complaint(page: Page, console: Console):
    console.allow("status of 404")
    page.goto("/en/nowhere")
    expect(page.get_by_text("There is no such page")).to_be_visible()
    assert console.complaints
