from __future__ import annotations

import numpy as np

from gaze_pipeline.models.prefix_tree import PrefixTree


def test_what_begins_alike_is_one_path() -> None:
    tree = PrefixTree([[9, 1, 2], [9, 1, 3], [9, 1], [9, 1, 2], [2]])

    assert tree.tokens.tolist() == [9, 1, 2, 3, 2]
    assert tree.depths.tolist() == [0, 1, 2, 2, 0]
    assert tree.ends == [2, 3, 1, 2, 4]
    np.testing.assert_array_equal(
        tree.before,
        np.array(
            [
                [1, 0, 0, 0, 0],
                [1, 1, 0, 0, 0],
                [1, 1, 1, 0, 0],
                [1, 1, 0, 1, 0],
                [0, 0, 0, 0, 1],
            ],
            bool,
        ),
    )


def test_one_sequence_sees_what_came_before() -> None:
    tree = PrefixTree([[5, 5, 7]])

    assert tree.tokens.tolist() == [5, 5, 7]
    np.testing.assert_array_equal(tree.before, np.tri(3, dtype=bool))
