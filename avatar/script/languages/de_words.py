"""German words for what scripts abbreviate: months, currencies, units, titles and acronyms.

A noun is (one, many, gender); German measures mostly stay as they are after a number.
"""

from __future__ import annotations

from avatar.script.languages.base import with_joined
from avatar.script.languages.base import words as word_set

MONTH_NAMES = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
)  # fmt: skip
MONTHS = {name.lower(): number for number, name in enumerate(MONTH_NAMES, 1)} | {
    "jänner": 1, "jan.": 1, "jan": 1, "feber": 2, "feb.": 2, "febr.": 2, "feb": 2, "mär.": 3, "mrz.": 3, "mär": 3,
    "apr.": 4, "apr": 4, "jun.": 6, "jun": 6, "jul.": 7, "jul": 7, "aug.": 8, "aug": 8, "sept.": 9, "sep.": 9,
    "sept": 9, "sep": 9, "okt.": 10, "okt": 10, "nov.": 11, "nov": 11, "dez.": 12, "dez": 12,
}  # fmt: skip
WEEKDAYS = {
    name.lower(): name for name in ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonnabend",
                                    "Sonntag")
}  # fmt: skip
SHORT_DAYS = {
    "mo": "Montag", "di": "Dienstag", "mi": "Mittwoch", "do": "Donnerstag", "fr": "Freitag", "sa": "Samstag",
    "so": "Sonntag",
}  # fmt: skip


def _same(name: str, gender: str) -> tuple[str, str, str]:
    return name, name, gender


EURO, CENT = _same("Euro", "m"), _same("Cent", "m")
CURRENCIES = {
    "EUR": (EURO, CENT), "USD": (_same("Dollar", "m"), CENT), "GBP": (_same("Pfund", "n"), _same("Pence", "m")),
    "CHF": (_same("Franken", "m"), _same("Rappen", "m")), "JPY": (_same("Yen", "m"), ()),
    "CNY": (_same("Yuan", "m"), ()), "INR": (("Rupie", "Rupien", "f"), ()), "KRW": (_same("Won", "m"), ()),
    "RUB": (_same("Rubel", "m"), ("Kopeke", "Kopeken", "f")), "TRY": (_same("Lira", "f"), ()),
    "PLN": (_same("Zloty", "m"), _same("Groschen", "m")), "CZK": (("Krone", "Kronen", "f"), ()),
    "SEK": (("Krone", "Kronen", "f"), ()), "NOK": (("Krone", "Kronen", "f"), ()),
    "DKK": (("Krone", "Kronen", "f"), ()), "HUF": (_same("Forint", "m"), ()), "BTC": (_same("Bitcoin", "m"), ()),
    "CAD": (("kanadischer Dollar", "kanadische Dollar", "-"), CENT),
    "AUD": (("australischer Dollar", "australische Dollar", "-"), CENT),
}  # fmt: skip
MONEY_WORDS = {"Euro": "EUR", "Dollar": "USD", "Franken": "CHF", "Pfund": "GBP"}  # written out after the amount

THOUSAND = _same("Tausend", "n")
MILLION, BILLION, TRILLION = (
    ("Million", "Millionen", "f"),
    ("Milliarde", "Milliarden", "f"),
    ("Billion", "Billionen", "f"),
)
SCALES = {
    "tsd.": THOUSAND, "mio.": MILLION, "mio": MILLION, "mill.": MILLION, "million": MILLION, "millionen": MILLION,
    "mrd.": BILLION, "mrd": BILLION, "milliarde": BILLION, "milliarden": BILLION, "bio.": TRILLION,
    "billion": TRILLION, "billionen": TRILLION,
}  # fmt: skip
SCALES |= {name.capitalize(): forms for name, forms in SCALES.items()}

METRES = ("Meter", "Millimeter", "Zentimeter", "Dezimeter", "Kilometer", "Mikrometer", "Nanometer", "Quadratmeter",
          "Kubikmeter", "Quadratkilometer", "Quadratzentimeter", "Kubikzentimeter", "Liter", "Milliliter",
          "Zentiliter", "Deziliter", "Hektoliter")  # fmt: skip
