"""Russian. Cardinals and ordinals come from num2words; cases follow the words around."""

from __future__ import annotations

import re
from collections.abc import Sequence

from avatar.script.languages.base import with_joined
from avatar.script.languages.base import words as word_set
from avatar.script.languages.slavic import Slavic, table, turned
from avatar.script.scan import Place, Said, Shape
from avatar.script.shapes.words import ROMAN, roman_value

MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
    "декабря",
)  # fmt: skip
UNITS = table("""
мм mm: миллиметр миллиметра миллиметров m миллиметра
см cm: сантиметр сантиметра сантиметров m сантиметра
м m: метр метра метров m метра
км km: километр километра километров m километра
м² м2 кв._м: квадратный_метр квадратных_метра квадратных_метров m квадратного_метра
км²: квадратный_километр квадратных_километра квадратных_километров m квадратного_километра
м³ м3: кубический_метр кубических_метра кубических_метров m кубического_метра
км/ч: километр_в_час километра_в_час километров_в_час m километра_в_час
м/с: метр_в_секунду метра_в_секунду метров_в_секунду m метра_в_секунду
га: гектар гектара гектаров m гектара
мг mg: миллиграмм миллиграмма миллиграммов m миллиграмма
г g: грамм грамма граммов m грамма
кг kg: килограмм килограмма килограммов m килограмма
т: тонна тонны тонн f тонны
л: литр литра литров m литра
мл ml: миллилитр миллилитра миллилитров m миллилитра
с сек. сек: секунда секунды секунд f секунды
мин мин.: минута минуты минут f минуты
ч ч.: час часа часов m часа
МБ MB: мегабайт мегабайта мегабайт m мегабайта
ГБ GB: гигабайт гигабайта гигабайт m гигабайта
Вт: ватт ватта ватт m ватта
кВт: киловатт киловатта киловатт m киловатта
В: вольт вольта вольт m вольта
°C °С: градус_Цельсия градуса_Цельсия градусов_Цельсия m градуса_Цельсия
°: градус градуса градусов m градуса
шт. шт: штука штуки штук f штуки
%: процент процента процентов m процента
руб. руб р.: рубль рубля рублей m рубля
коп. коп: копейка копейки копеек f копейки
""")
SCALES = table("""
тыс. тыс тысяча тысячи тысяч: тысяча тысячи тысяч f тысячи
млн млн. миллион миллиона миллионов: миллион миллиона миллионов m миллиона
млрд млрд. миллиард миллиарда миллиардов: миллиард миллиарда миллиардов m миллиарда
""")
MONEY = table("""
EUR: евро евро евро m евро
USD: доллар доллара долларов m доллара
GBP: фунт фунта фунтов m фунта
CNY: юань юаня юаней m юаня
KZT: тенге тенге тенге m тенге
cent: цент цента центов m цента
""")
GENITIVE = {
    "ноль": "нуля", "один": "одного", "одна": "одной", "одно": "одного", "два": "двух", "две": "двух", "три": "трёх",
    "четыре": "четырёх", "пять": "пяти", "шесть": "шести", "семь": "семи", "восемь": "восьми", "девять": "девяти",
    "десять": "десяти", "одиннадцать": "одиннадцати", "двенадцать": "двенадцати", "тринадцать": "тринадцати",
    "четырнадцать": "четырнадцати", "пятнадцать": "пятнадцати", "шестнадцать": "шестнадцати",
    "семнадцать": "семнадцати", "восемнадцать": "восемнадцати", "девятнадцать": "девятнадцати",
    "двадцать": "двадцати", "тридцать": "тридцати", "сорок": "сорока", "пятьдесят": "пятидесяти",
    "шестьдесят": "шестидесяти", "семьдесят": "семидесяти", "восемьдесят": "восьмидесяти", "девяносто": "девяноста",
    "сто": "ста", "двести": "двухсот", "триста": "трёхсот", "четыреста": "четырёхсот", "пятьсот": "пятисот",
    "шестьсот": "шестисот", "семьсот": "семисот", "восемьсот": "восьмисот", "девятьсот": "девятисот",
    "тысяча": "тысячи", "тысячи": "тысяч",
}  # fmt: skip
# After "от" and "до": the last word of a noun that follows two, three or four, or one.
NOUNS = {
    forms[case].split()[0]: forms[to].split()[0]
    for forms in (*UNITS.values(), *MONEY.values()) for case, to in ((1, 2), (0, 4))
}  # fmt: skip
PARTS = {2: ("вторая", "вторых"), 3: ("треть", "трети", "третей"), 4: ("четверть", "четверти", "четвертей")}
TENTHS = ("", "десят", "сот", "тысячн")
# What is written after an ordinal's digits -> its ending after a hard stem, and after "трет".
MARKS = {"й": ("", ""), "ый": ("", ""), "ой": ("ой", "ьей"), "я": ("ая", "ья"), "ая": ("ая", "ья"), "е": ("ое", "ье"),
         "ое": ("ое", "ье"), "го": ("ого", "ьего"), "ого": ("ого", "ьего"), "м": ("ом", "ьем"), "ом": ("ом", "ьем"),
         "му": ("ому", "ьему"), "ю": ("ую", "ью"), "ую": ("ую", "ью"), "х": ("ых", "ьих"), "ых": ("ых", "ьих")}  # fmt: skip


