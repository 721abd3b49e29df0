"""German scripts as they are spoken."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

import pytest

from avatar.script.reader import read

pytestmark = pytest.mark.usefixtures("full_environment")

TABLE = [
    # everyday
    ("in 1080p und 4K", "in eintausendachtzig P und vier K"),
    ("folgt @ana_2 hier", "folgt at ana Unterstrich zwei hier"),
    ("mit der Note 9/10", "mit der Note neun von zehn"),
    ("hat 4,5/5 Sterne", "hat vier Komma fünf von fünf Sterne"),
    ('ein 27"-Monitor', "ein siebenundzwanzig Zoll-Monitor"),
    ("in Kap. IV davon", "in Kapitel vier davon"),
    ("unter Windows XP, bitte", "unter Windows X P, bitte"),
    ("eine .pdf als Datei", "eine Punkt P D F als Datei"),
    ("π und λ", "Pi und lambda"),
    ("(Punkt 7 und 8)", "(Punkt sieben und acht)"),
    # numbers, percent, money
    ("1.234.567 Leute", "eine Million zweihundertvierunddreißigtausendfünfhundertsiebenundsechzig Leute"),
    ("rund 10 000 Menschen", "rund zehntausend Menschen"),
    ("3,75 % mehr", "drei Komma sieben fünf Prozent mehr"),
    ("nur 1 %", "nur ein Prozent"),
    ("10–20 % davon", "zehn bis zwanzig Prozent davon"),
    ("eine 10%ige Lösung", "eine zehnprozentige Lösung"),
    ("genau 1.499,50 €", "genau eintausendvierhundertneunundneunzig Euro fünfzig"),
    ("für 12,– €", "für zwölf Euro"),
    ("nur 0,99 €", "nur neunundneunzig Cent"),
    ("für 1 €", "für einen Euro"),
    ("5 Mio. € und 1,2 Mrd. Euro", "fünf Millionen Euro und eins Komma zwei Milliarden Euro"),
    ("kostet CHF 12.50 oder $19.99", "kostet zwölf Franken fünfzig oder neunzehn Dollar neunundneunzig"),
    ("9,99 €/Monat", "neun Euro neunundneunzig pro Monat"),
    # dates and years
    ("am 12.03.2024", "am zwölften März zweitausendvierundzwanzig"),
    ("Stand: 12.03.2024", "Stand zwölfter März zweitausendvierundzwanzig"),
    ("der 3. Mai", "der dritte Mai"),
    ("am Freitag, den 3. Mai", "am Freitag den dritten Mai"),
    ("Freitag, 3. Mai", "Freitag dritter Mai"),
    ("vom 12. bis 14. März", "vom zwölften bis vierzehnten März"),
    ("vom 12.–14. März 2024", "vom zwölften bis vierzehnten März zweitausendvierundzwanzig"),
    ("bis 31.12.99", "bis einunddreißigsten Dezember neunzehnhundertneunundneunzig"),
    ("am Mi., 12.11., früh", "am Mittwoch zwölften November früh"),
    ("am 12.3. früh", "am zwölften März früh"),
    ("2024-03-12", "zwölfter März zweitausendvierundzwanzig"),
    ("im Okt. 2024", "im Oktober zweitausendvierundzwanzig"),
    ("seit 1998 und 1998–2004", "seit neunzehnhundertachtundneunzig und neunzehnhundertachtundneunzig bis zweitausendvier"),
    ("die 1990er Jahre", "die neunzehnhundertneunziger Jahre"),
    ("Saison 2019/20", "Saison zweitausendneunzehn zwanzig"),
    # times and lengths of time
    ("um 10:30 Uhr", "um zehn Uhr dreißig"),
    ("um 14.30 Uhr", "um vierzehn Uhr dreißig"),
    ("um 1 Uhr", "um ein Uhr"),
    ("von 9–17 Uhr", "von neun bis siebzehn Uhr"),
    ("Mo–Fr 9:00–17:30 Uhr", "Montag bis Freitag neun Uhr bis siebzehn Uhr dreißig"),
    ("nach 1:45 Std.", "nach eine Stunde und fünfundvierzig Minuten"),
    ("um 8:30 h am Di. dann", "um acht Uhr dreißig am Dienstag dann"),
    ("Mo, Mi, Fr 8–12 Uhr", "Montag Mittwoch Freitag acht bis zwölf Uhr"),
    ("ein 2:1 im Spiel", "ein zwei zu eins im Spiel"),
    # phone numbers, codes, addresses
    ("Tel. 030 1234567", "Telefon null drei null eins zwei drei vier fünf sechs sieben"),
    ("+49 171 2345678", "plus vier neun eins sieben eins zwei drei vier fünf sechs sieben acht"),
    ("Notruf 112", "Notruf eins eins zwei"),
    ("Hauptstr. 12, 10115 Berlin", "Hauptstraße zwölf eins null eins eins fünf Berlin"),
    ("info@beispiel.de", "info at beispiel Punkt D E"),
    ("www.beispiel.de/seite", "W W W Punkt beispiel Punkt D E Schrägstrich seite"),
    ("bericht_2024.pdf", "bericht Unterstrich zweitausendvierundzwanzig Punkt P D F"),
    ("Kinder 4-12 J. frei", "Kinder vier bis zwölf Jahre frei"),
    ("Seite 3/10", "Seite drei von zehn"),
    ("im Raum 2.14", "im Raum zwei Punkt vierzehn"),
    ("Version 2.0", "Version zwei Punkt null"),
    # units, ranges, fractions
    ("3–5 Min. warten", "drei bis fünf Minuten warten"),
    ("in 5 km rechts", "in fünf Kilometern rechts"),
    ("120 km/h bei -5 °C", "einhundertzwanzig Kilometer pro Stunde bei minus fünf Grad Celsius"),
    ("10 x 20 cm", "zehn mal zwanzig Zentimeter"),
    ("in 1 Stunde", "in einer Stunde"),
    ("½ TL Salz", "einen halben Teelöffel Salz"),
    ("mit 1/2 Liter Milch", "mit einem halben Liter Milch"),
    ("3/4 der Leute", "drei Viertel der Leute"),
    ("1½ Stunden", "eineinhalb Stunden"),
    ("18-jährige, 3-mal", "achtzehnjährige dreimal"),
    ("für 1 kleine Lampe", "für eine kleine Lampe"),
    ("eine 1,5-l-Flasche", "eine eins Komma fünf Liter-Flasche"),
    ("von -3 bis +5 °C", "von minus drei bis plus fünf Grad Celsius"),
    # ordinals and Roman numerals
    ("der 1. FC Köln", "der erste F C Köln"),
    ("im 18. und 19. Jh. war", "im achtzehnten und neunzehnten Jahrhundert war"),
    ("(* 28. August 1749; † 1832)", "geboren am achtundzwanzigsten August siebzehnhundertneunundvierzig gestorben achtzehnhundertzweiunddreißig"),
    ("im 2. Stock", "im zweiten Stock"),
    ("die 2. Auflage", "die zweite Auflage"),
    ("in der 2. Klasse", "in der zweiten Klasse"),
    ("ein 2. Kind", "ein zweites Kind"),
    ("der 1. und 2. Preis", "der erste und zweite Preis"),
    ("Ludwig XIV. regierte", "Ludwig der Vierzehnte regierte"),
    ("unter Kaiser Wilhelm II. war", "unter Kaiser Wilhelm dem Zweiten war"),
    ("Elisabeth II. und Kapitel IV", "Elisabeth die Zweite und Kapitel vier"),
    # abbreviations, acronyms, signs
    ("z. B. Äpfel, d.h. Obst", "zum Beispiel Äpfel das heißt Obst"),
    ("Prof. Dr. Meier bzw. Fr. Kurz", "Professor Doktor Meier beziehungsweise Frau Kurz"),
    ("ADAC, EU und GmbH", "A D A C E U und G M B H"),
    ("NATO und UNICEF", "NATO und UNICEF"),
    ("§ 5 Abs. 2 und §§ 5–7", "Paragraf fünf Absatz zwei und Paragrafen fünf bis sieben"),
    ("i. V. m. Art. 5", "in Verbindung mit Artikel fünf"),
    ("Hr. u. Fr. Kurz", "Herr und Frau Kurz"),
    ("CO₂ und 5 m³", "C O zwei und fünf Kubikmeter"),
    ("Nr. 7 & Co.", "Nummer sieben und Co"),
    ("3 + 4 = 7", "drei plus vier gleich sieben"),
    ("ACHTUNG, NICHT ÖFFNEN", "achtung nicht öffnen"),
    ("Schüler:innen und/oder Eltern 😀", "Schüler innen und oder Eltern"),
]  # fmt: skip

ENDS = [
    ("Er kam am 3. Mai. Dann ging er.", 2),
    ("Das ist z. B. Dr. Weber, d. h. mein Arzt.", 1),
    ("Wir kaufen Äpfel, Birnen usw. Danach essen wir.", 2),
    ("Es gibt Obst usw. und Brot.", 1),
    ("Sie kommt am 3. Danach reisen wir.", 2),
    ("Er wohnt im 2. Stock links.", 1),
    ("Er sagte: „Komm her.“ Dann ging er.", 2),
    ("»Nein.« Sie lachte. »Warum?« Er schwieg.", 4),
    ("Das Boot liegt am Hafen. 12 Leute warten.", 2),
    ("Ludwig XIV. Der Sonnenkönig.", 2),
    ("Das war 44 v. Chr. Die Römer siegten.", 2),
    ("Ludwig II. von Bayern baute Schlösser.", 1),
]

PAGE = """# Unser Sommerfest