SAME = {
    "mm": "Millimeter m", "cm": "Zentimeter m", "dm": "Dezimeter m", "m": "Meter m", "km": "Kilometer m",
    "µm": "Mikrometer m", "μm": "Mikrometer m", "nm": "Nanometer m", "m²": "Quadratmeter m", "qm": "Quadratmeter m",
    "m2": "Quadratmeter m", "km²": "Quadratkilometer m", "qkm": "Quadratkilometer m", "cm²": "Quadratzentimeter m",
    "m³": "Kubikmeter m", "m3": "Kubikmeter m", "cm³": "Kubikzentimeter m", "ha": "Hektar m", "Zoll": "Zoll m", '"': "Zoll m", "″": "Zoll m",
    "mg": "Milligramm n", "g": "Gramm n", "kg": "Kilogramm n", "µg": "Mikrogramm n", "Pfd.": "Pfund n",
    "l": "Liter m", "L": "Liter m", "ml": "Milliliter m", "cl": "Zentiliter m", "dl": "Deziliter m",
    "hl": "Hektoliter m", "EL": "Esslöffel m", "TL": "Teelöffel m", "Stk.": "Stück n", "St.": "Stück n",
    "Hz": "Hertz n", "kHz": "Kilohertz n", "MHz": "Megahertz n", "GHz": "Gigahertz n",
    "kB": "Kilobyte n", "KB": "Kilobyte n", "MB": "Megabyte n", "GB": "Gigabyte n", "TB": "Terabyte n",
    "kbit/s": "Kilobit pro Sekunde n", "Mbit/s": "Megabit pro Sekunde n", "MBit/s": "Megabit pro Sekunde n",
    "Gbit/s": "Gigabit pro Sekunde n", "MB/s": "Megabyte pro Sekunde n",
    "W": "Watt n", "kW": "Kilowatt n", "MW": "Megawatt n", "GW": "Gigawatt n", "V": "Volt n", "mV": "Millivolt n",
    "kV": "Kilovolt n", "A": "Ampere n", "mA": "Milliampere n", "Ω": "Ohm n", "J": "Joule n", "kJ": "Kilojoule n",
    "N": "Newton n", "Pa": "Pascal n", "hPa": "Hektopascal n", "kPa": "Kilopascal n", "bar": "Bar n",
    "dB": "Dezibel n", "px": "Pixel n", "PS": "PS f", "°C": "Grad Celsius n", "℃": "Grad Celsius n",
    "°F": "Grad Fahrenheit n", "°": "Grad n", "%": "Prozent n", "‰": "Promille n", "ppm": "ppm n",
    "km/h": "Kilometer pro Stunde m", "km/std": "Kilometer pro Stunde m", "m/s": "Meter pro Sekunde m",
    "Prozent": "Prozent n", "Grad": "Grad n", "Promille": "Promille n", "Mal": "Mal n",
}  # fmt: skip
TON, HOUR, MINUTE, SECOND = ("Tonne", "Tonnen", "f"), ("Stunde", "Stunden", "f"), ("Minute", "Minuten", "f"), (
    "Sekunde", "Sekunden", "f")  # fmt: skip
UNITS = {short: _same(*written.rsplit(" ", 1)) for short, written in SAME.items()} | {
    "t": TON, "J.": ("Jahr", "Jahre", "n"), "h": HOUR, "Std.": HOUR, "Std": HOUR, "std.": HOUR, "min": MINUTE, "Min.": MINUTE, "Min": MINUTE,
    "min.": MINUTE, "s": SECOND, "Sek.": SECOND, "sek.": SECOND, "Sek": SECOND, "ms": ("Millisekunde", "Millisekunden",
    "f"), "kWh": ("Kilowattstunde", "Kilowattstunden", "f"), "MWh": ("Megawattstunde", "Megawattstunden", "f"),
    "Wh": ("Wattstunde", "Wattstunden", "f"), "mAh": ("Milliamperestunde", "Milliamperestunden", "f"),
    "kcal": ("Kilokalorie", "Kilokalorien", "f"), "Pkg.": ("Packung", "Packungen", "f"), "Pck.": ("Päckchen",
    "Päckchen", "n"), "MP": ("Megapixel", "Megapixel", "n"),
}  # fmt: skip

