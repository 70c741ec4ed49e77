"""Every page, run as Streamlit runs it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup

import gaze_search_app
from gaze_pipeline.duplicates.families import Pair
from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.store.catalog.unstable import UnstableFile
from gaze_pipeline.store.snapshot import publish
from gaze_search_app.app_pages import search, search_labels
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import QUERY_MAX
from tests.support.synthetic import Film, Line, SyntheticRoot

APP = Path(gaze_search_app.__file__).with_name("app.py")
ONE_PAGE = """
from gaze_search_app.app_pages import {page}
from gaze_search_app.app_pages.frame import frame
with frame():
    {page}.page()
"""


class Visit:
    """A visitor of the app."""

    def __init__(self, page: str = "", /, **params: str | list[str]) -> None:
        if page:
            self.at = AppTest.from_string(ONE_PAGE.format(page=page), default_timeout=60)
        else:
            self.at = AppTest.from_file(str(APP), default_timeout=60)
        self.at.query_params.update(params)
        self.run()

    def run(self) -> Visit:
        self.at.run()
        assert not self.at.exception
        return self

    @property
    def text(self) -> str:
        """All HTML of the page."""
        return "\n".join(part.proto.body for part in self.at.get("html"))

    @property
    def moments(self) -> list[dict[str, Any]]:
        """What the results component was given."""
        return self.component("gaze.moments").get("moments", [])

    def component(self, name: str) -> dict[str, Any]:
        for part in self.at.get("bidi_component"):
            if part.proto.component_name == name:
                return dict(json.loads(part.proto.json))
        return {}

    @property
    def labels(self) -> ButtonGroup[Any]:
        """The labels to narrow by."""
        return self.at.button_group(key="labels")

    def search(self, words: str) -> Visit:
        self.at.text_input(key="query").set_value(words)
        return self.run()


@pytest.fixture
def nothing_indexed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAZE_DATA", str(tmp_path / "data"))


@pytest.mark.usefixtures("nothing_indexed")
@pytest.mark.parametrize("page", ["", "library"])
def test_an_empty_data_root_teaches_the_first_step(page: str) -> None:
    assert "gaze library add FOLDER" in Visit(page).text


def test_libraries_without_videos_and_without_an_index_say_how_far_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAZE_DATA", str(tmp_path / "data"))
    root = SyntheticRoot(tmp_path / "data")
    root.root.mkdir(exist_ok=True)
    folder = f'[[libraries]]\nname = "trips"\npath = "{tmp_path}"\n'
    (root.root / "gaze.toml").write_text(folder, encoding="utf-8")
    assert "No video found yet" in Visit().text
    root.add(Film("a" * 16, [Line(0, 2000, "hello")], library="trips"))
    visit = Visit()
    assert "Your videos are being indexed" in visit.text
    assert "1 video, " in visit.text
    publish(root.workspace)
    assert "1 video to search" in visit.run().text


@pytest.mark.usefixtures("root")
def test_the_first_page_invites_with_labels_of_the_library() -> None:
    visit = Visit()
    assert "Gaze" in visit.text
    assert "/?q=dog" in visit.text
    assert visit.component("gaze.keys") == {"focus": True}
    found = Visit(like=f"{'a' * 16}@0")
    assert found.component("gaze.keys") == {"focus": False}, "keys choose among what was found"


def test_the_first_page_invites_with_what_was_said_where_nothing_has_a_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAZE_DATA", str(tmp_path / "data"))
    root = SyntheticRoot(tmp_path / "data")
    root.add(Film("a" * 16, [Line(0, 2000, "the satellite reached its orbit")]))
    publish(root.workspace)
    assert 'href="/?q=satellite"' in Visit().text


@pytest.mark.usefixtures("root")
def test_a_search_shows_moments_with_the_words_marked(film: str) -> None:
    visit = Visit().search("spaceship landed")
    (moment,) = visit.moments
    assert moment["fingerprint"] == film
    assert moment["start_ms"] == 8000
    assert moment["title"] == "Müller's film.mp4"
    marked = [moment["snippet"][start:end] for start, end in moment["marks"]]
    assert marked == ["spaceship", "landed"]
    assert visit.at.query_params == {"q": "spaceship landed"}


@pytest.mark.usefixtures("root")
def test_an_answer_says_what_it_covers() -> None:
    told = "\n".join(Visit(q="country").component("gaze.moments")["summary"])
    assert told.startswith("2 moments")
    assert "Speech searched in all of 3 videos" in told
    assert "Pictures not searched" in told
    nothing = Visit(q="xylophone").text
    assert "Pictures not searched" in nothing
    assert "Part of what you ask was not searched" in nothing


@pytest.mark.usefixtures("root")
def test_a_link_restores_the_whole_search(film: str) -> None:
    visit = Visit(q="country", mode="transcript", label="dog")
    assert visit.at.text_input(key="query").value == "country"
    assert visit.at.session_state["mode"] == "transcript"
    assert {moment["fingerprint"] for moment in visit.moments} == {film}
    assert visit.moments[0]["labels"][0] == {"name": "dog", "asked": True}


@pytest.mark.usefixtures("root")
def test_going_back_restores_the_search_before() -> None:
    visit = Visit(q="spaceship").search("quiet")
    visit.at.query_params.clear()
    visit.at.query_params["q"] = "spaceship"  # what the back button does
    visit.run()
    assert visit.at.text_input(key="query").value == "spaceship"
    assert [moment["start_ms"] for moment in visit.moments] == [8000]


@pytest.mark.usefixtures("root")
def test_words_that_nobody_says_find_nothing_and_say_so() -> None:
    visit = Visit(q="xylophone")
    assert visit.moments == []
    assert "Nothing found" in visit.text


@pytest.mark.usefixtures("root")
def test_where_nothing_is_found_a_wider_search_is_one_click_away() -> None:
    text = Visit(q='"xylophone solo"', label="dog", mode="transcript").text
    assert '/?q=%22xylophone+solo%22&amp;mode=transcript"' in text, "without the label"
    assert '/?q=%22xylophone+solo%22&amp;label=dog"' in text, "in all channels"
    assert '/?q=xylophone+solo&amp;mode=transcript&amp;label=dog"' in text, "unquoted"


@pytest.mark.usefixtures("root")
def test_a_search_that_found_something_is_handed_to_the_browser_to_keep() -> None:
    made = Visit(q="country", label="dog", page="2").component("gaze.recent")["made"]
    assert made == {"query": "country", "filters": "dog", "address": "q=country&label=dog"}
    assert Visit(q="xylophone").component("gaze.recent") == {}
    assert Visit().component("gaze.recent") == {"made": None}


@pytest.mark.usefixtures("root")
def test_labels_are_counted_in_videos_of_the_chosen_libraries(root: SyntheticRoot) -> None:
    visit = Visit()
    assert visit.labels.label == search_labels.IN_VIDEOS
    assert visit.labels.options == ["dog :small[1]", "person :small[1]", "car :small[1]"]
    assert not [group for group in Visit(library="silent").at.button_group if group.key == "labels"]


@pytest.mark.usefixtures("root")
def test_a_label_chosen_without_words_is_looked_for() -> None:
    visit = Visit()
    visit.labels.set_value(["dog"])
    assert {moment["start_ms"] for moment in visit.run().moments} == {0}
    assert visit.at.text_input(key="query").value == "label:dog"
    assert visit.at.query_params == {"q": "label:dog"}


@pytest.mark.usefixtures("root")
def test_labels_are_counted_in_the_moments_of_the_answer_and_narrow_it(film: str) -> None:
    visit = Visit(q="country", mode="transcript")
    assert visit.labels.label == search_labels.IN_MOMENTS
    assert sorted(visit.labels.options) == [
        f"{name} :small[1]" for name in ("car", "dog", "person")
    ]
    visit.labels.set_value(["dog"])
    assert {moment["fingerprint"] for moment in visit.run().moments} == {film}
    assert visit.labels.options == ["dog :small[1]", "person :small[1]"]
    visit.labels.set_value(["dog", "person"])
    assert visit.run().at.query_params["label"] == ["dog", "person"]
    visit.labels.set_value(["person"])
    assert visit.run().at.query_params["label"] == "person"
    assert visit.search("spaceship").labels.options == ["person :small[0]"]


def test_labels_of_other_pages_count_too_and_a_picture_marks_their_moments(
    root: SyntheticRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(25):
        lines = [Line(0, 2000, "an echo in the valley"), Line(60_000, 62_000, "an echo again")]
        root.add(Film(f"{number:016x}", lines, labels={0: ["cat"]}, frames=31))
    publish(root.workspace)
    visit = Visit(q="echo", mode="transcript")
    assert visit.labels.options == ["cat :small[25]"]
    assert visit.component("gaze.moments")["hits"] is None, "the player asks by the address"
    searched = Engine.search  # by the words alone: no image model is installed
    bare = {"picture": None}
    monkeypatch.setattr(
        Engine, "search", lambda self, asked: searched(self, asked.model_copy(update=bare))
    )
    visit.at.session_state["picture"] = b"a picture"
    visit.at.session_state["preview"] = None
    shown = visit.run().component("gaze.moments")
    assert (len(shown["moments"]), len(shown["hits"])) == (20, 50), "no address holds a picture"
    monkeypatch.setattr(search, "MOST", 40)
    (label,) = visit.run().labels.options
    assert label.endswith("+]"), "there are more than were looked through"


@pytest.mark.usefixtures("root")
def test_the_page_says_how_a_query_was_read() -> None:
    assert "Read as" not in Visit(q="spaceship landed").text
    text = Visit(q='label:dgo "spaceship landed').text
    assert "Read as: label:dgo spaceship landed" in text
    assert "never closed" in text
    assert "close to it: dog" in text


@pytest.mark.usefixtures("root")
def test_a_query_longer_than_any_is_cut_and_the_page_says_so() -> None:
    visit = Visit().search("spaceship " * 1000)
    assert f"Only the first {QUERY_MAX:,} letters are searched" in visit.text
    assert visit.moments[0]["start_ms"] == 8000
    assert "letters are searched" not in visit.search("spaceship").text


@pytest.mark.usefixtures("root")
def test_parts_of_a_chain_are_named_with_their_times() -> None:
    visit = Visit(q="label:dog then say:spaceship")
    (moment,) = visit.moments
    assert (moment["start_ms"], moment["end_ms"]) == (0, 9500)
    assert moment["parts"] == [
        {"name": "label:dog", "when": "0:00"},
        {"name": "say:spaceship", "when": "0:08"},
    ]


@pytest.mark.usefixtures("root")
def test_help_lists_the_operators_with_what_is_in_the_library() -> None:
    text = Visit().text
    for part in ("label:dog", "library:films", "lang:en", "/?q=label%3Adog", " OR ", "within 1m"):
        assert part in text


def test_pages_of_results_do_not_overlap(root: SyntheticRoot) -> None:
    for number in range(45):
        root.add(Film(f"{number:016x}", [Line(0, 2000, "an echo in the valley")]))
    publish(root.workspace)
    seen = [Visit(q="echo", page=str(page)).moments for page in (1, 2, 3)]
    fingerprints = [moment["fingerprint"] for page in seen for moment in page]
    assert [len(page) for page in seen] == [20, 20, 5]
    assert len(set(fingerprints)) == 45
    beyond = Visit(q="echo", page="9")
    assert len(beyond.moments) == 5
    assert beyond.at.query_params["page"] == "3"


def test_a_new_snapshot_is_searched_without_a_restart(root: SyntheticRoot) -> None:
    visit = Visit(q="zeppelin")
    assert visit.moments == []
    root.add(Film("e" * 16, [Line(0, 2000, "a zeppelin over the lake")]))
    publish(root.workspace)
    assert [moment["fingerprint"] for moment in visit.run().moments] == ["e" * 16]


def test_the_library_lists_what_failed_with_its_remedy(root: SyntheticRoot) -> None:
    catalog = root.workspace.catalog
    catalog.files.record(
        [FileRow(Path("/films/<b>notes.mp4"), "films", 3, 1, None, ErrorCode.NOT_A_VIDEO, "text")]
    )
    catalog.stages.settle(
        "a" * 16, Stage.EMBEDDINGS, Status.WAITING, ErrorCode.MODEL_MISSING, "clip-1"
    )
    text = Visit("library").text
    assert "&lt;b&gt;notes.mp4" in text
    assert ErrorCode.NOT_A_VIDEO.remedy.split(",")[0] in text
    assert "Müller&#x27;s film.mp4" in text
    assert text.count("MODEL_MISSING") == 1


def test_the_library_names_the_model_that_is_waited_for_and_its_command(
    root: SyntheticRoot,
) -> None:
    for key in ("a" * 16, "b" * 16):
        root.workspace.catalog.stages.settle(
            key, Stage.EMBEDDINGS, Status.WAITING, ErrorCode.MODEL_MISSING, "clip-1"
        )
    text = Visit("library").text
    assert text.count("gaze models pull clip-1") == 1
    assert "Waiting for it: embeddings." in text


def test_the_library_offers_to_cancel_and_to_retry(root: SyntheticRoot) -> None:
    stages = root.workspace.catalog.stages
    stages.reset("a" * 16, Stage.EMBEDDINGS)
    stages.start("b" * 16, Stage.EMBEDDINGS)
    stages.settle("b" * 16, Stage.EMBEDDINGS, Status.FAILED, ErrorCode.INTERNAL)
    text = Visit("library").text
    assert f'data-gz-request="cancel" data-gz-key="{"a" * 16}"' in text
    assert f'data-gz-request="retry" data-gz-key="{"b" * 16}"' in text
    assert 'data-gz-request="cancel" data-gz-key=""' in text, "more than one can be cancelled"
    assert 'data-gz-request="retry" data-gz-key=""' not in text


def test_the_library_follows_the_work_and_filters_by_state(root: SyntheticRoot) -> None:
    visit = Visit("library")
    root.workspace.catalog.stages.start("b" * 16, Stage.TRANSCRIPT)
    root.workspace.catalog.stages.progress("b" * 16, Stage.TRANSCRIPT, 0.42)
    text = visit.run().text
    assert "Transcribing" in text
    assert "transcript: running 42%" in text
    visit.at.button_group(key="state").set_value("working")
    assert f"{'b' * 16}.mp4" in visit.run().text


@pytest.mark.usefixtures("root")
def test_a_video_is_found_in_the_library_by_its_name() -> None:
    visit = Visit("library")
    visit.at.text_input(key="find").set_value("MÜLLER")
    text = visit.run().text
    assert "Müller&#x27;s film.mp4" in text
    assert f"{'b' * 16}.mp4" not in text
    visit.at.text_input(key="find").set_value("zeppelin")
    assert "None of them" in visit.run().text


def test_copies_are_folded_away_below_the_library_once_they_are_published(
    root: SyntheticRoot, tmp_path: Path
) -> None:
    film, part = "c" * 16, "d" * 16
    lines = [Line(0, 60_000, "an hour at the lake")]
    root.add(Film(film, lines, path=tmp_path / "<i>lake.mp4"))
    root.add(Film(part, lines[:0], frames=10, path=tmp_path / "lake, the end.mp4"))
    publish(root.workspace)
    assert '<details class="gz-copies"' not in Visit("library").text
    pair = Pair(film, part, 40_000, 2000, 20_000)
    root.workspace.catalog.copies.record({film: "frames", part: "frames"}, [pair])
    publish(root.workspace)
    (fold,) = re.findall('<details class="gz-copies">.*?</details>', Visit("library").text)
    assert "<summary>1 copy of 1 video" in fold
    assert "Gaze never deletes a file" in fold
    best = f'<b><a href="/video?v={film}&t=0" target="_self">&lt;i&gt;lake.mp4</a></b>'
    copy = f'<a href="/video?v={part}&t=2000" target="_self">lake, the end.mp4</a>'
    assert f"{best}<ul><li>{copy}, 18 s of it (30% of the best)</li></ul>" in fold


@pytest.mark.usefixtures("root")
def test_an_offline_library_and_a_copy_under_way_are_told(
    root: SyntheticRoot, tmp_path: Path
) -> None:
    folder = tmp_path / "unplugged"
    with (root.workspace.paths.settings).open("a") as file:
        file.write(f'\n[[libraries]]\nname = "trips"\npath = "{folder}"\n')
    catalog = root.workspace.catalog
    catalog.libraries.scanned("trips", folder, "the folder is missing", at=time.time())
    catalog.unstable.replace([], [UnstableFile(Path("/films/half.mp4"), "films", 3, 1, since=1.0)])
    text = Visit("library").text
    assert ErrorCode.LIBRARY_OFFLINE.name in text
    assert "trips: the folder is missing" in text
    assert ErrorCode.FILE_UNSTABLE.sentence in text
    assert "the folder is missing" in Visit("health").text


@pytest.mark.usefixtures("root")
def test_health_names_each_missing_model_and_its_command() -> None:
    text = Visit("health").text
    for model in ("whisper-base", "openclip-vit-b-32", "ssdlite320-mobilenet-v3"):
        assert f"gaze models pull {model}" in text
    assert "Snapshot" in text


@pytest.mark.usefixtures("root")
def test_settings_show_values_and_where_to_change_them() -> None:
    text = Visit("settings").text
    assert "every_ms" in text
    assert "gaze.toml" in text


@pytest.mark.usefixtures("root")
def test_a_video_opens_at_the_place_of_its_link(film: str) -> None:
    shown = Visit("video", v=film, t="4000").component("gaze.video")
    assert (shown["moment"]["fingerprint"], shown["moment"]["start_ms"]) == (film, 4000)
    assert [frame["ms"] for frame in shown["frames"]] == [0, 2000, 4000, 6000, 8000]
    assert (shown["search"], shown["sought"]) == ("", False)
    found = Visit("video", v=film, t="4000", q="country", label="dog").component("gaze.video")
    assert (found["search"], found["sought"]) == ("q=country&label=dog", True)


@pytest.mark.usefixtures("root")
def test_an_unknown_video_is_told_by_code_and_remedy() -> None:
    text = Visit("video", v="0" * 16).text
    assert "VIDEO_UNKNOWN" in text
    assert "gaze status" in text


def test_wrong_settings_are_told_instead_of_a_traceback(root: SyntheticRoot) -> None:
    (root.root / "gaze.toml").write_text("[frames]\nevery_ms = 1\n", encoding="utf-8")
    text = Visit().text
    assert "SETTINGS_INVALID" in text
    assert "frames.every_ms" in text
