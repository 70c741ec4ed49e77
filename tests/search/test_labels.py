"""Which labels a query names."""

from __future__ import annotations

import pytest

from gaze_search_app.search.labels import named_labels, only_label

COCO = [
    "person",
    "dog",
    "bus",
    "knife",
    "mouse",
    "hot dog",
    "dining table",
    "traffic light",
    "sheep",
]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a dog", {"dog"}),
        ("Dogs on the street", {"dog"}),
        ("two people", {"person"}),
        ("buses and knives", {"bus", "knife"}),
        ("mice", {"mouse"}),
        ("hot dogs", {"hot dog", "dog"}),
        ("dinner on a dining table", {"dining table"}),
        ("tables", set()),
        ("light traffic", set()),
        ("TRAFFIC LIGHTS", {"traffic light"}),
        ("dogma", set()),
        ("sheep", {"sheep"}),
        ("", set()),
    ],
)
def test_labels_named_in_singular_or_plural(text: str, named: set[str]) -> None:
    assert named_labels(text, COCO) == named


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("dog", "dog"),
        ("Dogs", "dog"),
        ("a dog", "dog"),
        ("the traffic lights", "traffic light"),
        ("people", "person"),
        ("a running dog", None),
        ("a", None),
        ("", None),
    ],
)
def test_a_text_that_only_names_a_label_is_told_from_one_that_says_more(
    text: str, label: str | None
) -> None:
    assert only_label(text, COCO) == label
