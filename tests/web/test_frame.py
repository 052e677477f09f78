"""The frame of every page: language, headers, errors."""

from tests.conftest import Reader


def test_the_first_address_leads_to_the_readers_language(client: Reader):
    assert client.get("/", headers={"Accept-Language": "en-GB"}).location == "/en/"
    assert client.get("/", headers={"Accept-Language": "de"}).location == "/pl/"


def test_a_page_allows_no_script_and_no_style_of_others(client: Reader):
    policy = client.get("/en/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_an_unknown_page_says_what_to_do(client: Reader):
    answer = client.get("/en/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_a_browser_keeps_a_style_until_it_changes(client: Reader):
    address = client.get("/en/").text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in client.get(address).headers["Cache-Control"]
    assert client.get(address.partition("?")[0]).headers["Cache-Control"] == "no-cache"
    assert client.get("/static/nowhere.css?v=1").headers.get("Cache-Control") is None
