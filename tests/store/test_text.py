"""Tokens: what people type finds what was said, in any script and spelling."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.store.folding import fold
from gaze_pipeline.store.text import STEMMERS, elements, index_tokens, query_words, spans

LANGUAGES = st.sampled_from([*STEMMERS, "zh", "ja", "th", "xx", ""])


def found(query: str, text: str, language: str) -> bool:
    """Whether every word of the query is met by the text."""
    held = set(index_tokens(text, language).split())
    words = query_words(query, {language})
    return bool(words) and all(not word.isdisjoint(held) for word in words)


@pytest.mark.parametrize(
    ("query", "text", "language"),
    [
        ("cafe", "Ein Café in Wien", "de"),
        ("CAFÉ", "the cafe", "en"),
        ("strasse", "Die Straße", "de"),
        ("Straße", "STRASSE", "de"),
        ("running", "he runs", "en"),
        ("run", "They were running.", "en"),
        ("haus", "die Häuser", "de"),
        ("covid-19", "about covid-19.", "en"),
        ("covid19", "about COVID-19.", "en"),
        ("covid-19", "about covid19", "en"),
        ("3d", "a 3D film", "en"),
        ("1000", "1,000 people", "en"),
        ("dont", "I don't know", "en"),
        ("don’t", "I don't know", "en"),
        ("homme", "l'homme", "fr"),
        ("usa", "in the U.S.A.", "en"),
        ("中国", "我们去中国吃饭", "zh"),
        ("中", "我们去中国吃饭", "zh"),
        ("吃饭", "我们去中国吃饭", "zh"),
        ("カメラ", "新しいｶﾒﾗです", "ja"),
        ("กำลัง", "เขากำลังไป", "th"),
        ("중국", "중국에서 왔다", "ko"),
        ("ёлка", "наша елка", "ru"),
        ("книга", "две книги", "ru"),
        ("नमस्ते", "नमस्ते दुनिया", "hi"),
        ("مدرسة", "مَدْرَسَة", "ar"),
        ("ISTANBUL", "İstanbul", "tr"),
        ("3D映画", "新しい3D映画だ", "ja"),
    ],
)
def test_what_is_typed_finds_what_was_said(query: str, text: str, language: str) -> None:
    assert found(query, text, language)


SENTENCES = {
    "Russian": (
        "ru",
        "Мы ещё не видели ёлку, а поезд пришёл в 10:30 со всеми книгами.",
        ["еще", "Ёлка", "елки", "ПОЕЗДА", "книга", "10", "мы видели поезд"],
        ["поездка", "мыла"],
    ),
    "Ukrainian": (
        "uk",
        "Моє ім’я Ганна, і п'ять хлопців їдуть до Києва.",
        ["імʼя", "ім'я", "пять", "п’ять", "їдуть", "києва"],
        ["кіт"],
    ),
    "Bulgarian": ("bg", "Това е най-големият град.", ["най-големият", "големият", "ГРАД"], ["гад"]),
    "Serbian": ("sr", "Читам занимљиву књигу.", ["књига", "knjiga", "занимљива"], ["књаз"]),
    "Greek": (
        "el",
        "Οι άνθρωποι στην Ελλάδα πίνουν καφέ όλη μέρα.",
        ["ανθρωπος", "ΑΝΘΡΏΠΟΥΣ", "ελλάδα", "ΚΑΦΕ", "ολη μερα", "όλης"],
        ["καφετιά"],
    ),
    "Arabic": (
        "ar",
        "ذهب الأولاد إلى المدرسة والكتاب في أيديهم سنة ٢٠٢٤.",
        ["اولاد", "الى", "مدرسة", "مدرسه", "كتاب", "الكتاب", "2024", "٢٠٢٤", "مَدْرَسَة"],
        ["مكتب"],
    ),
    "Persian": (
        "fa",
        "من این کتاب‌ها را می‌خواهم.",
        ["كتاب", "کتابها", "کتاب‌ها", "میخواهم", "می خواهم"],
        ["کتک"],
    ),
    "Urdu": ("ur", "یہ میری کتاب ہے۔", ["کتاب", "كتاب", "میری", "ہے"], ["کتا"]),
    "Hebrew": (
        "he",
        'הילדים הלכו לבית הספר עם החברים, וצה"ל חזר מהשדה.',
        ["ילדים", "לבית", "ספר", "חברים", "שדה", 'צה"ל', "צה״ל", "הַיְלָדִים"],
        ["הר", "ילד"],
    ),
    "Hindi": (
        "hi",
        "लड़के फ़िल्म देखने के लिए दिल्ली गए, साल २०२३ में।",
        ["लड़का", "फिल्म", "फ़िल्म", "दिल्ली", "2023", "२०२३"],
        ["देश"],
    ),
    "Marathi": ("mr", "मी मराठी बोलतो आणि पुणे शहरात राहतो.", ["मराठी", "पुणे", "शहरात"], ["मरा"]),
    "Bengali": ("bn", "আমি বাংলায় গান গাই, চাঁদ উঠেছে।", ["বাংলায়", "গান", "চাঁদ", "চাংদ"], ["গা"]),
    "Tamil": ("ta", "நான் தமிழ் புத்தகங்கள் படிக்கிறேன்.", ["தமிழ்", "புத்தகம்", "புத்தகங்கள்"], ["பு"]),
    "Korean": (
        "ko",
        "저는 어제 친구들과 서울에서 3D 영화를 봤어요.",
        ["서울", "서울에서", "친구", "영화", "3d", "3D 영화", "서울"],
        ["울서", "부산"],
    ),
    "Thai": (
        "th",
        "เมื่อวานฉันไปกินข้าวที่กรุงเทพฯ ปี ๒๕๖๗ กับเพื่อน",
        ["กินข้าว", "ข้าว", "กรุงเทพ", "เพื่อน", "2567", "๒๕๖๗"],
        ["เชียงใหม่", "ทะเล"],
    ),
    "Lao": ("lo", "ຂ້ອຍໄປກິນເຂົ້າ", ["ກິນເຂົ້າ", "ເຂົ້າ"], ["ນ້ຳ"]),
    "Khmer": ("km", "ខ្ញុំទៅផ្សារ", ["ផ្សារ"], ["ភ្នំ"]),
    "Burmese": ("my", "ကျွန်တော် ထမင်းစားတယ်", ["ထမင်း", "ထမင်းစား"], ["ရေချိုး"]),
    "Chinese, simplified": (
        "zh",
        "我们昨天在北京看了一部3D电影，后面的发展很好。",
        ["电影", "電影", "北京", "後面", "3d电影", "發展", "看"],
        ["京北", "上海"],
    ),
    "Chinese, traditional": (
        "zh",
        "我們昨天在臺北學習漢語，體驗2024年的電影。",
        ["学习", "汉语", "我们", "体验", "電影", "台北", "2024", "2024年"],
        ["北臺", "海"],
    ),
    "Japanese": (
        "ja",
        "昨日、新しいカメラで猫の写真を撮りました。ラーメンを食べた。",
        ["カメラ", "ｶﾒﾗ", "かめら", "新しい", "写真", "らーめん", "猫"],
        ["犬", "メカラ"],
    ),
    "German": (
        "de",
        "Herr Müller fuhr mit den Häusern durch die Straßen nach Köln, groß wie nie.",
        ["mueller", "MULLER", "Müller", "haus", "strasse", "STRAẞE", "koeln", "gross"],
        ["stras", "ros"],
    ),
    "French": (
        "fr",
        "L'été dernier, nous avons mangé des œufs à l’hôtel près du château.",
        ["ete", "ÉTÉ", "oeuf", "œufs", "hotel", "chateaux"],
        ["lait"],
    ),
    "Spanish": (
        "es",
        "El niño pequeño corría mañana.",
        ["nino", "niños", "correr", "manana"],
        ["mano"],
    ),
    "Catalan": ("ca", "El col·legi és tancat.", ["collegi", "col·legi", "COL·LEGI"], ["llei"]),
    "Portuguese": ("pt", "As ações de coração são boas.", ["acoes", "coração", "coracao"], ["cor"]),
    "Polish": (
        "pl",
        "Łódź ma piękne książki i żółte łąki.",
        ["lodz", "ksiazki", "książka", "zolte"],
        ["laka1"],
    ),
    "Czech": ("cs", "Příliš žluťoučký kůň četl knihy.", ["prilis", "kun", "kniha"], ["kos"]),
    "Turkish": (
        "tr",
        "Işıklar İstanbul'da evlerimizi aydınlattı.",
        ["isiklar", "ISTANBUL", "istanbul", "ev"],
        ["is"],
    ),
    "Danish": (
        "da",
        "Smørrebrød på Østerbro, Århus og Ærø.",
        ["smorrebrod", "smoerrebroed", "aarhus", "arhus", "aero"],
        ["ost"],
    ),
    "Vietnamese": (
        "vi",
        "Tôi đang ăn phở ở Đà Nẵng.",
        ["toi", "đang", "dang an pho", "da nang"],
        ["banh"],
    ),
    "English": (
        "en",
        "In 3D, the covid-19 vaccine didn't cost €1,000 at the café in the U.S.A.",
        ["3d", "3-D", "COVID 19", "covid19", "vaccines", "didnt", "1000", "cafe", "usa", "U.S."],
        ["covid-20", "vac"],
    ),
    "Armenian": ("hy", "Ես և դու գնացինք Երևան։", ["եւ", "Երևան", "երեւան"], ["տուն"]),
    "Georgian": ("ka", "თბილისი ლამაზი ქალაქია.", ["თბილისი", "ლამაზი"], ["ზღვა"]),
    "Amharic": ("am", "ሰላም ኢትዮጵያ እንዴት ነህ።", ["ሰላም", "ኢትዮጵያ"], ["ውሃ"]),
}
"""Real sentences: the language, what is said, queries that find it, queries that don't."""


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        pytest.param(language, text, query, id=f"{name}-{query}")
        for name, (language, text, queries, _) in SENTENCES.items()
        for query in queries
    ],
)
def test_a_sentence_is_found_in_its_script(language: str, text: str, query: str) -> None:
    assert found(query, text, language)


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        pytest.param(language, text, query, id=f"{name}-{query}")
        for name, (language, text, _, queries) in SENTENCES.items()
        for query in queries
    ],
)
def test_a_sentence_is_not_found_by_other_words(language: str, text: str, query: str) -> None:
    assert not found(query, text, language)


