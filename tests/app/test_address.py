"""The search page's address."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gaze_search_app.address import PAGE_SIZE, Address
from gaze_search_app.search.model import Mode

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
names = st.lists(words, max_size=4, unique=True).map(tuple)
addresses = st.builds(
    Address,
    query=words.map(str.strip),
    mode=st.sampled_from(Mode),
    labels=names,
    libraries=names,
    page=st.integers(1, 999_999),
    weak=st.booleans(),
)


@given(addresses)
def test_an_address_reads_back_as_it_was_written(address: Address) -> None:
    assert Address.parse(address.params()) == address


def test_defaults_leave_the_address_clean() -> None:
    assert Address().params() == {}
    assert Address(query="dog").params() == {"q": ["dog"]}


@given(st.dictionaries(st.sampled_from(["q", "mode", "label", "library", "page", "weak"]), names))
def test_nonsense_is_read_as_something_searchable(params: dict[str, tuple[str, ...]]) -> None:
    address = Address.parse(params)
    assert address.page >= 1
    assert address.request().offset == (address.page - 1) * PAGE_SIZE


def test_pages_follow_each_other_without_gap_or_overlap() -> None:
    first, second = Address("dog", page=1).request(), Address("dog", page=2).request()
    assert second.offset == first.offset + first.limit
