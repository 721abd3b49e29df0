"""Italian words: what is said for numbers, dates, money, units and signs, what scripts abbreviate, and what tells the gender of
nouns."""

from __future__ import annotations

from avatar.script.languages.base import words
from avatar.script.languages.romance import Romance

CENTESIMI = ("centesimo", "centesimi")
MILLION, BILLION = ("milione", "milioni"), ("miliardo", "miliardi")


class Words(Romance):
    # numbers
    point = "virgola"
    minus = "meno"
    plus = "più"
    percent = "per cento"
    permille = "per mille"
    number_sign = "numero"
    section = "paragrafo"
    halves = ("mezzo", "mezza")
    and_half = ("e mezzo", "e mezza")
    parts = {
        2: ("mezzo", "mezzi"), 3: ("terzo", "terzi"), 4: ("quarto", "quarti"), 5: ("quinto", "quinti"),
        6: ("sesto", "sesti"), 7: ("settimo", "settimi"), 8: ("ottavo", "ottavi"), 9: ("nono", "noni"),
        10: ("decimo", "decimi"), 100: ("centesimo", "centesimi"),
    }  # fmt: skip
    of_part = "di"
    of_year = "del"

    # dates and times
    months = {
        "gennaio": 1, "genn.": 1, "gen.": 1, "gen": 1, "febbraio": 2, "febbr.": 2, "feb.": 2, "feb": 2, "marzo": 3,
        "mar.": 3, "aprile": 4, "apr.": 4, "apr": 4, "maggio": 5, "magg.": 5, "mag.": 5, "mag": 5, "giugno": 6, "giu.": 6,
        "luglio": 7, "lug.": 7, "agosto": 8, "ago.": 8, "settembre": 9, "sett.": 9, "set.": 9, "ottobre": 10, "ott.": 10,
        "ott": 10, "novembre": 11, "nov.": 11, "nov": 11, "dicembre": 12, "dic.": 12, "dic": 12,
    }  # fmt: skip
    month_names = (
        "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre",
        "dicembre",
    )  # fmt: skip
    weekdays = {
        "lunedì": "lunedì", "martedì": "martedì", "mercoledì": "mercoledì", "giovedì": "giovedì", "venerdì": "venerdì",
        "sabato": "sabato", "domenica": "domenica", "lun.": "lunedì", "mart.": "martedì", "merc.": "mercoledì",
        "mer.": "mercoledì", "gio.": "giovedì", "giov.": "giovedì", "ven.": "venerdì", "sab.": "sabato", "dom.": "domenica",
    }  # fmt: skip
    clock_words = words("alle all' ore h. h dalle le entro verso dall'")

    # money and units
    currencies = {
        "EUR": (("euro", "euro"), CENTESIMI), "USD": (("dollaro", "dollari"), CENTESIMI),
        "GBP": (("sterlina", "sterline"), ("penny", "pence")), "JPY": (("yen", "yen"), ()),
        "CHF": (("franco svizzero", "franchi svizzeri"), CENTESIMI), "CNY": (("yuan", "yuan"), ()),
        "CAD": (("dollaro canadese", "dollari canadesi"), CENTESIMI), "INR": (("rupia", "rupie"), ()),
        "AUD": (("dollaro australiano", "dollari australiani"), CENTESIMI), "RUB": (("rublo", "rubli"), ()),
        "BTC": (("bitcoin", "bitcoin"), ()), "BRL": (("real", "real"), ()), "TRY": (("lira turca", "lire turche"), ()),
        "PLN": (("zloty", "zloty"), ()), "cent": (CENTESIMI, ()),
    }  # fmt: skip
    and_cents = "e"
    scales = {
        "mila": ("mille", "mila"), "k": ("mille", "mila"), "m": MILLION, "mln": MILLION, "mln.": MILLION, "mio": MILLION,
        "mld": BILLION, "mld.": BILLION, "mrd": BILLION, "milione": MILLION, "milioni": MILLION, "miliardo": BILLION,
        "miliardi": BILLION,
    }  # fmt: skip
    of_scale = "di"
    units = {
        "mm": ("millimetro", "millimetri"), '"': ("pollice", "pollici"), "″": ("pollice", "pollici"), "cm": ("centimetro", "centimetri"), "m": ("metro", "metri"),
        "mt": ("metro", "metri"), "mt.": ("metro", "metri"), "km": ("chilometro", "chilometri"),
        "Km": ("chilometro", "chilometri"), "µm": ("micrometro", "micrometri"), "nm": ("nanometro", "nanometri"),
        "m²": ("metro quadrato", "metri quadrati"), "m2": ("metro quadrato", "metri quadrati"),
        "mq": ("metro quadrato", "metri quadrati"), "mq.": ("metro quadrato", "metri quadrati"),
        "km²": ("chilometro quadrato", "chilometri quadrati"), "kmq": ("chilometro quadrato", "chilometri quadrati"),
        "km2": ("chilometro quadrato", "chilometri quadrati"), "cm²": ("centimetro quadrato", "centimetri quadrati"),
        "m³": ("metro cubo", "metri cubi"), "m3": ("metro cubo", "metri cubi"), "mc": ("metro cubo", "metri cubi"),
        "cm³": ("centimetro cubo", "centimetri cubi"), "ha": ("ettaro", "ettari"), "mg": ("milligrammo", "milligrammi"),
        "g": ("grammo", "grammi"), "gr": ("grammo", "grammi"), "gr.": ("grammo", "grammi"), "hg": ("etto", "etti"),
        "kg": ("chilo", "chili"), "Kg": ("chilo", "chili"), "µg": ("microgrammo", "microgrammi"),
        "t": ("tonnellata", "tonnellate"), "q": ("quintale", "quintali"), "ml": ("millilitro", "millilitri"),
        "mL": ("millilitro", "millilitri"), "cl": ("centilitro", "centilitri"), "dl": ("decilitro", "decilitri"),
        "l": ("litro", "litri"), "lt": ("litro", "litri"), "L": ("litro", "litri"), "s": ("secondo", "secondi"),
        "sec": ("secondo", "secondi"), "sec.": ("secondo", "secondi"), "ms": ("millisecondo", "millisecondi"),
        "min": ("minuto", "minuti"), "min.": ("minuto", "minuti"), "h": ("ora", "ore"), "gg": ("giorno", "giorni"),
        "gg.": ("giorno", "giorni"), "km/h": ("chilometro orario", "chilometri orari"),
        "Km/h": ("chilometro orario", "chilometri orari"), "m/s": ("metro al secondo", "metri al secondo"),
        "Hz": ("hertz",), "kHz": ("chilohertz",), "MHz": ("megahertz",), "GHz": ("gigahertz",), "kB": ("kilobyte",),
        "KB": ("kilobyte",), "MB": ("megabyte",), "GB": ("gigabyte",), "TB": ("terabyte",),
        "Mbps": ("megabit al secondo",), "Mb/s": ("megabit al secondo",), "W": ("watt",), "kW": ("chilowatt",),
        "MW": ("megawatt",), "kWh": ("chilowattora",), "V": ("volt",), "A": ("ampere",), "mAh": ("milliampere ora",),
        "kcal": ("chilocaloria", "chilocalorie"), "cal": ("caloria", "calorie"), "dB": ("decibel",), "hPa": ("ettopascal",),
        "px": ("pixel",), "CV": ("cavallo", "cavalli"), "ab.": ("abitante", "abitanti"), "°C": ("grado", "gradi"),
        "ºC": ("grado", "gradi"), "° C": ("grado", "gradi"), "℃": ("grado", "gradi"),
        "°F": ("grado Fahrenheit", "gradi Fahrenheit"), "°": ("grado", "gradi"), "%": ("per cento",), "‰": ("per mille",),
        "x": ("per",),
    }  # fmt: skip
    units |= {"KM": units["km"], "KG": units["kg"], "CM": units["cm"]}  # in a text of capitals
    to = "a"

    # signs and letters
    symbols = {
        "&": "e", "+": "più", "=": "uguale", "@": "chiocciola", "%": "per cento", "°": "gradi", "€": "euro", "£": "sterline",
        "$": "dollari", "×": "per", "÷": "diviso", "±": "più o meno", "≈": "circa", "~": "circa", "≤": "minore o uguale a",
        "≥": "maggiore o uguale a", "≠": "diverso da", "<": "minore di", ">": "maggiore di", "α": "alfa", "φ": "fi", "θ": "teta", "√": "radice di", "→": "a",
        "∞": "infinito", "π": "pi greco", "№": "numero", "§": "paragrafo", "#": "hashtag", "º": "", "ª": "",
        "©": "copyright", "^": "elevato a", "?": "punto interrogativo", "‰": "per mille", "*": "asterisco",
    }  # fmt: skip
    times = "per"
    by = "per"
    over = "su"
    out_of = "su"
    rated = words("voto voti punteggio valutazione preso")
    dot = "punto"
    at = "chiocciola"
    slash = "barra"
    dash = "trattino"
    underscore = "trattino basso"
    colon = "due punti"
    backslash = "barra rovesciata"
    address_words = {"www": "vu vu vu", "it": "it"}
    squared = "al quadrato"
    cubed = "al cubo"
    power = "elevato a"
    letter_names = {
        "a": "a", "b": "bi", "c": "ci", "d": "di", "e": "e", "f": "effe", "g": "gi", "h": "acca", "i": "i", "j": "i lunga",
        "k": "cappa", "l": "elle", "m": "emme", "n": "enne", "o": "o", "p": "pi", "q": "cu", "r": "erre", "s": "esse",
        "t": "ti", "u": "u", "v": "vu", "w": "doppia vu", "x": "ics", "y": "ipsilon", "z": "zeta",
    }  # fmt: skip

    # words
    abbreviations = {
        # titles
        "sig.": "signor", "sig.ra": "signora", "sig.na": "signorina", "sigg.": "signori", "sig.re": "signore",
        "dott.": "dottor", "dott.ssa": "dottoressa", "dr.": "dottor", "dr.ssa": "dottoressa", "d.ssa": "dottoressa",
        "prof.": "professor", "prof.ssa": "professoressa", "proff.": "professori", "avv.": "avvocato", "ing.": "ingegner",
        "arch.": "architetto", "geom.": "geometra", "rag.": "ragionier", "on.": "onorevole", "sen.": "senatore",
        "gen.": "generale", "col.": "colonnello", "cap.": "capitolo", "mons.": "monsignor", "egr.": "egregio",
        "gent.mo": "gentilissimo", "gent.ma": "gentilissima", "gent.": "gentile", "spett.le": "spettabile",
        "ill.mo": "illustrissimo", "s.": "San", "ss.": "Santissimi", "f.lli": "fratelli", "cav.": "cavalier",
        # places
        "p.zza": "piazza", "p.za": "piazza", "pza": "piazza", "v.le": "viale", "c.so": "corso", "l.go": "largo",
        "str.": "strada", "loc.": "località", "fraz.": "frazione", "prov.": "provincia", "int.": "interno",
        "s.n.c.": "senza numero civico", "c/o": "presso", "s.l.m.": "sul livello del mare", "s.p.a.": "esse pi a",
        "spa": "esse pi a", "s.r.l.": "esse erre elle", "srl": "esse erre elle",
        # writing
        "ecc.": "eccetera", "etc.": "eccetera", "es.": "esempio", "p. es.": "per esempio", "p.es.": "per esempio",
        "ad es.": "ad esempio", "pag.": "pagina", "pagg.": "pagine", "p.": "pagina", "pp.": "pagine", "n.": "numero",
        "nn.": "numeri", "n°": "numero", "nº": "numero", "num.": "numero", "nr.": "numero", "art.": "articolo",
        "artt.": "articoli", "vol.": "volume", "ed.": "edizione", "fig.": "figura", "rif.": "riferimento",
        "tel.": "telefono", "cell.": "cellulare", "ca.": "circa", "cfr.": "confronta", "v.": "vedi", "max.": "massimo",
        "min.": "minimo", "a.c.": "avanti Cristo", "a. c.": "avanti Cristo", "d.c.": "dopo Cristo", "d. c.": "dopo Cristo",
        "n.b.": "nota bene", "p.s.": "post scriptum", "ca": "circa", "sec.": "secolo", "secc.": "secoli", "gg.": "giorni",
        "incl.": "incluso", "escl.": "escluso", 
        "q.b.": "quanto basta", "qb": "quanto basta", "tot.": "totale", "ab.": "abitanti", "24/7": "ventiquattro sette",
        "e/o": "e o", "mp3": "emme pi tre", "mp4": "emme pi quattro", "50/50": "cinquanta cinquanta", "c++": "ci più più", "c#": "ci sharp", "km": "chilometro", "kg": "chilo", "h24": "acca ventiquattro", "obbl.": "obbligatorio",
    }  # fmt: skip
    before_number = words(
        "p. pp. n. nn. num. nr. ed. cap. art. artt. fig. vol. min. max. sec. secc. v. ca tot. int. ss. pag."
    )
    before_name = words("s. str. loc. on. sen. gen. col. cav. gent. ing. arch. rag. geom.")
    capital_only = words("s. ss. spa")
    may_end = frozenset([
        "ecc.", "etc.", "a.c.", "a. c.", "d.c.", "d. c.", "ca.", "s.l.m.", "s.p.a.", "s.r.l.", "gr.", "mt.", "mq.", "min.",
        "sec.", "gg.", "q.b.", "ab.", "incl.", "escl.", "mln.", "mld.", "s.n.c.",
    ])  # fmt: skip
    acronym_words = words(
        "ONU NATO UNESCO UNICEF NASA UFO AIDS COVID FIFA UEFA OPEC INPS INAIL ISTAT FIAT ENI ENEL ENEA IVA IMU TARI TAR RAI "
        "ISEE CONI CAI ASL USL SIAE CONSOB IRPEF IRES IRAP SPID PEC PIN RAM SIM WIFI LED LASER IKEA FAI LUISS TAC TIM ATAC "
        "BOT BTP_ CAF DOC DOP ANSA ARPA AIRC AVIS CAP MIUR MES PIL ANAS ACI ICI SIM ISO DAD DPCM_ ATM_ ANPI COOP USA"
    )
    code_words = words("pin codice password isbn conto iban passaporto cap")
    starters = words(
        "L C D Dov All Dall Nell Dell Sull Quest Quell Il Lo La I Gli Le L' Un Uno Una Questo Questa Questi Queste Quello Quella Quelli Quelle Egli Lui Lei Loro Noi Voi Io "
        "Tu E O Ma Se Sì No Non Quando Come Dove Anche Mentre Perché Per In Nel Nella Di Del Della Da Dal A Al Alla Con Senza "
        "Secondo Dopo Prima Poi Già C'è Ci È Sono Era Si Mi Ti Vi Suo Sua Oggi Ieri Domani Ora Adesso Inoltre Così Allora Qui "
        "Tutto Tutti Tutta Tutte Ogni Molti Altri Chi Che Cosa Grazie Ciao Infine Su Sul Tra Fra"
    )
    shouted = words(
        "il lo la i gli le un uno una di del a al da dal in nel con su per tra fra e o ma se sì no non che chi si mi ti ci vi "
        "è sono ho ha più già qui qua ora oggi tu io lui lei noi voi mare re fine due tre sei dieci cento mille bene male solo"
    )
    spelled = words("ISBN ADSL HDMI OCSE_ URL UMTS HTTP HTML IEEE UCLA DNA RNA USB CGIL CISL_ BCE ISIS_ SNAI_")
    regnal = words(
        "luigi carlo emanuele umberto amedeo enrico filippo napoleone giovanni paolo pio benedetto elisabetta edoardo giorgio "
        "guglielmo alberto leopoldo alessandro nicola caterina federico ferdinando isabella gregorio innocenzo clemente urbano "
        "leone bonifacio giulio sisto ramsete cristiano gustavo francesco cosimo ottone re regina papa imperatore zar alfonso "
        "felipe vittorio"
    )
    numbered = words(
        "capitolo tomo volume libro parte atto scena allegato titolo fase tipo livello grado articolo tabella figura appendice "
        "sezione lezione classe gruppo tappa modulo serie canto vaticano legislatura cap. vol. art. tit. pag."
    )

    # nouns and their gender
    not_nouns = words(
        "di del dello della dei degli delle da dal dalla in nel nella a al alla ai agli alle e ed o il lo la i gli le un una per "
        "con su sul sulla tra fra senza che chi è sono era erano ha hanno si non ma se come più meno quando dove dopo prima poi "
        "già mi ti ci vi ne suo sua può possono deve va fa milioni miliardi mila milione miliardo circa anche ore_ ogni all dell"
    )
    labels = words(
        "numero n. n° nº num. nr. pagina pag. p. capitolo cap. articolo art. canale linea livello fase tipo piano camera aula "
        "stanza porta allegato figura tabella versione gruppo autobus tram binario anno giorno passo lezione unità"
    )
    the = words("il lo la del dello della al allo alla nel nello nella dal dalla sul questo")
    feminine = words(
        "canzone immagine origine indagine pagine febbre polvere tigre volpe estate salute notte notti parte parti classe classi chiave chiavi mano mani foto moto radio auto carne neve gente mente fonte arte "
        "nave luce voce croce pace pelle legge base fase frase serie specie moglie madre valle torre sede rete stazione "
        "elisabetta caterina isabella maria crisi tesi analisi ipotesi"
    )
    masculine = words(
        "problema sistema programma tema clima poema pianeta dramma cinema diploma poeta sofà pigiama panorama schema "
        "atleta collega artista papa trauma enigma aroma lama euro luca andrea nicola mattia"
    )
    feminine_endings = ("a", "zione", "sione", "gione", "tà", "tù", "trice", "udine", "ice")
    masculine_endings = (
        "ista",
        "gramma",
        "codice",
        "indice",
        "giudice",
        "pollice",
        "vertice",
        "apice",
        "camice",
        "margine",
        "argine",
    )
