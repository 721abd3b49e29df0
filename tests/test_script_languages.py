"""Scripts as they are spoken in the languages that only the voice of the full stack knows; German has a file of its own."""

from __future__ import annotations

import random
import re

import pytest

from avatar.script.reader import read

pytestmark = pytest.mark.usefixtures("full_environment")

TABLES = {
    "nl": [
        ("Het kost € 1.499,50.", "Het kost duizendvierhonderdnegenennegentig euro vijftig"),
        ("Voor € 12,- of 0,99 €.", "Voor twaalf euro of negenennegentig cent"),
        ("Het was € 3,5 mln.", "Het was drie komma vijf miljoen euro"),
        ("Op 12 maart 2024 en 3 mei.", "Op twaalf maart tweeduizendvierentwintig en drie mei"),
        ("Op 12-03-2024.", "Op twaalf maart tweeduizendvierentwintig"),
        ("Sinds 1998 dus.", "Sinds negentienhonderd achtennegentig dus"),
        ("Om 10:30 uur of 14.30 uur.", "Om tien uur dertig of veertien uur dertig"),
        ("Open van 9–17 uur.", "Open van negen tot zeventien uur"),
        ("Wacht 3–5 min. of 10 %.", "Wacht drie tot vijf minuten of tien procent"),
        ("Het is -5 °C bij 120 km/u.", "Het is min vijf graden Celsius bij honderdtwintig kilometer per uur"),
        ("Koop ½ liter, 3/4 en 1½ uur.", "Koop een halve liter driekwart en anderhalf uur"),
        ("De 2e verdieping, 21e eeuw.", "De tweede verdieping eenentwintigste eeuw"),
        ("Willem II en de ANWB.", "Willem de Tweede en de A N W B"),
        ("Bijv. dr. Jansen, d.w.z. hij.", "Bijvoorbeeld doctor Jansen dat wil zeggen hij"),
        ("Bel 06 12345678 of niet.", "Bel nul zes één twee drie vier vijf zes zeven acht of niet"),
    ],
    "pl": [
        ("Jan Paweł II i Elżbieta II.", "Jan Paweł Drugi i Elżbieta Druga"),
        ("Było to od 12–14 marca tam.", "Było to od dwunastego do czternastego marca tam"),
        ("Cena 1 499,50 zł.", "Cena tysiąc czterysta dziewięćdziesiąt dziewięć złotych pięćdziesiąt groszy"),
        ("Mam 1 zł, 2 zł, 5 zł i 22 zł.", "Mam jeden złoty dwa złote pięć złotych i dwadzieścia dwa złote"),
        ("To 3,5 mln zł i 10 tys. ludzi.", "To trzy przecinek pięć miliona złotych i dziesięć tysięcy ludzi"),
        ("Było to 12 marca 2024 r. rano.", "Było to dwunastego marca dwa tysiące dwudziestego czwartego roku rano"),
        ("Dnia 03.05.1998 tak.", "Dnia trzeciego maja tysiąc dziewięćset dziewięćdziesiątego ósmego roku tak"),
        ("W 2024 roku i w XXI wieku.", "W dwa tysiące dwudziestym czwartym roku i w dwudziestym pierwszym wieku"),
        ("O 10:30 i o godz. 14.30, bo 8:05.", "O dziesiątej trzydzieści i o godzinie czternastej trzydzieści bo ósma zero pięć"),
        ("Od 9:00 do 17:00 pracuje.", "Od dziewiątej do siedemnastej pracuje"),
        ("Trwa 3–5 min i 10–20 %.", "Trwa od trzech do pięciu minut i od dziesięciu do dwudziestu procent"),
        ("Za 1 min, 2 min, 2,5 kg.", "Za jedna minuta dwie minuty dwa przecinek pięć kilograma"),
        ("Jest ½ litra, 3/4 i 1½ l.", "Jest pół litra trzy czwarte i półtora litra"),
        ("Np. dr Nowak mieszka przy ul. Długiej 7.", "Na przykład doktor Nowak mieszka przy ulicy Długiej siedem"),
        ("Jest tam m.in. prof. Lis, tj. lekarz.", "Jest tam między innymi profesor Lis to jest lekarz"),
    ],
    "cs": [
        ("To byl Karel IV. v 19. století.", "To byl Karel čtvrtý v devatenáctém století"),
        ("Stojí 1 499,50 Kč.", "Stojí tisíc čtyři sta devadesát devět korun padesát haléřů"),
        ("Mám 1 Kč, 2 Kč a 5 Kč.", "Mám jedna koruna dvě koruny a pět korun"),
        ("Dne 12. března 2024 byl.", "Dne dvanáctého března dva tisíce dvacet čtyři byl"),
        ("Dne 12. 3. 2024 byl.", "Dne dvanáctého března dva tisíce dvacet čtyři byl"),
        ("Od 12. do 14. března je.", "Od dvanáctého do čtrnáctého března je"),
        ("V 10:30, v 10:00 a v 9:05.", "V deset třicet v deset hodin a v devět nula pět"),
        ("Je 14.30 hod. odpoledne.", "Je čtrnáct hodin třicet minut odpoledne"),
        ("Trvá 3–5 min, asi 1 %, 2 % a 5 %.", "Trvá tři až pět minut asi jedno procento dvě procenta a pět procent"),
        ("Váží 2,5 kg a měří 2 km.", "Váží dvě celé pět kilogramu a měří dva kilometry"),
        ("Je tu ½ l a 3/4.", "Je tu půl litru a tři čtvrtiny"),
        ("Např. Dr. Novák, tj. lékař.", "Například doktor Novák to jest lékař"),
        ("Je to ul. Dlouhá, č. 3, cca 200 m.", "Je to ulice Dlouhá číslo tři cirka dvě stě metrů"),
    ],
    "tr": [
        ("Fiyatı 1.499,50 TL oldu.", "Fiyatı bin dört yüz doksan dokuz lira elli kuruş oldu"),
        ("Onlar 12 ₺ ve 5 € verdi.", "Onlar on iki lira ve beş avro verdi"),
        ("Bugün 12 Mart 2024 günü.", "Bugün on iki Mart iki bin yirmi dört günü"),
        ("Bu 2024'te ve 1998'den beri.", "Bu iki bin yirmi dörtte ve bin dokuz yüz doksan sekizden beri"),
        ("Saat 10:30 veya saat 14.30'da.", "Saat on otuz veya saat on dört otuzda"),
        ("Oran %20, sonra %3,5 ve %50'si.", "Oran yüzde yirmi sonra yüzde üç virgül beş ve yüzde ellisi"),
        ("Yaklaşık 3-5 dakika ve 2 km.", "Yaklaşık üç ila beş dakika ve iki kilometre"),
        ("Ev 5. katta, 21. yüzyıl.", "Ev beşinci katta yirmi birinci yüzyıl"),
        ("Bu II. Dünya Savaşı.", "Bu ikinci Dünya Savaşı"),
        ("Yarısı 1/2, sonra 3/4.", "Yarısı yarım sonra dörtte üç"),
        ("Örn. Dr. Yılmaz, bkz. s. 15.", "Örneğin doktor Yılmaz bakınız sayfa on beş"),
    ],
    "ru": [
        ("Пётр I и Екатерина II жили в XVIII веке.", "Пётр первый и Екатерина вторая жили в восемнадцатом веке"),
        ("Звоните 8 (800) 123-45-67 сейчас.", "Звоните восемь восемь ноль ноль один два три четыре пять шесть семь сейчас"),
        ("Курс 0,25 и 2,5 млрд ₽.", "Курс ноль целых двадцать пять сотых и две целых пять десятых миллиарда рублей"),
        ("Цена 1 499,50 ₽.", "Цена тысяча четыреста девяносто девять рублей пятьдесят копеек"),
        ("Это 1 руб., 2 руб., 5 руб. и 21 ₽.", "Это один рубль два рубля пять рублей и двадцать один рубль"),
        ("Было 12 марта 2024 г. утром.", "Было двенадцатого марта две тысячи двадцать четвёртого года утром"),
        ("Это 03.05.1998, да.", "Это третьего мая тысяча девятьсот девяносто восьмого года да"),
        ("В 2024 году и в XXI веке.", "В две тысячи двадцать четвёртом году и в двадцать первом веке"),
        ("В 10:30, в 10:00 и в 9:05.", "В десять тридцать в десять часов и в девять ноль пять"),
        ("Ждать 3–5 мин или 2–3 км.", "Ждать от трёх до пяти минут или от двух до трёх километров"),
        ("Рост 3,5 %, потом 1 % и 2 %.", "Рост три целых пять десятых процента потом один процент и два процента"),
        ("Ровно 22 мин и 1 мин.", "Ровно двадцать две минуты и одна минута"),
        ("Это 5-й этаж, 3-я улица, 20-го числа.", "Это пятый этаж третья улица двадцатого числа"),
        ("Тут 3/4, 2/3 и 1½ л.", "Тут три четверти две трети и полтора литра"),
        ("Дом № 5, т. е. на ул. Мира, д. 7.", "Дом номер пять то есть на улица Мира дом семь"),
    ],
    "hu": [
        ("Nőtt 17,6%-kal az 1990-es években.", "Nőtt tizenhét egész hat tized százalékkal az ezerkilencszázkilencvenes években"),
        ("Az ára 1 499 Ft vagy 12 €.", "Az ára ezernégyszázkilencvenkilenc forint vagy tizenkét euró"),
        ("Ma 2024. március 12. van.", "Ma kétezer-huszonnégy március tizenkettedike van"),
        ("Jön március 3-ig és május 1-jén.", "Jön március harmadikáig és május elsején"),
        ("Jön 10:30-kor vagy 5-kor.", "Jön tíz óra harminckor vagy ötkor"),
        ("Most 10:00 van 2024-ben.", "Most tíz óra van kétezer-huszonnégyben"),
        ("Volt 2 km, 22 db és 3,5 %.", "Volt két kilométer huszonkét darab és három egész öt tized százalék"),
        ("Az 5. emelet a XXI. században.", "Az ötödik emelet a huszonegyedik században"),
        ("Kell ½ liter és 3/4.", "Kell fél liter és három negyed"),
        ("Pl. dr. Kovács, kb. 5 ember.", "Például doktor Kovács körülbelül öt ember"),
        ("A Petőfi u. 5 alatt -5 °C van.", "A Petőfi utca öt alatt mínusz öt Celsius-fok van"),
    ],
    "hi": [
        ("कीमत ₹1,499.50 है।", "कीमत एक हज़ार चार सौ निन्यानवे रुपये पचास पैसे है"),
        ("कुल 12,34,567 लोग।", "कुल बारह लाख चौंतीस हज़ार पाँच सौ सड़सठ लोग"),
        ("आज 12 मार्च 2024 है।", "आज बारह मार्च दो हज़ार चौबीस है"),
        ("वह 1998 में आए।", "वह उन्नीस सौ अट्ठानवे में आए"),
        ("सुबह 10:30 बजे।", "सुबह साढ़े दस बजे"),
        ("रात 1:30 बजे और 10:45 बजे।", "रात डेढ़ बजे और पौने ग्यारह बजे"),
        ("दूरी 5 किमी, 3.5%।", "दूरी पाँच किलोमीटर तीन दशमलव पाँच प्रतिशत"),
        ("डॉ. शर्मा 25 साल के हैं।", "डॉक्टर शर्मा पच्चीस साल के हैं"),
    ],
    "ko": [
        ("가격은 ₩12,000이고 5,000원입니다.", "가격은 만 이천 원이고 오천원입니다"),
        ("오늘은 2024년 3월 12일 입니다.", "오늘은 이천이십사년 삼월 십이일 입니다"),
        ("오후 3시 30분에 만나요.", "오후 세 시 삼십분에 만나요"),
        ("그는 6월과 10월에 왔다.", "그는 유월과 시월에 왔다"),
        ("사과 5개와 학생 20명.", "사과 다섯 개와 학생 스무 명"),
        ("약 3시간, 21살, 3개월.", "약 세 시간 스물한 살 삼 개월"),
        ("물가 3.5%와 5km 거리.", "물가 삼 점 오 퍼센트와 오 킬로미터 거리"),
        ("전화 010-1234-5678로 하세요.", "전화 공 일 공 일 이 삼 사 오 육 칠 팔로 하세요"),
        ("값은 100을 더하면.", "값은 백을 더하면"),
    ],
    "ar": [
        ("السعر $5 و $12.", "السعر خمسة دولارات و اثنا عشر دولارًا"),
        ("على بعد 5 كم.", "على بعد خمسة كيلومترات"),
        ("على بعد 2 كم.", "على بعد كيلومتران"),
        ("على بعد 15 كم و 200 م.", "على بعد خمسة عشر كيلومترًا و مئتا متر"),
        ("في 12 مارس 2024.", "في الثاني عشر من مارس ألفين وأربعة وعشرين"),
        ("في عام 1998.", "في عام ألف وتسعمائة وثمانية وتسعين"),
        ("الساعة 10:30 الآن.", "الساعة العاشرة والنصف الآن"),
        ("نسبة 50% هنا.", "نسبة خمسون بالمئة هنا"),
    ],
}  # fmt: skip

