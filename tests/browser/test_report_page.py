"""The report on a phone and on a desk, in the real browser."""

from __future__ import annotations

import numpy as np
import pytest
from report_folders import add_ablation, add_notebook, add_run

from vireid_lab.batch.report import write_report
from vireid_lab.batch.report.content import title
from vireid_lab.figures.curves import cmc_curves
from vireid_lab.figures.save import Provenance, save_figure
from vireid_lab.papers.reader import published
from vireid_lab.papers.slots import parse_slots

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page of a batch with an ablation, a failure and a picture."""
    folder = tmp_path_factory.mktemp("report")
    add_ablation(folder / "runs")
    add_notebook(
        folder, "bad", "failed", cell=2, error=f"Traceback\n{'x' * 300}\n<script>document.title = 'x'</script>"
    )
    figure = cmc_curves({"model": np.linspace(0.2, 1, 20)})
    origin = Provenance({}, 0, {"synthetic": True})
    save_figure(figure, folder / "figures" / "nb" / "a", title="A", alt="What A shows", provenance=origin)
    return write_report(folder)


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_fits_and_its_tables_scroll_inside_themselves(browser_page, report, width):
    browser_page.set_viewport_size({"width": width, "height": 800})
    browser_page.goto(report.as_uri())
    for summary in browser_page.locator("summary").all():
        if summary.is_visible():
            summary.click()
    assert browser_page.locator("details[open]").count() >= 3
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= width
    tables = browser_page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(e => e.clientWidth).map(e => [e.scrollWidth, e.clientWidth])"
    )
    assert tables and any(inside > outside for inside, outside in tables) == (width == 360)


def test_every_papers_measured_tables_fit_a_desk(browser_page, tmp_path):
    """Each row that can be trained here, measured on synthetic people and on photographs."""
    every_slot = {"recipe": "rfm", "augment": "flip", "backbone": "resnet50", "head": "bnneck", "attention": "none"}
    for number, slots in enumerate({cell.slots for cell in published() if cell.slots}):
        for synthetic in (False, True):
            own = {**every_slot, "losses": "ce", **parse_slots(slots)}
            for seed in range(2):
                add_run(tmp_path / f"{number}-{synthetic}", own, seed, 0.97 + 0.01 * seed, synthetic=synthetic)
    browser_page.set_viewport_size({"width": 1200, "height": 800})
    browser_page.goto(write_report(tmp_path).as_uri())
    browser_page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    tables = browser_page.evaluate(
        "[...document.querySelectorAll('.scroll')].map(e => [e.ariaLabel, e.scrollWidth > e.clientWidth, e.innerText])"
    )
    assert [name for name, scrolls, _ in tables if scrolls] == []
    measured = {name.split(",")[0] for name, _, text in tables if "Measured on photographs" in text}
    assert measured == {f"{title(c.paper)} Table {c.table}" for c in published() if c.slots}


def test_pictures_are_there_with_words_and_text_stays_text(browser_page, report):
    browser_page.goto(report.as_uri())
    for image in browser_page.locator("img").all():
        image.scroll_into_view_if_needed()
        assert image.get_attribute("alt")
        browser_page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=image.element_handle())
    assert browser_page.locator("img").count() == 2
    assert browser_page.title().startswith("Report:") and browser_page.locator("script").count() == 0


def test_every_link_of_the_menu_leads_to_its_heading(browser_page, report):
    browser_page.goto(report.as_uri())
    for link in browser_page.locator("nav a").all():
        heading = browser_page.locator(f"[id='{link.get_attribute('href')[1:]}']")
        assert heading.inner_text() == link.inner_text()
