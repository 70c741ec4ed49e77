"""What the page offers to filter by."""

from __future__ import annotations

from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.browse import (
    Examples,
    LabelCount,
    LibraryCount,
    examples,
    labels,
    libraries,
)
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import SearchRequest
from tests.support.synthetic import Film, Line, SyntheticRoot


def test_labels_and_libraries_with_their_counts(root: SyntheticRoot) -> None:
    root.add(Film("a" * 16, labels={0: ["dog", "dog", "cup"], 1: ["dog"]}, frames=3))
    root.add(Film("b" * 16, labels={0: ["dog"]}, frames=2, library="other"))
    publish(root.workspace)
    snapshot = Snapshot.open(root.settings.paths)
    assert labels(snapshot) == [LabelCount("dog", 3, 2), LabelCount("cup", 1, 1)]
    assert libraries(snapshot) == [LibraryCount("films", 1, 6000), LibraryCount("other", 1, 4000)]


def test_examples_are_found_in_the_library_they_come_from(root: SyntheticRoot) -> None:
    lines = [Line(0, 2000, "Ein Spaziergang durch Hamburg, danach Abendessen", "de")]
    root.add(Film("a" * 16, lines, labels={0: ["dining table"]}, frames=3, library="my films"))
    publish(root.workspace)
    snapshot = Snapshot.open(root.settings.paths)
    known = examples(snapshot)
    assert known.labels == ("dining table",)
    assert (known.library, known.language, known.folder) == ("my films", "de", "films")
    assert known.phrase in lines[0].text
    for query in (f'"{known.phrase}"', f"{known.word} lang:{known.language}", known.other):
        assert Engine(root.settings).search(SearchRequest(query=query)).total == 1


def test_an_empty_library_still_has_examples(root: SyntheticRoot) -> None:
    publish(root.workspace)
    assert examples(Snapshot.open(root.settings.paths)) == Examples()
