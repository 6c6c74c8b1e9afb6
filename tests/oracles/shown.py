"""What a proof that hides shows of its leaves: nothing of it may be shown twice."""


def shown_by(verifier):
    """Salts, opened rows of the tallest height, and digests, each as bytes.

    `verifier` has read a proof, or a shard of one: it knows its trees and their siblings.
    """
    found = set()
    for tree, digests in zip(verifier.trees, verifier.siblings, strict=True):
        if tree.salts is None:
            continue
        found |= {row.tobytes() for row in tree.salts}
        found |= {bytes(digest) for digest in digests}
        found |= {row.tobytes() for rows in tree.rows for row in rows if len(row) > 1}
    return found