@pytest.mark.parametrize("name", SENTENCES)
def test_each_word_of_a_sentence_finds_it_among_all_languages(name: str) -> None:
    language, text, *_ = SENTENCES[name]
    held = set(index_tokens(text, language).split())
    for word in query_words(text, {language for language, *_ in SENTENCES.values()}):
        assert not word.isdisjoint(held)


def test_signs_that_are_no_letters_keep_words_apart() -> None:
    assert [element.spellings for element in elements("Ja, nein: 中国!")] == [
        {"ja"},
        {"nein"},
        {"中"},
        {"国"},
    ]


def test_a_chunk_is_known_by_its_pieces_and_as_a_whole() -> None:
    first, second, other = elements("covid-19 café")
    assert (first.whole, first.left, second.whole, second.left) == ("covid19", 2, "", 1)
    assert (other.whole, other.left, other.spellings) == ("", 1, {"cafe"})


@pytest.mark.parametrize(
    ("query", "text", "language"),
    [
        ("cat", "concatenate", "en"),
        ("new", "the news", "xx"),
        ("国中", "我们去中国", "zh"),
        ("covid-19", "covid-20", "en"),
    ],
)
def test_what_was_not_said_is_not_found(query: str, text: str, language: str) -> None:
    assert not found(query, text, language)