# With the spaces that are written between their parts.
PHRASES = {
    "z. B.": "zum Beispiel", "d. h.": "das heißt", "u. a.": "unter anderem", "u. Ä.": "und Ähnliches",
    "o. Ä.": "oder Ähnliches", "i. d. R.": "in der Regel", "s. o.": "siehe oben", "s. u.": "siehe unten",
    "v. a.": "vor allem", "z. T.": "zum Teil", "u. U.": "unter Umständen", "z. Zt.": "zurzeit", "z. Z.": "zurzeit",
    "i. A.": "im Auftrag", "i. V.": "in Vertretung", "m. E.": "meines Erachtens", "v. Chr.": "vor Christus",
    "n. Chr.": "nach Christus", "u. v. m.": "und vieles mehr", "u. v. a.": "und viele andere", "z. Hd.": "zu Händen",
    "a. D.": "außer Dienst", "e. V.": "E V", "p. a.": "pro Jahr", "h. c.": "honoris causa", "rer. nat.": "rer nat",
    "u. s. w.": "und so weiter", "i. Allg.": "im Allgemeinen", "a. a. O.": "am angegebenen Ort", "i. e. S.":
    "im engeren Sinne", "i. w. S.": "im weiteren Sinne", "u. E.": "unseres Erachtens", "b. w.": "bitte wenden",
    "z. K.": "zur Kenntnis", "a. M.": "am Main", "d. J.": "dieses Jahres", "d. M.": "dieses Monats",
    "i. V. m.": "in Verbindung mit", "Anm. d. Red.": "Anmerkung der Redaktion", "h. c. mult.": "honoris causa mult",
}  # fmt: skip
ABBREVIATIONS = with_joined(PHRASES) | {
    # titles
    "dr.": "Doktor", "dres.": "Doktoren", "prof.": "Professor", "hr.": "Herr", "hrn.": "Herrn", "fr.": "Frau",
    "frl.": "Fräulein", "dipl.-ing.": "Diplomingenieur", "ing.": "Ingenieur", "mag.": "Magister", "st.": "Sankt",
    "jr.": "junior", "sen.": "senior", "jun.": "junior", "med.": "med", "phil.": "phil", "jur.": "jur",
    "geb.": "geboren", "gest.": "gestorben", "gegr.": "gegründet", "verh.": "verheiratet",
    # places
    "str.": "Straße", "hbf.": "Hauptbahnhof", "hbf": "Hauptbahnhof", "bhf.": "Bahnhof", "bhf": "Bahnhof",
    # writing
    "usw.": "und so weiter", "usf.": "und so fort", "etc.": "et cetera", "ca.": "circa", "bzw.": "beziehungsweise",
    "bspw.": "beispielsweise", "nr.": "Nummer", "nrn.": "Nummern", "tel.": "Telefon", "abs.": "Absatz",
    "art.": "Artikel", "bd.": "Band", "bde.": "Bände", "s.": "Seite", "ff.": "folgende", "f.": "folgende",
    "vgl.": "vergleiche", "inkl.": "inklusive", "exkl.": "exklusive", "ggf.": "gegebenenfalls", "evtl.": "eventuell",
    "max.": "maximal", "min.": "mindestens", "mind.": "mindestens", "sog.": "sogenannte", "jh.": "Jahrhundert",
    "jhd.": "Jahrhundert", "jhs.": "Jahrhunderts", "abb.": "Abbildung", "tab.": "Tabelle", "kap.": "Kapitel",
    "aufl.": "Auflage", "hrsg.": "Herausgeber", "anm.": "Anmerkung", "insb.": "insbesondere",
    "insbes.": "insbesondere", "uvm.": "und vieles mehr", "zzgl.": "zuzüglich", "abzgl.": "abzüglich",
    "einschl.": "einschließlich", "ausschl.": "ausschließlich", "ggü.": "gegenüber", "lt.": "laut",
    "bzgl.": "bezüglich", "betr.": "Betreff", "mwst.": "Mehrwertsteuer", "ust.": "Umsatzsteuer", "co.": "Co",
    "zw.": "zwischen", "pers.": "Personen", "dipl.-kfm.": "Diplomkaufmann", "dipl.-inf.": "Diplominformatiker",
    "hl.": "Hl", "zz.": "zurzeit", "ztr.": "Zentner", "chr.": "Christus", "vs.": "gegen", "24/7": "vierundzwanzig sieben", "durchschn.": "durchschnittlich",
    "ungef.": "ungefähr", "urspr.": "ursprünglich", "wg.": "wegen", "tägl.": "täglich", "wöchentl.": "wöchentlich",
    "mtl.": "monatlich", "jährl.": "jährlich", "mio.": "Millionen", "mrd.": "Milliarden", "std.": "Stunden",
    "stk.": "Stück", "u.": "und", "o.": "oder",
    # capitals among small letters
    "gmbh": "G M B H", "mwst": "Mehrwertsteuer", "lkw": "L K W", "pkw": "P K W", "lkws": "L K Ws", "pkws": "P K Ws",
    "kfz": "K F Z", "stgb": "S T G B", "stpo": "S T P O", "udssr": "U D S S R", "wg": "W G", "wlan": "W LAN",
    "w-lan": "W LAN", "ok": "okay", "o. k.": "okay", "o.k.": "okay", "c++": "C plus plus", "usw": "und so weiter",
    "u-bahn": "U-Bahn", "s-bahn": "S-Bahn",
    **{name: MONTH_NAMES[number - 1] for name, number in MONTHS.items() if name.endswith(".") and name != "jun."},
    **{name + ".": day for name, day in SHORT_DAYS.items() if name != "fr"},
}  # fmt: skip
BEFORE_NUMBERS = frozenset(["s.", "art.", "abs.", "bd.", "kap.", "abb.", "tab.", "max.", "min.", "anm."])
BEFORE_NAMES = frozenset(["hr.", "hrn.", "st.", "frl.", "mag.", "ing.", "sen."])
AFTER_NUMBERS = frozenset(["f.", "ff.", "jh.", "jhd.", "jhs."])
CAPITALS = {"wg": "WG", "ok": "", "usw": "usw", "u.": "", "o.": ""}  # short -> the only way it is written
MAY_END = frozenset(
    ["usw.", "usf.", "etc.", "u. a.", "u.a.", "u. ä.", "u.ä.", "o. ä.", "o.ä.", "u. v. m.", "u.v.m.", "uvm.", "z. t.",
     "z.t.", "i. a.", "i.a.", "v. chr.", "v.chr.", "n. chr.", "n.chr.", "chr.", "ff.", "f.", "a. d.", "a.d.", "jr.",
     "jun.", "sen.", "e. v.", "e.v.", "p. a.", "p.a.", "str.", "co.", "hbf.", "bhf.", "jh.", "jhd.", "jhs.", "mio.",
     "mrd.", "std.", "stk.", "s. o.", "s.o.", "s. u.", "s.u.", "mwst.", "ust.", "u. v. a.", "u.v.a.", "u. s. w.",
     "d. j.", "d.j.", "d. m.", "d.m.", "a. m.", "a.m.", "o. k.", "o.k.", "verh.", "gest.", "mtl.", "tägl.", "jährl.",
     "jan.", "feb.", "febr.", "mär.", "mrz.", "apr.", "jul.", "aug.", "sept.", "sep.", "okt.", "nov.", "dez."]
)  # fmt: skip

