"""IDKL's criterion against Eq. 21 written out, where its gradients flow, and the settings of every row of Table 4."""

import json

import pytest
import torch
from torch.nn import functional as F

from vireid_lab.cli import main
from vireid_lab.data.batch import Batch
from vireid_lab.data.make import make_benchmark
from vireid_lab.evaluate.protocols import PROTOCOLS
from vireid_lab.evaluate.runs import evaluate_run
from vireid_lab.evaluate.scoring import Options
from vireid_lab.losses.triplet import BatchHardTriplet
from vireid_lab.papers.reader import published
from vireid_lab.recipes import idkl
from vireid_lab.recipes.catalogue import choose_settings
from vireid_lab.recipes.run import open_run
from vireid_lab.runtime import InputError
from vireid_lab.train.log import read_metrics

BASE = "ce+triplet+confuser+discriminator"
IDS = torch.tensor([0, 0, 3, 3] * 2)
BATCH = Batch(torch.zeros(8, 3, 4, 4), IDS, torch.arange(8) // 4, torch.ones(8, dtype=torch.int64))
IMAGES = torch.rand(8, 3, 96, 48, generator=torch.Generator().manual_seed(0))
V, I = slice(0, 4), slice(4, 8)  # noqa: E741


def method(losses=idkl.LOSSES, **overrides):
    torch.manual_seed(0)
    return idkl.build(choose_settings("idkl", "tiny", {"losses": losses, **overrides}), n_ids=5)


def both(built):
    output = built.model(IMAGES, BATCH.modality)
    return output, built.criterion(output, BATCH)


def reid(features, logits):
    return F.cross_entropy(logits, IDS) + BatchHardTriplet()(features, IDS, BATCH.modality)


def graph_rows(a, b, sign=1):
    return torch.stack([torch.stack([sign * (x - y).norm() for y in b]) for x in a]).softmax(1)


def kl(p, q):
    return (p * (p / q).log()).sum(1).mean()


def tgsa(a, b, divergence=kl, sign=1):
    aa, bb, ab = graph_rows(a, a, sign), graph_rows(b, b, sign), graph_rows(a, b, sign)
    return divergence(aa, bb) + divergence(aa, ab) + divergence(ab, bb)


def both_ways(p, q):
    return (kl(p, q) + kl(q, p)) / 2


@pytest.mark.parametrize("sign", [1, -1])
def test_the_loss_is_that_of_eq_21(sign):
    near = "_nearest" if sign < 0 else ""
    o, losses = both(method(f"{BASE}+ip:0.1+tgsa{near}:0.6+csa:0.8+mdr{near}"))
    L_C, L_D = (F.cross_entropy(logits[:, 0], BATCH.modality) for logits in (o.confusion, o.discrimination))
    L_b = reid(o.features, o.logits) + L_C + reid(o.specific, o.specific_logits) + L_D
    h_e, h_sp = (
        -(logits.softmax(1) * logits.log_softmax(1)).sum(1) for logits in (o.enhanced_logits, o.specific_logits)
    )
    d_r, d_n = (f[V].mean(0).sub(f[I].mean(0)).norm() for f in (o.reduced, o.normalised))
    L_ip = F.softplus(h_e - h_sp).mean() + F.softplus(d_r - d_n) + reid(o.purified, o.purified_logits)
    L_tgsa = sum(tgsa(o.purified[m], o.features[m], sign=sign) for m in (V, I))
    z_sp, z_sh = o.purified_logits.softmax(1), o.logits.softmax(1)
    L_csa = sum(kl(z_sp[m], z_sh[m]) for m in (V, I))
    L_mdr = tgsa(o.features[V], o.features[I], both_ways, sign) + both_ways(z_sh[V], z_sh[I])
    for name, value in (("ip", L_ip), (f"tgsa{near}", L_tgsa), ("csa", L_csa), (f"mdr{near}", L_mdr)):
        assert losses[name].item() == pytest.approx(value.item(), rel=1e-4, abs=1e-6), name
    total = L_b + 0.1 * L_ip + 0.6 * L_tgsa + 0.8 * L_csa + L_mdr
    assert losses["total"].item() == pytest.approx(total.item(), rel=1e-5)


def test_what_is_logged():
    o, losses = both(method())
    assert losses.keys() == {
        *("total", "ce", "triplet", "accuracy", "reid_specific", "reid_purified", "enhancing", "reducing"),
        *("confuser", "discriminator", "confuser_accuracy", "discriminator_accuracy", "ip", "tgsa", "csa", "mdr"),
    }
    right = sum(int(row.argmax()) == int(m) for row, m in zip(o.confusion[:, 0], BATCH.modality, strict=True))
    assert losses["confuser_accuracy"].item() == pytest.approx(right / 8)


def test_the_released_forms():
    settings = choose_settings("idkl", "released", {"backbone": "resnet10"})
    torch.manual_seed(0)
    built = idkl.build(settings, n_ids=5)
    o, losses = both(built)
    assert o.mask_e.ndim == 4 and "reid_specific" not in losses
    pseudo = torch.tensor([0, 1] * 4)
    assert losses["confuser_pseudo"].item() == pytest.approx(F.cross_entropy(o.confusion[:, 0], pseudo).item())
    assert losses["ip_released"].item() == pytest.approx((losses["enhancing"] + losses["reducing"]).item())

    graphs = 0.0
    for m in (V, I):
        p, q = (
            torch.stack([torch.stack([(f[i] - f[j]).norm() for j in range(4) if j != i]) for i in range(4)]).softmax(1)
            for f in (o.purified[m], o.features[m])
        )
        graphs = graphs + kl(p, q) + kl(q, p)
    z_sp, z_sh = o.purified_logits.softmax(1), o.logits.softmax(1)
    classes = sum(kl(z_sp[m], z_sh[m]) + kl(z_sh[m], z_sp[m]) for m in (V, I))
    weights = built.criterion.own_weights
    assert (weights["tgsa_released"] * losses["tgsa_released"]).item() == pytest.approx(0.6 * graphs.item(), rel=1e-4)
    assert (weights["csa_released"] * losses["csa_released"]).item() == pytest.approx(
        0.8 * classes.item(), rel=1e-4, abs=1e-7
    )


def gradients(built, loss):
    """Names of the parts of the model that a loss reaches."""
    _, losses = both(built)
    built.model.zero_grad(set_to_none=True)
    losses[loss].backward()
    reached = set()
    for name, p in built.model.named_parameters():
        if p.grad is not None and p.grad.abs().max() > 0:
            parts = name.split(".")
            branch = {"shared", "specific"} & set(parts)
            reached.add(branch.pop() if parts[0] == "backbone" and branch and parts[1] != "stem" else parts[0])
    return reached


@pytest.mark.parametrize(
    ("losses", "loss", "reached", "kept"),
    [
        (idkl.LOSSES, "tgsa", {"shared", "backbone"}, {"specific", "purifier", "specific_neck", "purified_neck"}),
        (idkl.LOSSES, "csa", {"shared", "neck"}, {"specific", "purifier", "specific_neck", "purified_neck"}),
        (idkl.LOSSES, "mdr", {"shared", "neck"}, {"specific", "purifier", "confusers"}),
        (f"{BASE}+tgsa", "tgsa", {"shared"}, {"specific", "specific_neck"}),
        (f"{BASE}+ip_released+tgsa_released", "tgsa_released", {"shared", "specific", "purifier"}, {"neck"}),
        (f"{BASE}+ip_released+csa_released", "csa_released", {"shared", "specific", "purified_neck"}, {"confusers"}),
        (idkl.LOSSES, "ip", {"specific", "purifier", "specific_neck", "purified_neck"}, {"shared", "neck"}),
        (idkl.LOSSES, "confuser", {"confusers"}, {"specific", "discriminators"}),
        (idkl.LOSSES, "discriminator", {"discriminators", "specific"}, {"shared", "confusers"}),
    ],
)
def test_gradients_flow_where_they_must_and_stop_at_the_teacher(losses, loss, reached, kept):
    found = gradients(method(losses), loss)
    assert reached <= found and not kept & found


def test_the_confuser_pushes_the_shared_features_the_other_way():
    slopes = {}
    for slot in ("confuser", "confuser_pseudo"):
        built = method(f"ce+{slot}+discriminator")
        if slot == "confuser":
            built.model.reversal.ramp = 0
        output = built.model(IMAGES, BATCH.modality)
        output.features.retain_grad()
        F.cross_entropy(output.confusion[:, 0], BATCH.modality).backward()
        slopes[slot] = output.features.grad
    assert torch.allclose(slopes["confuser"], -slopes["confuser_pseudo"]) and slopes["confuser"].abs().max() > 0


def test_the_ramp_is_the_length_of_the_training():
    assert method(steps=50, accumulate=2).model.reversal.ramp == 100
    assert method(epochs=3).model.reversal.ramp == idkl.RAMP


TABLE_4 = sorted({p.slots.partition("losses=")[2] for p in published() if (p.paper, p.table) == ("idkl", "4")})


def test_the_rows_of_table_4_are_six():
    assert len(TABLE_4) == 6 and BASE in TABLE_4 and idkl.LOSSES in TABLE_4


@pytest.mark.parametrize("losses", [*TABLE_4, choose_settings("idkl", "released").losses])
def test_every_row_of_table_4_can_be_trained(losses):
    built = method(losses)
    both(built)[1]["total"].backward()
    assert [n for n, p in built.model.named_parameters() if p.requires_grad and p.grad is None] == []


def test_several_confusers_are_summed():
    built = method(head="gem+bnneck+modality:3")
    o, losses = both(built)
    expected = sum(F.cross_entropy(o.confusion[:, j], BATCH.modality) for j in range(3))
    assert losses["confuser"].item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"losses": f"{BASE}+tgsa_near"}, "did you mean 'tgsa_nearest'"),
        ({"losses": f"{BASE}+tgsa+tgsa_nearest"}, "tgsa and tgsa_nearest stand for one another"),
        ({"losses": "confuser+tgsa"}, "give at least one of ce"),
        ({"losses": "none"}, "give at least one of ce"),
        ({"attention": "nonlocal"}, "unknown attention 'nonlocal'"),
        ({"head": "gem"}, "head=gem: write gem\\+bnneck"),
        ({"head": "gem:4+bnneck"}, "head=gem:4.bnneck: write gem\\+bnneck"),
        ({"head": "gem+bnneck+modality:0"}, "modality:J with a whole number"),
        ({"ids_per_batch": 1}, "ids_per_batch=1.*give 2 or more"),
    ],
)
def test_what_cannot_be_built_is_named(overrides, message):
    with pytest.raises(InputError, match=message):
        method(**overrides)


