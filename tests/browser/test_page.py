"""What a visitor sees of the sample site, in Chromium."""

import re
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import RELEASE
from tests.browser.site_server import VERSION, SiteServer
from tests.e2e.browser import OpenPage


def status(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


def check_again(page: Page) -> None:
    page.get_by_role("button", name="Check again").click()


def test_shows_what_the_backend_runs_and_what_the_site_is(
    site: SiteServer, open_page: OpenPage
) -> None:
    watched = open_page(site.url)
    status(watched.page, "The backend is up")
    expect(watched.page.get_by_test_id("backend-version")).to_have_text(VERSION["source_tag"])
    expect(watched.page.get_by_test_id("site-version")).to_have_text(RELEASE)
    assert watched.faults == []


def test_says_that_the_backend_is_down_and_recovers_by_itself(
    site: SiteServer, open_page: OpenPage
) -> None:
    site.version = None
    watched = open_page(site.url)
    status(watched.page, "The backend answered 503")
    assert f"GET {site.url}/api/health: 503" in watched.failed
    site.version = dict(VERSION)
    status(watched.page, "The backend answers again")


def test_a_click_shows_at_once_what_has_been_deployed(
    site: SiteServer, open_page: OpenPage
) -> None:
    watched = open_page(site.url)
    status(watched.page, "The backend is up")
    site.version = {**VERSION, "source_tag": "src-new"}
    check_again(watched.page)
    status(watched.page, f"src-new has replaced {VERSION['source_tag']}")
    assert watched.faults == []


def test_the_second_page_is_loaded_on_demand_and_has_an_address(
    site: SiteServer, open_page: OpenPage
) -> None:
    watched = open_page(site.url)
    page, chunk = watched.page, re.compile(r"/assets/AboutPage-[\w-]+\.js$")
    with page.expect_request(chunk):
        page.get_by_role("link", name="About this deploy").click()
    title = page.get_by_role("heading", level=1, name="About this deploy")
    expect(title).to_be_focused()
    page.go_back()
    status(page, "The backend is up")
    page.goto(f"{site.url}/about")
    expect(title).to_be_visible()
    assert watched.faults == []


def test_a_tab_whose_files_are_gone_says_what_to_do(site: SiteServer, open_page: OpenPage) -> None:
    page = open_page(site.url).page
    status(page, "The backend is up")
    (chunk,) = (site.root / "assets").glob("AboutPage-*.js")
    chunk.unlink()
    page.get_by_role("link", name="About this deploy").click()
    expect(page.get_by_role("alert")).to_contain_text("may have been updated")
    with page.expect_navigation():
        page.get_by_role("button", name="Load the site again").click()


def test_config_json_names_another_api(site: SiteServer, open_page: OpenPage) -> None:
    (site.root / "config.json").write_text('{"api": "/elsewhere"}')
    page = open_page(site.url).page
    status(page, "is not JSON")  # the site's own HTML
    (site.root / "config.json").unlink()
    page.reload()
    status(page, "The backend is up")


@pytest.mark.parametrize(
    ("path", "width", "scheme"), list(product(["/", "/about"], [360, 1280], ["light", "dark"]))
)
def test_fits_and_can_be_read(
    site: SiteServer, open_page: OpenPage, path: str, width: int, scheme: str
) -> None:
    site.version = {**VERSION, "source_tag": "src-" + "0123456789abcdef" * 4}
    watched = open_page(site.url + path, width=width, scheme=scheme)
    expect(watched.page.get_by_role("heading", level=1)).to_be_visible()
    assert watched.page.evaluate("document.documentElement.scrollWidth") == width
    assert watched.page.evaluate(UNREADABLE) == []
    assert watched.faults == []


def test_whatever_goes_wrong_on_a_page_is_kept(site: SiteServer, open_page: OpenPage) -> None:
    watched = open_page(f"{site.url}/about")
    with watched.page.expect_event("pageerror"):
        watched.page.evaluate("console.error('loud'); setTimeout(() => { throw Error('thrown') })")
    with watched.page.expect_event("console"):
        watched.page.evaluate("fetch('http://127.0.0.1:1/').catch(() => {})")  # the CSP forbids it
    told = "\n".join(watched.errors)
    assert all(word in told for word in ("error: loud", "thrown", "Content Security Policy"))


# Every text whose contrast with what is behind it is below 4.5 : 1, the least of WCAG 2.2, 1.4.3.
UNREADABLE = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const light = (color) => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const color = getComputedStyle(node).backgroundColor;
    if (!color.endsWith(", 0)") || !node.parentElement) return color;
    return behind(node.parentElement);
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.checkVisibility()) continue;
    if (node.closest("script, noscript")) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(behind(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${texts.currentNode.data}`);
  }
  return faint;
}"""