ACRONYM_WORDS = frozenset(
    ["NATO", "UNO", "UNESCO", "UNICEF", "FIFA", "UEFA", "IKEA", "ALDI", "EDEKA", "DAX", "PIN", "TAN", "SIM", "TÜV",
     "AIDS", "COVID", "OPEC", "NASA", "NABU", "BUND", "DEKRA", "GEMA", "SCHUFA", "LAN", "RAM", "GIF", "JPEG", "DIN",
     "ASEAN", "ELSTER", "MINT", "BAFA", "BAFIN", "SARS", "HEPA", "REWE", "OBI", "SWIFT", "RADAR", "LASER"]
)  # fmt: skip
SPELLED = frozenset(["ADAC", "BASF", "ADHS", "DIHK", "OECD", "ADFC", "ESA", "HIV", "USA", "ICE", "AOK", "EKD", "UKW",
                     "HDMI", "ISBN", "IBAN_", "URL", "EU", "UN", "IT", "AG", "OP", "ARD", "EZB", "IAEA", "IHK"])  # fmt: skip
SHOUTED = word_set("""aber achtung alle als am an auch auf aus bald bei bis bitte da das dass dein dem den der des die dir doch du durch
    ein eine einen er es euch für ganz gar gegen gibt gratis gut hat heute hier ich ihr im in ist ja jede jetzt kein
    keine los man mehr mein mit muss nach nein neu nicht nie noch nun nur ob oder ohne sehr sein sie sind so über um
    und uns viel vom von vor war was weg wenn wer wie wir wo zu zum zur""")
STARTERS = word_set("""Der Die Das Den Dem Des Ein Eine Einen Einem Einer Er Sie Es Wir Ihr Ihre Ich Du Man Mein Meine Dein Deine Sein
    Seine Unser Unsere Und Aber Doch Denn Oder Wenn Weil Als Da Dann Danach Dort Hier Heute Gestern Nun Jetzt Auch Im In
    An Am Auf Aus Bei Beim Mit Nach Seit Von Vom Vor Zu Zum Zur Für Durch Gegen Ohne Um Über Unter Wie Was Wer Wo Wann
    Warum Wieso Welche Welcher Ist Sind War Waren Hat Haben Kann Können Bitte Danke Nein Ja Nicht Kein Keine Alle Viele
    Einige Diese Dieser Dieses Diesen Jede Jeder Jedes Noch Nur Schon So Sogar Später Trotzdem Deshalb Daher Außerdem
    Allerdings Jedoch Während Obwohl Nachdem Bevor Damit Dafür Dabei Dazu Ob Zuerst Zunächst Schließlich Insgesamt Laut
    Leider Vielleicht Bis Ab Dass Darum Dagegen Davon Davor Dadurch Mehr Manche Beide Ebenso Immer Sonst Seitdem
    Inzwischen Ferner Zwar Wir Uns""")
CODE_WORDS = word_set("""pin plz code passwort kennwort kundennummer kontonummer rechnungsnummer bestellnummer artikelnummer vorgangsnummer
    aktenzeichen blz iban notruf telefonnummer rufnummer durchwahl faxnummer seriennummer postleitzahl isbn tan
    matrikelnummer personalnummer hotline""")