ENDS = [
    ("nl", "Hij koopt brood enz. Daarna gaat hij. Dr. Jansen komt o.a. morgen.", 3),
    ("nl", "„Kom.” Hij ging.", 2),
    ("pl", "Kupił chleb itd. Potem poszedł. Prof. Lis, m.in. lekarz.", 3),
    ("pl", "Urodził się w 1998 r. Potem wyjechał.", 2),
    ("cs", "Koupil chléb atd. Potom odešel. Byl 12. března doma.", 3),
    ("cs", "„Dobrý den.“ Šel dál.", 2),
    ("tr", "Ekmek vb. Sonra gitti. Ev 5. katta.", 3),
    ("ru", "Купил хлеб и т. д. Потом ушёл. Это г. Москва.", 3),
    ("ru", "«Добрый день.» Он ушёл.", 2),
    ("hu", "Kenyér stb. Aztán elment. Az 5. napon jött.", 3),
    ("hi", "डॉ. शर्मा आए। वह घर गए। 25 लोग आए।", 3),
    ("ko", "여기 있습니다. 5명이 와요.", 2),
    ("ar", "هل جاء د. أحمد؟ نعم. شكرا.", 3),
]


def words(text: str) -> list[str]:
    return re.sub(r"[.,;:!?।؟،«»„“”\"()]", " ", text.lower()).split()