@pytest.mark.parametrize(
    ("ids", "message"), [([0, 0, 3, 3, 3, 3, 0, 0], "are no pairs"), ([3] * 8, "all 8 rows are of identity 3")]
)
def test_a_batch_without_pairs_or_of_one_identity_is_refused(ids, message):
    built = method()
    output = built.model(IMAGES, BATCH.modality)
    batch = Batch(BATCH.images, torch.tensor(ids), BATCH.modality, BATCH.camids)
    with pytest.raises(InputError, match=message):
        built.criterion(output, batch)


def test_a_run_trains_and_comes_back(toy_root, toy, tmp_path, capsys):
    out = tmp_path / "run"
    command = ["train", "idkl", "--data", str(toy_root), "--out", str(out), "--set", *toy, "log_every=1", "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["finished"]
    rows = read_metrics(out / "metrics.jsonl")
    assert len(rows) == 6 and all(0 <= row["confuser_accuracy"] <= 1 and row["mdr"] >= 0 for row in rows)
    model = open_run(out).model()
    assert int(model.reversal.passes) == 6
    assert model.embed(torch.zeros(2, 3, 32, 16), torch.tensor([0, 1])).shape == (2, 256)


def test_maps_of_one_position_are_said_before_a_folder_is_made(toy_root, toy, tmp_path, capsys):
    out = tmp_path / "run"
    command = ["train", "idkl", "--data", str(toy_root), "--out", str(out), "--set", *toy, "size=16x16"]
    assert main(command) == 2
    assert "1x1" in capsys.readouterr().err and not out.exists()


LABELS = {
    "sysu": [f"sysu-{place} gallery=official shots={shots}" for place in ("all", "indoor") for shots in (1, 10)],
    "regdb": ["regdb-v2t gallery=all", "regdb-t2v gallery=all"],
    "llcm": [f"llcm-{way} gallery=seeded shots=1 llcm_reading=paper" for way in ("v2n", "n2v")],
}


@pytest.mark.slow
@pytest.mark.parametrize("layout", LABELS)
def test_a_run_is_scored_under_every_protocol_of_its_layout_and_re_ranked_where_it_says_so(layout, toy, tmp_path):
    root, out = make_benchmark(tmp_path / layout, layout, ids=4, images=3, workers=1), tmp_path / "run"
    assert main(["train", "idkl", "--data", str(root), "--out", str(out), "--set", *toy, "steps=2"]) == 0
    run = open_run(out)
    for name, protocol in PROTOCOLS.items():
        for shots in protocol.shots or (None,):
            if protocol.layout == layout:
                evaluate_run(run, name, Options(shots=shots))
    again = evaluate_run(run, options=Options(rerank=True))
    record = json.loads((out / "run.json").read_text())["metrics"]
    assert sorted(record) == sorted([*LABELS[layout], f"{LABELS[layout][0]} rerank"])
    plain = record[LABELS[layout][0]]
    assert again.conditions.rerank and not plain["rerank"] and plain["mAP"] != again.metrics["mAP"]
