"""German endings: of ordinals and articles, by the words before them and the noun after them."""

from __future__ import annotations

import re

from avatar.script.languages.base import words as word_set
from avatar.script.scan import Place

# The last part of a noun -> its gender; the longest that fits holds.
ENDINGS = {
    "f": """ung heit keit schaft ion tät ik enz anz ur ei ie e liga zeit hand frau wahl stadt nacht spur person nummer
        mutter tochter schwester erin antwort arbeit tür schule aufl""",
    "n": """chen lein ment um jahrhundert jahrtausend jahr kapitel quartal tor spiel kind haus buch bild drittel viertel
        geschoss stockwerk semester gebot zimmer rennen lied ziel gesetz treffen album problem thema element level team
        finale mal ende auge gebäude gebirge interesse glas blatt stück paar tier brot auto fahrrad bett fenster werk
        konzert ergebnis ereignis zeugnis urteil gegenteil stadion prozent fest geschenk angebot""",
    "m": """tag monat euro name kunde junge experte käse gedanke stock platz weltkrieg mai januar februar märz april juni
        juli august september oktober november dezember jänner preis rang akt satz advent teil band versuch schritt
        punkt apfel tisch stuhl mann freund bruder vater sohn mensch gast hund becher löffel meter liter ball baum
        brief film raum traum weg grund fall artikel abschnitt titel meister vorsitzende vorsitzender sieger ktor otor
        ator sprung schwung champion spion ski kuli""",
}
GENDERS = {ending: kind for kind, endings in ENDINGS.items() for ending in endings.split()}

# After an ordinal that has no article before it.
ORDINAL_NOUNS = word_set("""stock etage platz klasse liga bundesliga auflage kapitel runde weltkrieg jahrhundert preis halbzeit quartal
    semester staffel folge og ug obergeschoss untergeschoss reihe rang generation vorsitzender vorsitzende bürgermeister
    advent akt satz woche tag minute lebensjahr geburtstag jahrestag spieltag wahlgang fc aufl jh hand linie instanz grad halbjahr
    jahrestag ausgabe ebene geige lesung tagung sitzung mahnung rate""")

DATIVE = word_set("in an vor von mit nach aus bei seit zu ab zwischen unter neben hinter gegenüber außer binnen")
ACCUSATIVE = word_set("für gegen durch ohne um bis")
TAKES_E = word_set("""die das ins ans aufs fürs durchs eine seine ihre meine deine unsere eure keine diese jede jene dieses jedes
    welche""")
TAKES_EN = word_set("""den dem des im am zum zur beim vom einem einer eines einen jedem jeden diesem diesen seinem seinen seiner ihrem
    ihren ihrer meinem meinen meiner deinem deinen deiner unserem unseren unserer keinem keinen keiner jenem jenen alle
    allen""")
LIKE_DER = frozenset({"der", "dieser", "jeder", "jener", "welcher"})
LIKE_EIN = word_set("ein mein dein sein ihr unser euer kein")
DETERMINERS = TAKES_E | TAKES_EN | LIKE_DER | LIKE_EIN
IS_SUBJECT = word_set("ist sind war waren wird bleibt als = gleich")  # what follows is no object

LINKED = re.compile(r"(?:\b(?:\d{1,3}|[IVX]{1,5})\.,?\s?(?:(?:und|oder|bis|sowie|bzw\.)\s|[-–]\s?)?)+$")
WEEKDAY = re.compile(
    r"(?:\b(\w+)\s)?\b(?:Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonnabend|Sonntag|Mo|Di|Mi|Do|Fr|Sa|So)"
    r"[.,]{0,2}\s$"
)


def gender(noun: str) -> str | None:
    """ "m", "f" or "n" by the noun's last part; None where that does not tell."""
    noun = noun.lower()
    if noun in ("og", "ug", "jh"):
        return "n"
    return next((GENDERS[noun[start:]] for start in range(len(noun)) if noun[start:] in GENDERS), None)


def words_before(place: Place) -> list[str]:
    """The last two words before this place and before the ordinals that it is linked to, lower case, latest last."""
    words = re.findall(r"[\w=]+", LINKED.sub("", place.before))
    return ["", "", *(word.lower() for word in words)][-2:]


def ordinal_ending(place: Place, noun: str) -> str:
    """What follows the stem of an ordinal here: "zweit" + e, en, er, es."""
    earlier, before = words_before(place)
    kind = gender(noun)
    if day := WEEKDAY.search(place.before):
        return "en" if (day[1] or "").lower() in TAKES_EN | {"bis", "ab", "seit"} else "er"
    if re.search(r"[*†]\s*$", place.before):
        return "en"
    if re.search(r"[,:;(]\s*$", LINKED.sub("", place.before)):
        before = ""
    if before in TAKES_E:
        return "e"
    if before in TAKES_EN:
        return "en"
    if before in LIKE_DER:
        return "en" if earlier in DATIVE or kind == "f" else "e"
    if before in LIKE_EIN:
        return "es" if kind == "n" else "er"
    if before in DATIVE | ACCUSATIVE:
        return {"f": "er" if before in DATIVE else "e", "n": "en" if before in DATIVE else "es"}.get(kind or "m", "en")
    return {"f": "e", "n": "es"}.get(kind or "m", "er")


def article(place: Place, kind: str | None, half: bool = False) -> str:
    """ "ein" as it stands here before a noun of this gender; half: with the half that follows it."""
    before = words_before(place)[1]
    begins = not place.before.strip() or place.before.rstrip()[-1] in ":(–-•,;.!?"
    if before in DATIVE and not begins:
        word, ending = ("einer" if kind == "f" else "einem"), "en"
    elif kind == "f":
        word, ending = "eine", "e"
    elif kind == "m" and not begins and before not in IS_SUBJECT:
        word, ending = "einen", "en"
    else:
        word, ending = "ein", "es" if kind == "n" else "er"
    return f"{word} halb{ending}" if half else word


def dative_plural(place: Place, noun: str) -> str:
    """Metres and litres after "in", "nach" and the like, where no noun that is measured follows."""
    follows = re.match(r"\s+(?:[A-ZÄÖÜ]|lang|breit|hoch|tief|weit|groß|dick|entfernt)", place.after)
    return noun if follows or words_before(place)[1] not in DATIVE else noun + "n"
