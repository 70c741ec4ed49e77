"""Sequences of tokens as one tree of their beginnings.

A causal transformer makes the same of a token wherever the same came before it, so that of many texts
only the nodes of this tree need be computed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class PrefixTree:
    """Of each node its `tokens` and `depths` [n]; whether another lies `before` it or is it, bool [n, n].

    `ends` [sequences] is the node with which each sequence ends.
    """

    def __init__(self, sequences: Sequence[Sequence[int]]) -> None:
        nodes: dict[tuple[int, int], int] = {}
        self.ends = []
        for sequence in sequences:
            node = -1
            for token in sequence:
                node = nodes.setdefault((node, token), len(nodes))
            self.ends.append(node)
        self.tokens = np.array([token for _, token in nodes], np.int64)
        self.depths = np.zeros(len(nodes), np.int64)
        self.before = np.eye(len(nodes), dtype=bool)
        for (parent, _), node in nodes.items():
            if parent >= 0:
                self.depths[node] = self.depths[parent] + 1
                self.before[node] |= self.before[parent]
