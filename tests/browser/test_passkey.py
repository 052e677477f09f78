"""A passkey, made and proven by Chromium's own virtual authenticator."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect
from sqlalchemy import select

from lsos.accounts.models import Passkey, UserSession
from lsos.db import db, transaction
from tests import make
from tests.browser.conftest import Console, LiveServer


def test_a_passkey_is_made_signs_in_and_is_refused_once_forgotten(
    open_context: Callable[..., BrowserContext], live_server: LiveServer, console: Console
):
    #: Passkeys are bound to a name; an address in numbers has none.
    base = live_server.url.replace("127.0.0.1", "localhost")
    app = live_server.app
    before = app.extensions["lsos"]
    app.extensions["lsos"] = before.model_copy(update={"base_url": base})
    try:
        person = make.person("Ola", "Lis")
        context = open_context(base_url=base)
        context.add_cookies([live_server.cookie(person) | {"url": base}])  # type: ignore[list-item]
        page = context.new_page()
        devices = context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        devices.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        page.goto("/en/account/second-factor")
        page.get_by_label("Name of the passkey").fill("my laptop")
        page.get_by_role("button", name="Create a passkey").click()
        expect(page.get_by_text("The passkey is kept.")).to_be_visible()
        expect(page.get_by_text("my laptop").first).to_be_visible()

        page.goto("/en/account")
        page.locator(".account-head").get_by_role("button", name="Sign out").click()
        page.goto("/en/sign-in?next=/en/account/password")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page).to_have_url(f"{base}/en/account/password")
        db.session.rollback()
        opened = db.session.scalars(select(UserSession).where(UserSession.person_id == person.id)).one()
        assert opened.by_second_factor

        with transaction() as session:
            session.delete(session.scalars(select(Passkey)).one())
        context.clear_cookies()
        console.allow("status of 422")
        page.goto("/en/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_text("Nobody here has this passkey.")).to_be_visible()

        page.goto(f"{live_server.url}/en/sign-in")
        expect(page.get_by_role("button", name="Send me a link")).to_be_visible()
        expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    finally:
        app.extensions["lsos"] = before
