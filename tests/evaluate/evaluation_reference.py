"""The definitions of the metrics and of re-ranking as explicit loops, written from their text alone."""

import math


def ranked_gallery(distances, removed):
    """Gallery positions by ascending distance, ties in the gallery's order, without the removed ones."""
    kept = [j for j in range(len(distances)) if not removed[j]]
    return sorted(kept, key=lambda j: (distances[j], j))


def query_scores(distances, query_id, gallery_ids, removed, cmc):
    """(rank of the first match, AP, INP), or None for a query without any match left."""
    ranking = ranked_gallery(distances, removed)
    hits = [rank for rank, j in enumerate(ranking, start=1) if gallery_ids[j] == query_id]
    if not hits:
        return None
    precisions = [number / rank for number, rank in enumerate(hits, start=1)]
    average_precision = sum(precisions) / len(precisions)
    inverse_penalty = len(hits) / hits[-1]
    if cmc == "image":
        return hits[0], average_precision, inverse_penalty
    collapsed = []
    for j in ranking:
        if gallery_ids[j] not in collapsed:
            collapsed.append(gallery_ids[j])
    return collapsed.index(query_id) + 1, average_precision, inverse_penalty


def metrics(distances, query_ids, gallery_ids, removed, cmc):
    """The six metrics over the valid queries, and the number of invalid ones."""
    rows = [query_scores(distances[i], query_ids[i], gallery_ids, removed[i], cmc) for i in range(len(query_ids))]
    valid = [row for row in rows if row is not None]
    values = {f"rank{k}": sum(row[0] <= k for row in valid) / len(valid) for k in (1, 5, 10, 20)}
    values["mAP"] = sum(row[1] for row in valid) / len(valid)
    values["mINP"] = sum(row[2] for row in valid) / len(valid)
    return values, len(rows) - len(valid)


def euclidean(a, b):
    return math.sqrt(sum((float(x) - float(y)) ** 2 for x, y in zip(a, b, strict=True)))


def unit(vector):
    length = math.sqrt(sum(float(x) ** 2 for x in vector))
    return [float(x) / length for x in vector]


def reranked(query, gallery, k1, k2, weight):
    """Zhong et al. 2017, Eq. 2 to 12, with the row scaling, normalised weights and ">" of the authors' code."""
    features = [*query, *gallery]
    n = len(features)
    original = [[euclidean(a, b) ** 2 for b in features] for a in features]
    original = [[value / max(row) for value in row] for row in original]

    def nearest(i, k):
        return sorted(range(n), key=lambda j: (original[i][j], j))[: k + 1]

    def reciprocal(i, k):
        return {j for j in nearest(i, k) if i in nearest(j, k)}

    encodings = []
    for i in range(n):
        expanded = set(reciprocal(i, k1))
        for j in reciprocal(i, k1):
            candidate = reciprocal(j, round(k1 / 2))
            if len(reciprocal(i, k1) & candidate) > 2 / 3 * len(candidate):
                expanded |= candidate
        weights = {j: math.exp(-original[i][j]) for j in expanded}
        encodings.append([weights.get(j, 0) / sum(weights.values()) for j in range(n)])
    averaged = []
    for i in range(n):
        around = nearest(i, k2 - 1)
        averaged.append([sum(encodings[g][j] for g in around) / len(around) for j in range(n)])

    def jaccard(a, b):
        return 1 - sum(map(min, a, b)) / sum(map(max, a, b))

    return [
        [(1 - weight) * jaccard(averaged[q], averaged[g]) + weight * original[q][g] for g in range(len(query), n)]
        for q in range(len(query))
    ]
