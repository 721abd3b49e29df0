"""Spanish words: what is said for numbers, dates, money, units and signs, what scripts abbreviate, and what tells the gender of
nouns."""

from __future__ import annotations

from avatar.script.languages.base import words
from avatar.script.languages.romance import Romance

CENTS = ("céntimo", "céntimos")
CENTAVOS = ("centavo", "centavos")


class Words(Romance):
    # numbers
    point = "coma"
    minus = "menos"
    plus = "más"
    percent = "por ciento"
    permille = "por mil"
    number_sign = "número"
    section = "sección"
    halves = ("medio", "media")
    and_half = ("y medio", "y media")
    parts = {
        2: ("medio", "medios"), 3: ("tercio", "tercios"), 4: ("cuarto", "cuartos"), 5: ("quinto", "quintos"),
        6: ("sexto", "sextos"), 7: ("séptimo", "séptimos"), 8: ("octavo", "octavos"), 9: ("noveno", "novenos"),
        10: ("décimo", "décimos"), 100: ("centésimo", "centésimos"),
    }  # fmt: skip

    # dates and times
    months = {
        "enero": 1, "ene.": 1, "ene": 1, "febrero": 2, "feb.": 2, "feb": 2, "marzo": 3, "mar.": 3, "abril": 4, "abr.": 4,
        "abr": 4, "mayo": 5, "may.": 5, "junio": 6, "jun.": 6, "jun": 6, "julio": 7, "jul.": 7, "jul": 7, "agosto": 8,
        "ago.": 8, "ago": 8, "septiembre": 9, "setiembre": 9, "sept.": 9, "sep.": 9, "sept": 9, "sep": 9, "octubre": 10,
        "oct.": 10, "oct": 10, "noviembre": 11, "nov.": 11, "nov": 11, "diciembre": 12, "dic.": 12, "dic": 12,
    }  # fmt: skip
    month_names = (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    )  # fmt: skip
    weekdays = {
        "lunes": "lunes", "martes": "martes", "miércoles": "miércoles", "jueves": "jueves", "viernes": "viernes",
        "sábado": "sábado", "domingo": "domingo", "lun.": "lunes", "mié.": "miércoles", "miérc.": "miércoles",
        "jue.": "jueves", "vie.": "viernes", "sáb.": "sábado", "dom.": "domingo",
    }  # fmt: skip
    clock_words = words("las la")
    hours = words("la las")

    # money and units
    currencies = {
        "EUR": (("euro", "euros"), CENTS), "USD": (("dólar", "dólares"), CENTAVOS),
        "GBP": (("libra", "libras"), ("penique", "peniques")), "JPY": (("yen", "yenes"), ()),
        "CHF": (("franco suizo", "francos suizos"), CENTS), "MXN": (("peso mexicano", "pesos mexicanos"), CENTAVOS),
        "ARS": (("peso argentino", "pesos argentinos"), CENTAVOS), "COP": (("peso colombiano", "pesos colombianos"), CENTAVOS),
        "CLP": (("peso chileno", "pesos chilenos"), ()), "BRL": (("real", "reales"), CENTAVOS), "CNY": (("yuan", "yuanes"), ()),
        "INR": (("rupia", "rupias"), ()), "RUB": (("rublo", "rublos"), ()), "BTC": (("bitcoin", "bitcoins"), ()),
        "CAD": (("dólar canadiense", "dólares canadienses"), CENTAVOS), "TRY": (("lira turca", "liras turcas"), ()),
        "AUD": (("dólar australiano", "dólares australianos"), CENTAVOS), "cent": (CENTAVOS, ()),
    }  # fmt: skip
    and_cents = "con"
    scales = {
        "mil": ("mil", "mil"), "k": ("mil", "mil"), "m": ("millón", "millones"), "mm": ("millón", "millones"),
        "mill.": ("millón", "millones"), "millón": ("millón", "millones"), "millones": ("millón", "millones"),
        "billón": ("billón", "billones"), "billones": ("billón", "billones"),
    }  # fmt: skip
    of_scale = "de"
    units = {
        "mm": ("milímetro", "milímetros"), '"': ("pulgada", "pulgadas"), "″": ("pulgada", "pulgadas"), "cm": ("centímetro", "centímetros"), "m": ("metro", "metros"),
        "km": ("kilómetro", "kilómetros"), "Km": ("kilómetro", "kilómetros"), "kms": ("kilómetro", "kilómetros"),
        "µm": ("micrómetro", "micrómetros"), "nm": ("nanómetro", "nanómetros"),
        "m²": ("metro cuadrado", "metros cuadrados"), "m2": ("metro cuadrado", "metros cuadrados"),
        "km²": ("kilómetro cuadrado", "kilómetros cuadrados"), "km2": ("kilómetro cuadrado", "kilómetros cuadrados"),
        "cm²": ("centímetro cuadrado", "centímetros cuadrados"), "m³": ("metro cúbico", "metros cúbicos"),
        "m3": ("metro cúbico", "metros cúbicos"), "cm³": ("centímetro cúbico", "centímetros cúbicos"),
        "ha": ("hectárea", "hectáreas"), "mg": ("miligramo", "miligramos"), "g": ("gramo", "gramos"),
        "gr": ("gramo", "gramos"), "gr.": ("gramo", "gramos"), "kg": ("kilo", "kilos"), "Kg": ("kilo", "kilos"),
        "µg": ("microgramo", "microgramos"), "t": ("tonelada", "toneladas"), "ml": ("mililitro", "mililitros"),
        "mL": ("mililitro", "mililitros"), "cl": ("centilitro", "centilitros"), "dl": ("decilitro", "decilitros"),
        "l": ("litro", "litros"), "L": ("litro", "litros"), "s": ("segundo", "segundos"), "seg": ("segundo", "segundos"),
        "seg.": ("segundo", "segundos"), "ms": ("milisegundo", "milisegundos"), "min": ("minuto", "minutos"),
        "min.": ("minuto", "minutos"), "h": ("hora", "horas"), "hs": ("hora", "horas"), "hrs": ("hora", "horas"),
        "km/h": ("kilómetro por hora", "kilómetros por hora"),
        "Km/h": ("kilómetro por hora", "kilómetros por hora"), "m/s": ("metro por segundo", "metros por segundo"),
        "Hz": ("hercio", "hercios"), "kHz": ("kilohercio", "kilohercios"), "MHz": ("megahercio", "megahercios"),
        "GHz": ("gigahercio", "gigahercios"), "kB": ("kilobyte", "kilobytes"), "KB": ("kilobyte", "kilobytes"),
        "MB": ("megabyte", "megabytes"), "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"),
        "Mbps": ("megabit por segundo", "megabits por segundo"), "Mb/s": ("megabit por segundo", "megabits por segundo"),
        "W": ("vatio", "vatios"), "kW": ("kilovatio", "kilovatios"), "MW": ("megavatio", "megavatios"),
        "kWh": ("kilovatio hora", "kilovatios hora"), "V": ("voltio", "voltios"), "A": ("amperio", "amperios"),
        "mAh": ("miliamperio hora", "miliamperios hora"), "kcal": ("kilocaloría", "kilocalorías"),
        "cal": ("caloría", "calorías"), "dB": ("decibelio", "decibelios"), "hPa": ("hectopascal", "hectopascales"),
        "px": ("píxel", "píxeles"), "CV": ("caballo", "caballos"),
        "°C": ("grado", "grados"), "ºC": ("grado", "grados"), "° C": ("grado", "grados"), "º C": ("grado", "grados"),
        "℃": ("grado", "grados"), "°F": ("grado Fahrenheit", "grados Fahrenheit"), "°": ("grado", "grados"),
        "º": ("grado", "grados"), "%": ("por ciento",), "‰": ("por mil",), "x": ("por",),
    }  # fmt: skip
    units |= {"KM": units["km"], "KG": units["kg"], "CM": units["cm"]}  # in a text of capitals
    to = "a"

    # signs and letters
    symbols = {
        "&": "y", "+": "más", "=": "igual a", "@": "arroba", "%": "por ciento", "°": "grados", "€": "euros", "£": "libras",
        "$": "dólares", "×": "por", "÷": "entre", "±": "más menos", "≈": "aproximadamente", "~": "unos", "≤": "menor o igual que",
        "≥": "mayor o igual que", "≠": "distinto de", "<": "menor que", ">": "mayor que", "√": "raíz de", "→": "a",
        "∞": "infinito", "π": "pi", "α": "alfa", "φ": "fi", "θ": "zeta", "№": "número", "§": "sección", "#": "almohadilla", "º": "", "ª": "", "©": "copyright",
        "^": "elevado a", "?": "interrogación", "‰": "por mil", "*": "asterisco",
    }  # fmt: skip
    times = "por"
    by = "por"
    over = "entre"
    out_of = "sobre"
    rated = words("nota puntuación calificación valoración sacó saqué")
    dot = "punto"
    at = "arroba"
    slash = "barra"
    dash = "guion"
    underscore = "guion bajo"
    colon = "dos puntos"
    backslash = "barra invertida"
    address_words = {"www": "uve doble uve doble uve doble", "es": "es", "ar": "ar"}
    squared = "al cuadrado"
    cubed = "al cubo"
    power = "elevado a"
    letter_names = {
        "a": "a", "b": "be", "c": "ce", "d": "de", "e": "e", "f": "efe", "g": "ge", "h": "hache", "i": "i", "j": "jota",
        "k": "ka", "l": "ele", "m": "eme", "n": "ene", "ñ": "eñe", "o": "o", "p": "pe", "q": "cu", "r": "erre", "s": "ese",
        "t": "te", "u": "u", "v": "uve", "w": "uve doble", "x": "equis", "y": "ye", "z": "zeta",
    }  # fmt: skip

    # words
    abbreviations = {
        # titles
        "sr.": "señor", "sra.": "señora", "srta.": "señorita", "sres.": "señores", "sras.": "señoras", "dr.": "doctor",
        "dra.": "doctora", "dres.": "doctores", "d.": "don", "dña.": "doña", "d.ª": "doña", "dª": "doña", "prof.": "profesor",
        "profa.": "profesora", "prof.ª": "profesora", "ing.": "ingeniero", "lic.": "licenciado", "arq.": "arquitecto",
        "gral.": "general", "cap.": "capítulo", "cnel.": "coronel", "sto.": "santo", "sta.": "santa", "ud.": "usted",
        "uds.": "ustedes", "vd.": "usted", "vds.": "ustedes", "mons.": "monseñor", "excmo.": "excelentísimo",
        "excma.": "excelentísima", "ilmo.": "ilustrísimo", "hnos.": "hermanos", "rdo.": "reverendo",
        # places
        "av.": "avenida", "avda.": "avenida", "c/": "calle", "pza.": "plaza", "plza.": "plaza", "pl.": "plaza",
        "ctra.": "carretera", "p.º": "paseo", "pº": "paseo", "izq.": "izquierda", "izda.": "izquierda", "dcha.": "derecha",
        "dpto.": "departamento", "depto.": "departamento", "apdo.": "apartado", "urb.": "urbanización", "s/n": "sin número",
        "ee. uu.": "Estados Unidos", "ee.uu.": "Estados Unidos", "ee.uu": "Estados Unidos", "eeuu": "Estados Unidos",
        "jj. oo.": "Juegos Olímpicos", "jj.oo.": "Juegos Olímpicos", "cc. oo.": "Comisiones Obreras",
        "cc.oo.": "Comisiones Obreras", "ccoo": "Comisiones Obreras", "cía.": "compañía", "s. a.": "ese a", "s.a.": "ese a",
        "s. l.": "ese ele", "s.l.": "ese ele", "ltda.": "limitada",
        # writing
        "p. ej.": "por ejemplo", "p.ej.": "por ejemplo", "p. e.": "por ejemplo", "ej.": "ejemplo", "etc.": "etcétera",
        "pág.": "página", "págs.": "páginas", "p.": "página", "pp.": "páginas", "núm.": "número", "núms.": "números",
        "n.º": "número", "nº": "número", "n°": "número", "n.°": "número", "nro.": "número", "no.": "número",
        "art.": "artículo", "arts.": "artículos", "vol.": "volumen", "ed.": "edición", "fig.": "figura", "ref.": "referencia",
        "cfr.": "véase", "vs.": "versus", "tel.": "teléfono", "tfno.": "teléfono", "tlf.": "teléfono", "tfn.": "teléfono",
        "aprox.": "aproximadamente", "máx.": "máximo", "mín.": "mínimo", "min.": "minutos", "hab.": "habitantes",
        "a. c.": "antes de Cristo", "a.c.": "antes de Cristo", "d. c.": "después de Cristo", "d.c.": "después de Cristo",
        "c/u": "cada uno", "p. d.": "posdata", "p.d.": "posdata", "atte.": "atentamente", "admón.": "administración",
        "cta.": "cuenta", "incl.": "incluido", "ss.": "siguientes", "s.": "siglo",
        "i+d": "i más de", "24/7": "veinticuatro siete", "y/o": "y o", "mp3": "eme pe tres", "mp4": "eme pe cuatro", "50/50": "cincuenta cincuenta", "c++": "ce más más", "c#": "ce sharp",
        "dto.": "descuento", "tb.": "también", "tfno": "teléfono", "tlf": "teléfono", "km": "kilómetro", "kg": "kilo",
    }  # fmt: skip
    before_number = words("p. pp. no. ed. cap. art. arts. fig. vol. min. s. ss. núm. núms. nro.")
    before_name = words("d. d.ª dª pl. lic. ing. arq. sto. sta. c/ rdo.")
    capital_only = words("no. d. d.ª dª")
    may_end = frozenset([
        "etc.", "ee. uu.", "ee.uu.", "jj. oo.", "jj.oo.", "s. a.", "s.a.", "s. l.", "s.l.", "izq.", "izda.", "dcha.", "a. c.",
        "a.c.", "d. c.", "d.c.", "ltda.", "aprox.", "hab.", "máx.", "mín.", "min.", "ud.", "uds.", "vd.",
        "vds.", "incl.", "cc. oo.", "cc.oo.", "gr.", "h.", "seg.", "mill.",
    ])  # fmt: skip
    acronym_words = words(
        "ONU OTAN UNESCO UNICEF NASA OVNI SIDA COVID PYME PYMES RENFE IVA ESO FIFA UEFA RAE OPEP AENA UNED AVE INE ERTE ERE "
        "COPE MIR BOE ANPE CAF OEA OMS_ CONACYT PEMEX SIM PIN RAM WIFI LED LASER IBEX ITE TALGO SEAT IKEA APA TIC TAC ICEX"
    )
    code_words = words("pin código contraseña clave isbn cuenta iban pasaporte referencia postal")
    starters = words(
        "El La Los Las Un Una Unos Unas Lo Este Esta Estos Estas Ese Esa Eso Esto Aquel Aquella Él Ella Ellos Ellas Yo Tú "
        "Nosotros Usted Ustedes Y O Pero Si Sí No Cuando Como Donde Aunque Mientras Porque Por Para En De Del Al A Con Sin "
        "Según Desde Hasta Entre Sobre Tras Ya Hay Es Son Fue Era Está Están Se Me Te Le Nos Su Sus Mi Mis Tu Tus Hoy Ayer "
        "Mañana Ahora Después Luego Además También Así Entonces Aquí Allí Todo Todos Toda Todas Cada Muchos Otros Qué Quién "
        "Cómo Cuándo Dónde Gracias Hola Después Finalmente Primero"
    )
    shouted = words(
        "el la los las un una de del al a en y o que no sí si con sin por para se me te le lo su mi tu es son ya más muy hoy "
        "hay ni este esta eso esto como pero todo toda gran sol mar rey fin dos tres seis diez cien mil bien mal sólo solo"
    )
    spelled = words("ISBN ADSL IRPF UMTS HDMI OCDE RTVE BBVA UGT IBAN_ HTTP HTML URL ADN ARN AEAT IEEE UCLA IMSS UPS")
    regnal = words(
        "luis felipe carlos fernando alfonso juan isabel benedicto pío pablo enrique jaime pedro sancho napoleón francisco "
        "gregorio clemente inocencio urbano león alejandro nicolás catalina jorge eduardo guillermo ramiro bermudo ordoño "
        "amadeo josé federico maría cristián gustavo haakon harald olaf iván rey reina papa emperador zar"
    )
    numbered = words(
        "capítulo tomo volumen libro parte acto escena anexo título fase tipo nivel grado artículo tabla figura apéndice "
        "sección lección clase grupo página pág. cap. vol. art. apolo etapa módulo bloque serie"
    )

    # nouns and their gender
    not_nouns = words(
        "y e o u a de del al el la los las un una en por para con sin que es son fue era eran ha han hay está están según desde hasta "
        "entre sobre como más menos pero si no se ya le les lo me te su sus mi tu nos cada ni cuando donde después antes "
        "pues entonces mientras aunque porque además también tiene tienen puede pueden debe va muy millones millón mil "
        "horas_ veces_ además jamás quizás tras contra ante otra_ aquí allí"
    )
    labels = words(
        "número n.º nº núm. página pág. p. capítulo artículo art. canal tema piso planta día año versión nivel tipo fase "
        "línea autobús sala aula habitación puerta anexo figura tabla paso lección unidad km grupo"
    )
    the = words("el la los las del al un una este esta")
    feminine = words(
        "razón razon vez vec mano foto moto radio noche tarde calle clase parte gente mujer llave leche nube sangre carne fuente suerte "
        "muerte mente nave serie base fase frase clave torre cruz luz voz paz flor piel sal miel red ley tribu imagen imágen "
        "isabel señal capital cárcel crisis tesis superficie especie piel pared madre sede costumbre legumbre cumbre"
    )
    masculine = words(
        "día mapa problema sistema programa tema idioma clima poema planeta cometa drama dilema esquema fantasma síntoma "
        "diploma atleta policía pijama sofá tranvía panda panorama crucigrama aroma enigma lema trauma guardia camión avión "
        "gorrión guion guía poeta colega colegas camarada pirata"
    )
    feminine_endings = (
        "a", "as", "ción", "ciones", "sión", "siones", "gión", "giones", "nión", "niones", "dad", "dades", "tad", "tades", "tud", "tudes",
    )  # fmt: skip
    masculine_endings = ("ista", "istas", "grama", "gramas", "ema", "emas")