@pytest.mark.parametrize(("code", "written", "said"), [(code, *row) for code, rows in TABLES.items() for row in rows])
def test_a_phrase_becomes_words(code, written, said):
    spoken = " ".join(sentence.spoken for sentence in read(written, code).sentences)
    assert words(spoken) == words(said)


@pytest.mark.parametrize(("code", "text", "count"), ENDS)
def test_sentences_end_where_they_do(code, text, count):
    assert len(read(text, code).sentences) == count


@pytest.mark.parametrize("code", [*TABLES, "de"])
def test_no_order_of_such_parts_is_an_error(code):
    """Days, months and hours that do not exist, marks without numbers, numbers without nouns."""
    chance = random.Random(7)
    own = [part for written, _ in TABLES.get(code, []) for part in written.split()]
    parts = own + [
        "0",
        "1.",
        "24:61",
        "32.13.2024",
        "99/0",
        "½",
        "%",
        "€",
        "II.",
        "XL",
        ".",
        ",",
        "-",
        "–",
        "0,00",
        "1-1",
        "§",
        "№",
        "'",
        "’te",
        "0-й",
        "13월",
        "13:45",
        "12,-",
        "z.",
        "B.",
    ]
    for _ in range(60):
        read(chance.choice(["", " "]).join(chance.choices(parts, k=8)), code)
