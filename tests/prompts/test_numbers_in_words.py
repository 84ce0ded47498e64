"""Numbers, times and digits against expectations written by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from babel import Locale

from appliance.domain.prompts import Kind
from appliance.prompts import grammar, numerals, phrases
from appliance.prompts.numbers import as_said

ONES = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    "cs": "nula jedna dva tři čtyři pět šest sedm osm devět deset jedenáct dvanáct třináct čtrnáct patnáct šestnáct "
    "sedmnáct osmnáct devatenáct",
    "fi": "nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän kymmenen yksitoista kaksitoista "
    "kolmetoista neljätoista viisitoista kuusitoista seitsemäntoista kahdeksantoista yhdeksäntoista",
    "ru": "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать "
    "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать",
    "uk": "нуль один два три чотири п'ять шість сім вісім дев'ять десять одинадцять дванадцять тринадцять "
    "чотирнадцять п'ятнадцять шістнадцять сімнадцять вісімнадцять дев'ятнадцять",
}
TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "cs": "dvacet třicet čtyřicet padesát šedesát sedmdesát osmdesát devadesát",
    "fi": "kaksikymmentä kolmekymmentä neljäkymmentä viisikymmentä kuusikymmentä seitsemänkymmentä kahdeksankymmentä "
    "yhdeksänkymmentä",
    "ru": "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
    "uk": "двадцять тридцять сорок п'ятдесят шістдесят сімдесят вісімдесят дев'яносто",
}
# between tens and ones; a hundred alone; a hundred before more
JOINTS = {
    "en": ("-", "one hundred", "one hundred and "),
    "cs": (" ", "sto", "sto "),
    "fi": ("", "sata", "sata"),
    "ru": (" ", "сто", "сто "),
    "uk": (" ", "сто", "сто "),
}


def expected(language: str, number: int) -> str:
    joint, hundred, more = JOINTS[language]
    if number >= 100:
        return more + expected(language, number - 100) if number > 100 else hundred
    if number < 20:
        return ONES[language].split()[number]
    tens = TENS[language].split()[number // 10 - 2]
    return tens + joint + ONES[language].split()[number % 10] if number % 10 else tens


@pytest.mark.parametrize("language", sorted(ONES))
def test_counting_to_a_hundred_and_twenty(language: str) -> None:
    for number in range(121):
        assert numerals.cardinal(language, number) == expected(language, number)


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("en", 1000, "one thousand"),
        ("en", 2021, "two thousand and twenty-one"),
        ("en", 1234, "one thousand, two hundred and thirty-four"),
        ("cs", 200, "dvě stě"),
        ("cs", 300, "tři sta"),
        ("cs", 500, "pět set"),
        ("cs", 900, "devět set"),
        ("cs", 1000, "tisíc"),
        ("cs", 2000, "dva tisíce"),
        ("cs", 5000, "pět tisíc"),
        ("cs", 1234, "tisíc dvě stě třicet čtyři"),
        ("fi", 200, "kaksisataa"),
        ("fi", 1000, "tuhat"),
        ("fi", 2000, "kaksituhatta"),
        ("ru", 200, "двести"),
        ("ru", 1000, "одна тысяча"),
        ("ru", 2000, "две тысячи"),
        ("ru", 5021, "пять тысяч двадцать один"),
        ("uk", 200, "двісті"),
        ("uk", 1000, "одна тисяча"),
        ("uk", 2000, "дві тисячі"),
        ("uk", 5021, "п'ять тисяч двадцять один"),
        ("de", 1021, "eintausendeinundzwanzig"),
        ("fr", 1080, "mille quatre-vingts"),
        ("es", 1116, "mil ciento dieciséis"),
        ("it", 1128, "millecentoventotto"),
    ],
)
def test_hundreds_and_thousands(language: str, number: int, words: str) -> None:
    assert numerals.cardinal(language, number) == words


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("en", 0, "zero minutes"),
        ("en", 1, "one minute"),
        ("en", 2, "two minutes"),
        ("en", 61, "one hour one minute"),
        ("en", 120, "two hours"),
        ("cs", 0, "nula minut"),
        ("cs", 1, "jedna minuta"),
        ("cs", 2, "dvě minuty"),
        ("cs", 4, "čtyři minuty"),
        ("cs", 5, "pět minut"),
        ("cs", 21, "dvacet jedna minut"),
        ("cs", 32, "třicet dva minut"),
        ("cs", 62, "jedna hodina dvě minuty"),
        ("cs", 300, "pět hodin"),
        ("fi", 1, "yksi minuutti"),
        ("fi", 2, "kaksi minuuttia"),
        ("fi", 21, "kaksikymmentäyksi minuuttia"),
        ("fi", 61, "yksi tunti yksi minuutti"),
        ("fi", 125, "kaksi tuntia viisi minuuttia"),
        ("ru", 1, "одна минута"),
        ("ru", 2, "две минуты"),
        ("ru", 5, "пять минут"),
        ("ru", 11, "одиннадцать минут"),
        ("ru", 12, "двенадцать минут"),
        ("ru", 21, "двадцать одна минута"),
        ("ru", 22, "двадцать две минуты"),
        ("ru", 61, "один час одна минута"),
        ("ru", 122, "два часа две минуты"),
        ("ru", 300, "пять часов"),
        ("uk", 1, "одна хвилина"),
        ("uk", 2, "дві хвилини"),
        ("uk", 5, "п'ять хвилин"),
        ("uk", 11, "одинадцять хвилин"),
        ("uk", 21, "двадцять одна хвилина"),
        ("uk", 22, "двадцять дві хвилини"),
        ("uk", 61, "одна година одна хвилина"),
        ("uk", 300, "п'ять годин"),
        ("de", 1, "eine Minute"),
        ("de", 61, "eine Stunde eine Minute"),
        ("de", 21, "einundzwanzig Minuten"),
        ("fr", 1, "une minute"),
        ("fr", 21, "vingt et une minutes"),
        ("fr", 80, "une heure vingt minutes"),
        ("es", 1, "un minuto"),
        ("es", 21, "veintiún minutos"),
        ("es", 31, "treinta y un minutos"),
        ("es", 61, "una hora un minuto"),
        ("it", 1, "un minuto"),
        ("it", 21, "ventuno minuti"),
        ("it", 62, "una ora due minuti"),
    ],
)
def test_minutes(language: str, number: int, words: str) -> None:
    assert grammar.minutes(language, number) == words


@pytest.mark.parametrize("language", phrases.languages())
def test_plural_forms_are_those_of_cldr(language: str) -> None:
    locale = Locale(language)
    for number in range(1000):
        of_cldr = locale.plural_form(number)
        assert numerals.plural(language, number) == ("other" if of_cldr == "many" else of_cldr), number


@pytest.mark.parametrize("language", phrases.languages())
def test_every_number_up_to_a_thousand_is_said_by_another_word(language: str) -> None:
    assert len({numerals.cardinal(language, number) for number in range(1001)}) == 1001


@pytest.mark.parametrize(
    ("language", "at", "words"),
    [
        ("en", datetime(2026, 3, 3, 14, 5, tzinfo=UTC), "March third, two oh five p m"),
        ("en", datetime(2026, 12, 31, 0, 0, tzinfo=UTC), "December thirty-first, twelve a m"),
        ("en", datetime(2026, 7, 21, 12, 30, tzinfo=UTC), "July twenty-first, twelve thirty p m"),
        ("cs", datetime(2026, 3, 3, 14, 5, tzinfo=UTC), "třetího března, čtrnáct hodin pět minut"),
        ("cs", datetime(2026, 9, 22, 2, 1, tzinfo=UTC), "dvacátého druhého září, dvě hodiny jedna minuta"),
        ("cs", datetime(2026, 1, 31, 0, 0, tzinfo=UTC), "třicátého prvního ledna, nula hodin"),
        ("fi", datetime(2026, 3, 3, 14, 5, tzinfo=UTC), "kolmas maaliskuuta, kello neljätoista nolla viisi"),
        (
            "fi",
            datetime(2026, 5, 21, 9, 30, tzinfo=UTC),
            "kahdeskymmenesensimmäinen toukokuuta, kello yhdeksän kolmekymmentä",
        ),
        ("ru", datetime(2026, 3, 3, 14, 5, tzinfo=UTC), "третьего марта, четырнадцать часов пять минут"),
        ("ru", datetime(2026, 8, 21, 1, 1, tzinfo=UTC), "двадцать первого августа, один час одна минута"),
        ("uk", datetime(2026, 3, 3, 14, 5, tzinfo=UTC), "третього березня, чотирнадцять годин п'ять хвилин"),
        ("uk", datetime(2026, 8, 21, 22, 0, tzinfo=UTC), "двадцять першого серпня, двадцять дві години"),
        ("de", datetime(2026, 3, 3, 1, 5, tzinfo=UTC), "dritter März, ein Uhr fünf"),
        ("fr", datetime(2026, 3, 1, 21, 5, tzinfo=UTC), "le premier mars, vingt et une heures cinq"),
        ("es", datetime(2026, 3, 1, 21, 1, tzinfo=UTC), "uno de marzo, veintiuna horas un minuto"),
        ("it", datetime(2026, 3, 1, 21, 5, tzinfo=UTC), "primo marzo, ore ventuno e cinque"),
    ],
)
def test_moments(language: str, at: datetime, words: str) -> None:
    assert grammar.moment(language, at) == words


@pytest.mark.parametrize(
    ("language", "digits", "words"),
    [
        ("en", "+420 777 012", "plus four two zero, seven seven seven, zero one two"),
        ("cs", "602 345 987", "šest nula dva, tři čtyři pět, devět osm sedm"),
        ("fi", "040 123", "nolla neljä nolla, yksi kaksi kolme"),
        ("ru", "*9#", "звёздочка девять решётка"),
        ("uk", "050", "нуль п'ять нуль"),
        ("en", "", ""),
        ("en", "anonymous", ""),
        ("en", "<speak>1</speak>", "one"),
    ],
)
def test_digits_one_by_one(language: str, digits: str, words: str) -> None:
    assert grammar.digits(language, digits) == words


def test_forty_digits_are_said_and_no_more() -> None:
    assert len(grammar.digits("en", "1" * 40).split()) == 40
    with pytest.raises(ValueError, match="more than 40"):
        grammar.digits("en", "1" * 41)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Kind.COUNT, -1), (Kind.COUNT, "1"), (Kind.COUNT, 10**6), (Kind.MINUTES, -1), (Kind.MOMENT, 3), (Kind.PHONE, 1)],
)
def test_what_cannot_be_said_is_refused(kind: Kind, value: int | str) -> None:
    with pytest.raises(ValueError, match="said"):
        grammar.in_words("en", kind, value)


def test_names_are_said_as_they_are_but_not_for_ever() -> None:
    assert grammar.in_words("cs", Kind.NAME, " Eva\n Nováková ") == "Eva Nováková"
    assert len(grammar.in_words("cs", Kind.NAME, "x" * 10_000)) == 200


@pytest.mark.parametrize(
    ("number", "region", "said"),
    [
        ("+420777000111", "CZ", "777 000 111"),
        ("+420777000111", "FI", "+420 777 000 111"),
        ("+358401234567", "FI", "040 1234567"),
        ("+13125550123", "US", "312 555 0123"),
        ("anonymous", "CZ", "anonymous"),
        ("", "CZ", ""),
    ],
)
def test_numbers_are_read_back_as_people_of_the_country_say_them(number: str, region: str, said: str) -> None:
    assert as_said(number, region) == said
