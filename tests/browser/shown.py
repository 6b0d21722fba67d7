"""What a reader of the page sees of an explorer."""

from __future__ import annotations


class Shown:
    """An explorer on a page; `picture` is the beginning of its picture's alternative text."""

    def __init__(self, page, picture: str) -> None:
        self.page = page
        self.readout = page.locator("pre[role=status]")
        self.picture = page.locator(f'img[alt^="{picture}"]')
        self.code = page.locator(".vireid-code pre")
        self.readout.wait_for(timeout=150_000)

    def handle(self, name: str):
        """The handle of a slider; the arrow keys, Home and End move it."""
        label = self.page.get_by_text(name, exact=True)
        return self.page.locator(".widget-inline-hbox").filter(has=label).locator(".noUi-handle")

    def expect_another(self, picture: str) -> str:
        """Waits for a picture that is not the given one; returns its address (a data URL)."""
        from playwright.sync_api import expect

        expect(self.picture).not_to_have_attribute("src", picture)
        return self.picture.get_attribute("src")
