"""What the page offers to filter by."""

from __future__ import annotations

from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.browse import LabelCount, LibraryCount, labels, libraries
from tests.support.synthetic import Film, SyntheticRoot


def test_labels_and_libraries_with_their_counts(root: SyntheticRoot) -> None:
    root.add(Film("a" * 16, labels={0: ["dog", "dog", "cup"], 1: ["dog"]}, frames=3))
    root.add(Film("b" * 16, labels={0: ["dog"]}, frames=2, library="other"))
    publish(root.workspace)
    snapshot = Snapshot.open(root.settings.paths)
    assert labels(snapshot) == [LabelCount("dog", 3, 2), LabelCount("cup", 1, 1)]
    assert libraries(snapshot) == [LibraryCount("films", 1, 6000), LibraryCount("other", 1, 4000)]