NUMBERED = word_set("глава часть том акт класс тип группа раздел")
# Of rulers: in the nominative and in the genitive.
KINGS = word_set("пётр петр николай александр иван павел людовик генрих карл фридрих наполеон вильгельм")
OF_KINGS = word_set("петра николая александра ивана павла людовика генриха карла фридриха наполеона вильгельма")
QUEENS, OF_QUEENS = word_set("екатерина елизавета"), word_set("екатерины елизаветы")


class Spoken(Slavic):
    code = "ru"
    scripts = ("CYRILLIC",)
    point = "запятая"
    minus, plus = "минус", "плюс"
    percent_forms = UNITS["%"]
    number_sign = "номер"
    section = "параграф"
    half = "половина"
    one_and_half = {"m": "полтора", "n": "полтора", "f": "полторы"}
    year_names = r"г\.|года"

    months = {name: number for number, name in enumerate(MONTHS, 1)}
    month_names = MONTHS
    currencies = {
        "RUB": (UNITS["руб."], UNITS["коп."]), "EUR": (MONEY["EUR"], MONEY["cent"]),
        "USD": (MONEY["USD"], MONEY["cent"]), "GBP": (MONEY["GBP"], ()), "CNY": (MONEY["CNY"], ()),
    }  # fmt: skip
    scales = SCALES
    units = UNITS
    symbols = {
        "&": "и", "+": "плюс", "=": "равно", "@": "собака", "%": "процентов", "°": "градусов", "€": "евро",
        "$": "долларов", "₽": "рублей", "×": "умножить на", "÷": "разделить на", "±": "плюс-минус", "≈": "примерно",
        "~": "примерно", "<": "меньше", ">": "больше",
    }  # fmt: skip
    times, by, over = "умножить на", "на", "дробь"
    dot, at, slash, dash, underscore, colon = "точка", "собака", "слэш", "дефис", "подчёркивание", "двоеточие"
    squared, cubed, power = "в квадрате", "в кубе", "в степени"

    abbreviations = with_joined({
        "т. е.": "то есть", "т. д.": "так далее", "т. п.": "тому подобное", 
        "пр.": "прочее", "т. к.": "так как", "напр.": "например", "см.": "смотри", "стр.": "страница",
        "ул.": "улица", "им.": "имени", "проф.": "профессор", "акад.": "академик", "тел.": "телефон", "д.": "дом",
        "кв.": "квартира", "до н. э.": "до нашей эры", "н. э.": "нашей эры", "тыс.": "тысяч", "г.": "город",
        "гл.": "глава", "рис.": "рисунок", "табл.": "таблица", "ст.": "статья", "п.": "пункт", "т. н.": "так называемый",
        "руб.": "рублей", "макс.": "максимум", "мин.": "минимум", "ср.": "сравни", "пр-т": "проспект", "просп.": "проспект",
        "пл.": "площадь", "др.": "другие", "г-н": "господин", "г-жа": "госпожа", "доц.": "доцент", "т. ч.": "том числе",
    })  # fmt: skip
    may_end = word_set("др. пр. руб. тыс. т.д. т.п. н.э.") | {"т. д.", "т. п.", "н. э.", "до н. э."}
    starters = word_set(
        """В Во На И А Но Он Она Оно Они Мы Вы Я Ты Это Этот Эта Эти Тот Та Те С Со К Ко О Об От До По За Из У При Для Не Ни
        Да Нет Если Когда Как Что Кто Где Почему Потом Затем Теперь Сейчас Сегодня Завтра Вчера Там Тут Здесь Так Такие
        Однако Поэтому Также Ещё Еще Уже Все Всё Каждый Наш Наша Его Её Их Был Была Было Были Есть Пожалуйста После
        Перед Под Над Через Мой Моя Ваш Ваша Многие Некоторые Тел"""
    )
    code_words = word_set("пин код пароль счёт счет инн снилс индекс")

    def which(self, number: int) -> int:
        if number % 10 == 1 and number % 100 != 11:
            return 0
        return 1 if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else 2

    def cardinal(self, number: int) -> str:
        return super().cardinal(number).removeprefix("одна ") if number >= 1000 else super().cardinal(number)

    def agreed(self, said: str, text: str, gender: str) -> str:
        if said.endswith("один"):
            return said[: -len("один")] + {"m": "один", "f": "одна", "n": "одно"}[gender]
        return said[:-1] + "е" if gender == "f" and re.search(r"\bдва$", said) else said

    def number(self, text: str) -> str:
        """3,5: три целых пять десятых."""
        whole, decimals = self.value(text)
        if not decimals or len(decimals) > 3 or not int(decimals):
            return super().number(text)
        sign = f"{self.minus} " if text[0] in "-−" else f"{self.plus} " if text[0] == "+" else ""
        large = self.agreed(self.cardinal(int(whole)), whole, "f")
        small = self.agreed(self.cardinal(int(decimals)), decimals, "f")
        ones = "целая" if self.which(int(whole)) == 0 else "целых"
        parts = TENTHS[len(decimals)] + ("ая" if self.which(int(decimals)) == 0 else "ых")
        return f"{sign}{large} {ones} {small} {parts}"

    def ordinal_in(self, number: int, hard: str, third: str) -> str:
        """The ordinal with this ending: of a hard stem, or of "третий"; only its last word changes."""
        said = self.ordinal(number)
        if not hard:
            return said
        return said[: -len("ий")] + third if said.endswith("третий") else said[:-2] + hard

    def genitive(self, number: int) -> str:
        return self.ordinal_in(number, "ого", "ьего")

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        of_year = f"{self.genitive(year)} года" if year else ""
        return " ".join(filter(None, [self.genitive(day) if day else "", MONTHS[month - 1], of_year]))

    def days(self, first: int, last: int, month: int, year: int | None, *, day_first: bool) -> str:
        name = MONTHS[month - 1] + (f" {self.genitive(year)} года" if year else "")
        return f"с {self.genitive(first)} по {self.ordinal_in(last, 'ое', 'ье')} {name}"

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        if not minute:
            return self.counted(str(hour), UNITS["ч"])
        return f"{self.cardinal(hour)} {'ноль ' if minute < 10 else ''}{self.cardinal(minute)}"

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        if (top, bottom) == (1, 2) and not whole:
            return "половина" if followed else "одна вторая"
        if (top, bottom) == (1, 2):
            return f"{self.cardinal(whole or 0)} с половиной"
        count = self.agreed(self.cardinal(top), str(top), "f")
        if bottom in (3, 4):
            share = f"{count} {PARTS[bottom][self.which(top)]}"
        else:
            share = f"{count} {self.ordinal_in(bottom, 'ая' if self.which(top) == 0 else 'ых', 'ья')}"
        return f"{self.cardinal(whole)} и {share}" if whole else share

    def span(self, first: str, last: str) -> str:
        return f"от {turned(first, GENITIVE)} до {turned(last, GENITIVE | NOUNS)}"

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        number_follows = re.match(r"\s*\d", place.after) is not None
        name_follows = re.match(r"\s+[«\"]?[А-ЯЁ]", place.after) is not None
        if short in ("стр.", "д.", "кв.", "гл.", "рис.", "табл.", "ст.", "п.", "макс.", "мин.") and not number_follows:
            return None
        if short in ("г.", "им.", "пл.", "просп.") and not name_follows:
            return None
        return self.abbreviations[short]

    def roman(self, number: int, before: str) -> str | None:
        endings = ((KINGS, "", ""), (OF_KINGS, "ого", "ьего"), (QUEENS, "ая", "ья"), (OF_QUEENS, "ой", "ьей"))
        for names, hard, third in endings:
            if before in names and number < 30:
                return self.ordinal_in(number, hard, third)
        return self.cardinal(number) if before in NUMBERED and number < 40 else None

    def own_shapes(self) -> Sequence[Shape]:
        def dated(match: re.Match, place: Place) -> Said | None:
            """2024 год, в 2024 г., XXI век."""
            number, name = int(match[1]) if match[1].isdecimal() else roman_value(match[1]), match[2]
            within = place.word_before() in ("в", "во", "о")
            if name == "г.":
                name = "году" if within else "года"
            if name == "в.":
                name = "веке" if within else "века"
            hard, third = (
                ("ого", "ьего") if name in ("года", "века") else ("ом", "ьем") if name in ("году", "веке") else ("", "")
            )
            said = f"{self.ordinal_in(number, hard, third)} {name}"
            return Said(said, "may" if match[0].endswith(".") else "") if number else None

        def marked(match: re.Match, place: Place) -> str:
            """5-й, 3-я, 20-го."""
            return self.ordinal_in(int(match[1]), *MARKS[match[2]])

        def phone(match: re.Match, place: Place) -> str:
            return ", ".join(self.digits(group) for group in re.findall(r"\d+", match[0]))

        marks = "|".join(sorted(MARKS, key=len, reverse=True))
        return [
            *self.date_shapes(),
            Shape(r"8[\s-]?\(?\d{3,5}\)?[\s-]?\d{1,3}-\d\d-\d\d(?!\d)", phone),
            Shape(r"(1\d{3}|20\d\d)\s?(год|года|году|г\.)(?!\w)", dated),
            Shape(rf"({ROMAN})\s(век|века|веке|в\.)(?!\w)", dated),
            Shape(rf"(\d{{1,4}})-({marks})(?!\w)", marked),
        ]