def test_a_stem_meets_only_words_of_its_own_language() -> None:
    assert not query_words("die", {"en"})[0] & set(index_tokens("died", "de").split())


def test_signs_alone_are_no_words() -> None:
    assert query_words("?! -- 🎉 _", {"en"}) == []
    assert index_tokens("?! -- 🎉 _", "en") == ""


@given(st.text(max_size=60), LANGUAGES)
def test_a_text_is_found_by_itself(text: str, language: str) -> None:
    held = set(index_tokens(text, language).split())
    for word in query_words(text, {language}):
        assert not word.isdisjoint(held)


@given(st.text(max_size=60), LANGUAGES)
def test_tokens_are_whole_words(text: str, language: str) -> None:
    for token in index_tokens(text, language).split(" "):
        assert token == "".join(token.split())
    for word in query_words(text, {language}):
        assert word
        assert all(token and token == "".join(token.split()) for token in word)


@given(st.text(max_size=60), LANGUAGES)
def test_spans_lie_in_the_text_in_order_and_carry_its_tokens(text: str, language: str) -> None:
    held = set(index_tokens(text, language).split())
    carried: set[str] = set()
    for span in spans(text, language):
        assert 0 <= span.start < span.end <= len(text)
        carried |= span.tokens
    assert carried == held


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(word: str) -> None:
    assert fold(fold(word)) == fold(word)


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll"]), max_size=20))
def test_case_does_not_matter(word: str) -> None:
    assert fold(word.lower()) == fold(word.upper().lower())


def test_threads_stem_alike() -> None:
    words = [f"{stem}ning" for stem in ("run", "win", "span", "grin", "plan", "spin")] * 200
    alone = [index_tokens(word, "en") for word in words]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda word: index_tokens(word, "en"), words)) == alone
