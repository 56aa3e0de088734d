"""Deque's axe-core, of the site's development packages, asked about a page as it stands."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"


def violations(page: Page) -> list[str]:
    """What on `page` keeps people from using it: the rule, and the element that breaks it."""
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(
        """async () => (await axe.run()).violations.flatMap(({ id, help, nodes }) =>
             nodes.map(({ html }) => `${id}: ${help}: ${html}`))"""
    )
    return found
