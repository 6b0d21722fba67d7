"""`vireid search`: the nearest gallery images of a query, and an index of the gallery that is kept."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

PICTURED = 8  # queries in a picture


def add_command(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds `vireid search`."""
    parser = commands.add_parser(
        "search",
        parents=[common],
        help="find the nearest gallery images of a query",
        description="Finds the nearest images of a gallery by the features of a run. The gallery can be kept as an "
        "index, which only the weights that made it may be asked with.",
    )
    parser.add_argument("source", metavar="RUN", type=Path, nargs="?", help="run folder; not needed for features alone")
    parser.add_argument("--query", nargs="+", type=Path, metavar="IMAGE", help="image files, or a feature file (.npz)")
    parser.add_argument(
        "--gallery",
        required=True,
        type=Path,
        metavar="DIR",
        help="data set (its test images), any folder of images, a feature file (.npz), or an index that was kept",
    )
    parser.add_argument("-k", type=int, default=10, help="images to find (default 10)")
    parser.add_argument("--kind", help="exact (default), or FAISS (extra search): flat (exact), ivf, pq (approximate)")
    parser.add_argument("--probes", type=int, help="lists that ivf and pq search (default: an eighth of them)")
    parser.add_argument("--keep", type=Path, metavar="INDEX", help="new folder to keep the index in")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw what was found: FILE.png, .pdf and .json")
    parser.add_argument(
        "--query-modality",
        choices=["infrared", "visible"],
        default="infrared",
        help="of the queries (default infrared); the gallery is the other one",
    )
    parser.add_argument("--flip", action="store_true", help="average the features of each image and its mirror image")
    parser.add_argument("--neck", default="after", help="features after (default) or before the neck")
    parser.add_argument("--checkpoint", default="result", help="last, or best (default: best where there is one)")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    from vireid_lab.runtime import InputError

    if not (arguments.query or arguments.keep):
        raise InputError("give --query IMAGE to search, or --keep INDEX to index a gallery")
    if arguments.picture and not arguments.query:
        raise InputError("--picture: there is nothing to draw without --query")
    from vireid_lab.evaluate.search_sides import gallery_images, image_files, known_queries, modalities, read_features

    of_query, of_gallery = modalities(arguments.query_modality)
    extract = _extractor(arguments)
    index, images = _index(arguments, extract, gallery_images, read_features, of_gallery)
    values = {"index": index.facts}
    if arguments.keep:
        index.save(arguments.keep)
        values["kept"] = str(arguments.keep)
    lines = [_index_line(index, arguments.keep)]
    if arguments.query:
        if arguments.query[0].suffix == ".npz":
            queries, root = read_features(arguments.query[0], "query", of_query), None
        else:
            asked = image_files(arguments.query, of_query)
            asked = known_queries(asked, images) if images else asked
            queries, root = extract(*asked), asked.dataset.root
        found = index.search(queries, arguments.k)
        values["queries"] = _listed(queries, index, found)
        lines += _lines(values["queries"])
        if arguments.picture:
            values["picture"] = _picture(arguments, queries, root, index, found)
            lines.append(f"picture: {values['picture']}")
    print("\n".join(lines))
    if arguments.json:
        print(json.dumps(values))
    return 0


def _extractor(arguments: argparse.Namespace):
    """Features of images by the run, which is opened only when there are images."""

    def extract(dataset, records):
        from vireid_lab.evaluate.features import extract as embed
        from vireid_lab.recipes.run import open_run
        from vireid_lab.runtime import InputError, select_device

        if arguments.source is None:
            raise InputError(f"images of {dataset.root}: give the run whose model reads them, vireid search RUN ...")
        trained = open_run(arguments.source)
        device = select_device(arguments.device)
        model = trained.model(device, arguments.checkpoint)
        return embed(model, dataset, records, trained.settings.size, device, arguments.flip, arguments.neck)

    return extract


def _index(arguments, extract, gallery_images, read_features, modality):
    """The index of the gallery, kept or new, and its images where they were read now."""
    from vireid_lab.data.records import MODALITY_NAMES
    from vireid_lab.evaluate.search import build_index, is_index, open_index
    from vireid_lab.figures.save import describe_data
    from vireid_lab.runtime import InputError

    gallery, options = arguments.gallery, {"kind": arguments.kind or "exact", "probes": arguments.probes}
    if is_index(gallery):
        if arguments.kind or arguments.probes or arguments.keep:
            raise InputError(f"--kind, --probes, --keep: {gallery} is an index already; give them with its images")
        index = open_index(gallery)
        if (index.gallery.modality != modality).any():
            raise InputError(f"{gallery} holds other than {MODALITY_NAMES[modality]} images; see --query-modality")
        return index, None
    if gallery.suffix == ".npz":
        return build_index(read_features(gallery, "gallery", modality), **options), None
    images = gallery_images(gallery, modality)
    data = describe_data(images.dataset)
    return build_index(extract(*images), root=images.dataset.root, data=data, **options), images


def _index_line(index, kept) -> str:
    facts = index.facts
    recall = "" if facts["recall@10"] is None else f", recall@10 {facts['recall@10']:.3f} on {facts['recall_sample']}"
    where = f", kept in {kept}" if kept else ""
    return f"index: {facts['kind']}, {facts['images']} images, {facts['memory_mib']:.1f} MiB{recall}{where}"


def _listed(queries, index, found) -> list[dict]:
    """What each query found, as JSON values; identity and camera are null where they are not known."""

    def image(features, row):
        known = {"id": int(features.ids[row]), "camera": int(features.cams[row])}
        return {"path": features.paths[row], **{key: None if v < 0 else v for key, v in known.items()}}

    rows = enumerate(zip(found.indices.tolist(), found.distances.tolist(), strict=True))
    return [
        image(queries, row)
        | {"found": [image(index.gallery, i) | {"distance": d} for i, d in zip(*pair, strict=True) if i >= 0]}
        for row, pair in rows
    ]


def _lines(queries: list[dict]) -> list[str]:
    lines = []
    for query in queries:
        lines.append(query["path"])
        for rank, image in enumerate(query["found"], start=1):
            who = "" if image["id"] is None else f"  id {image['id']} cam {image['camera']}"
            lines.append(f"  {rank:>3}  {image['distance']:.4f}  {image['path']}{who}")
    return lines


def _picture(arguments, queries, root, index, found) -> str:
    """Draws the first queries and what they found, at 192x96 pixels an image."""
    import numpy as np

    from vireid_lab.evaluate.search import Found
    from vireid_lab.figures.retrieval import found_strips
    from vireid_lab.figures.save import Provenance, save_figure
    from vireid_lab.runtime import InputError

    if root is None or index.root is None:
        raise InputError("--picture: features alone have no images; give image files and a gallery of images")

    some = queries.take(np.arange(min(PICTURED, len(queries))))
    shown = Found(found.indices[:PICTURED, :10], found.distances[:PICTURED, :10])
    parameters = {"made_by": index.gallery.made_by, "kind": index.kind, "k": arguments.k, "queries": len(some)}
    saved = save_figure(
        found_strips(some, root, index, shown),
        arguments.picture.with_suffix("") if arguments.picture.suffix == ".png" else arguments.picture,
        title="What a search found",
        alt=f"{len(some)} query images, each with its {shown.indices.shape[1]} nearest gallery images and distances.",
        provenance=Provenance(parameters, seed=0, data=index.data),
    )
    return str(saved.png)
