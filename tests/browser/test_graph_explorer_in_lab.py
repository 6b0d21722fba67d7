"""The explorer of IDKL's graph alignment in a real JupyterLab in a real browser: sign, temperature, terms, picture."""

from __future__ import annotations

import re

import pytest
import torch
from lab import small_notebook

from vireid_lab.losses.graph_alignment import GraphAlignment

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SLOW = {"timeout": 30_000}  # a picture takes half a second, many on a busy machine
SHARED, SPECIFIC = (torch.randn(2, 8, 3, generator=torch.Generator().manual_seed(seed), dtype=float) for seed in (0, 1))
IDS = [1, 1, 2, 2, 3, 3, 4, 4]
CELL = f"""import torch
from vireid_lab.widgets.graph_explorer import GraphExplorer

shared, specific = (
    torch.randn(2, 8, 3, generator=torch.Generator().manual_seed(seed), dtype=float).numpy() for seed in (0, 1)
)
batch = {{
    "shared V / shared I": (shared[0], shared[1], {IDS}),
    "specific V / shared V": (specific[0], shared[0], {IDS}),
}}
GraphExplorer(batch, variable="batch")"""


def terms(a: torch.Tensor, b: torch.Tensor, **options) -> str:
    """The line of the read-out with the three KL terms."""
    names = ("KL(A_aa, A_bb)", "KL(A_aa, A_ab)", "KL(A_ab, A_bb)")
    values = GraphAlignment(**options).terms(a, b).tolist()
    return ", ".join(f"{name} {value:.4g}" for name, value in zip(names, values, strict=True))


def test_sign_temperature_and_features_move_the_terms_and_the_matrices(lab, tmp_path):
    from playwright.sync_api import expect

    lab.run_notebook(small_notebook(CELL), "graphs.ipynb")
    page = lab.page
    readout, picture = page.locator("pre[role=status]"), page.locator('img[alt^="Affinity matrices"]')
    readout.wait_for(timeout=75_000)
    expect(readout).to_contain_text("L_tgsa(shared V; shared I)", **SLOW)
    expect(readout).to_contain_text(terms(*SHARED), **SLOW)
    shown = picture.get_attribute("src")

    def expect_another(words: str) -> None:
        nonlocal shown
        expect(readout).to_contain_text(words, **SLOW)
        expect(picture).not_to_have_attribute("src", shown, **SLOW)
        shown = picture.get_attribute("src")

    page.get_by_role("button", name="-D, the near ones").click()
    expect_another(terms(*SHARED, sign=-1))
    page.locator(".noUi-handle").first.focus()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    options = {"sign": -1, "temperature": 0.630957}
    expect_another(terms(*SHARED, **options))
    expect(page.locator(".vireid-code pre")).to_contain_text("temperature=0.630957, sign=-1", **SLOW)
    page.get_by_label("diagonal").press("Space")
    expect_another(terms(*SHARED, **options, diagonal=False))
    page.get_by_label("KL", exact=True).select_option("symmetric")
    expect_another(terms(*SHARED, **options, diagonal=False, direction="symmetric"))
    page.get_by_label("features", exact=True).select_option("specific V / shared V")
    expect_another(terms(SPECIFIC[0], SHARED[0], **options, diagonal=False, direction="symmetric"))
    expect(picture).to_have_attribute("alt", re.compile(r"A\(specific V; shared V\) of 8 rows"), **SLOW)
    page.screenshot(path=tmp_path / "graphs.png")
    page.get_by_role("button", name="Reset").click()
    expect_another(terms(*SHARED))