Liebe Nachbarn, am Samstag, den 15.06.2024, feiern wir ab 14:30 Uhr unser 3. Sommerfest im Hof der Lindenstr. 7. Der
Eintritt kostet 4,50 €, für Kinder 2,– €. Im letzten Jahr kamen ca. 120 Gäste, d. h. 25 % mehr als 2019.

- Kaffee und Kuchen gibt es von 15–17 Uhr, u. a. Dr. Webers Apfelkuchen mit 1,5 kg Äpfeln.
- Um 18.15 Uhr liest Prof. Anna Vogt aus ihrem Buch über Ludwig XIV. vor.
- Der 1. Preis der Tombola ist ein Fahrrad (Wert: 649,– €), der 2. Preis ein Radio.

Bitte melden Sie sich bis zum 1. Juni an: fest@lindenhof.de oder Tel. 030 445566. Parkplätze sind knapp; die
U-Bahn hält 300 m entfernt. Bei Regen (unter 12 °C) ziehen wir in den 2. Stock. „Letztes Mal hat es 3 Stunden
geregnet“, sagt Herr Kurz. Trotzdem blieben ¾ der Gäste bis 23 Uhr. Wer 1998 dabei war, weiß: Wir feiern immer!
"""
SPOKEN = """Unser Sommerfest
Liebe Nachbarn am Samstag den fünfzehnten Juni zweitausendvierundzwanzig feiern wir ab vierzehn Uhr dreißig unser
drittes Sommerfest im Hof der Lindenstraße sieben Der Eintritt kostet vier Euro fünfzig für Kinder zwei Euro Im letzten
Jahr kamen circa einhundertzwanzig Gäste das heißt fünfundzwanzig Prozent mehr als zweitausendneunzehn
Kaffee und Kuchen gibt es von fünfzehn bis siebzehn Uhr unter anderem Doktor Webers Apfelkuchen mit eins Komma fünf
Kilogramm Äpfeln
Um achtzehn Uhr fünfzehn liest Professor Anna Vogt aus ihrem Buch über Ludwig den Vierzehnten vor
Der erste Preis der Tombola ist ein Fahrrad Wert sechshundertneunundvierzig Euro der zweite Preis ein Radio
Bitte melden Sie sich bis zum ersten Juni an fest at lindenhof Punkt D E oder Telefon null drei null vier vier fünf fünf
sechs sechs Parkplätze sind knapp die U-Bahn hält dreihundert Meter entfernt Bei Regen unter zwölf Grad Celsius ziehen
wir in den zweiten Stock Letztes Mal hat es drei Stunden geregnet sagt Herr Kurz Trotzdem blieben drei Viertel der Gäste
bis dreiundzwanzig Uhr Wer neunzehnhundertachtundneunzig dabei war weiß Wir feiern immer"""


def words(text: str) -> list[str]:
    return re.findall(r"[\w]+", text.lower())


def spoken(text: str) -> list[str]:
    return words(" ".join(sentence.spoken for sentence in read(text, "de").sentences))


@pytest.mark.parametrize(("written", "said"), TABLE)
def test_a_german_phrase_becomes_words(written, said):
    assert spoken(f"Hier {written} heute.") == words(f"Hier {said} heute")


@pytest.mark.parametrize(("text", "count"), ENDS)
def test_german_sentences_end_where_they_do(text, count):
    assert len(read(text, "de").sentences) == count


def test_a_page_of_everyday_german_is_read_word_for_word():
    found, right = spoken(PAGE), words(SPOKEN)
    same = sum(block.size for block in SequenceMatcher(None, found, right, autojunk=False).get_matching_blocks())
    assert max(len(found), len(right)) - same <= 0.02 * len(right)
