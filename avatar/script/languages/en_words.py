"""English words: what is said for numbers, dates, money, units and signs, and what scripts abbreviate."""

from __future__ import annotations

from typing import ClassVar

from avatar.script.languages.base import Language, in_order, words

CENTS = ("cent", "cents")


class Words(Language):
    # numbers
    point = "point"
    percent = "percent"
    permille = "per mille"
    number_sign = "number"
    section = "section"

    # dates and times
    months = {
        "january": 1, "jan.": 1, "jan": 1, "february": 2, "feb.": 2, "feb": 2, "march": 3, "mar.": 3, "mar": 3, "april": 4,
        "apr.": 4, "apr": 4, "may": 5, "june": 6, "jun.": 6, "jun": 6, "july": 7, "jul.": 7, "jul": 7, "august": 8, "aug.": 8, "aug": 8,
        "september": 9, "sept.": 9, "sep.": 9, "sept": 9, "october": 10, "oct.": 10, "oct": 10, "november": 11, "nov.": 11,
        "nov": 11, "december": 12, "dec.": 12, "dec": 12,
    }  # fmt: skip
    month_names = in_order("January February March April May June July August September October November December")
    weekdays = {
        "monday": "Monday", "mon.": "Monday", "tuesday": "Tuesday", "tue.": "Tuesday", "tues.": "Tuesday",
        "wednesday": "Wednesday", "wed.": "Wednesday", "thursday": "Thursday", "thu.": "Thursday", "thur.": "Thursday",
        "thurs.": "Thursday", "friday": "Friday", "fri.": "Friday", "saturday": "Saturday", "sat.": "Saturday",
        "sunday": "Sunday", "sun.": "Sunday",
    }  # fmt: skip
    year_words = words(
        "in since from until till by of year before after during around circa between and to through spring summer "
        "autumn fall winter early late mid class copyright © back for january february march april may june july "
        "august september october november december born died founded established"
    )

    # money and units
    currencies = {
        "USD": (("dollar", "dollars"), CENTS), "EUR": (("euro", "euros"), CENTS),
        "GBP": (("pound", "pounds"), ("penny", "pence")), "JPY": (("yen",), ()), "INR": (("rupee", "rupees"), ("paisa", "paise")),
        "CNY": (("yuan",), ()), "KRW": (("won",), ()), "RUB": (("ruble", "rubles"), ("kopeck", "kopecks")),
        "TRY": (("lira", "liras"), ()), "CHF": (("Swiss franc", "Swiss francs"), ("centime", "centimes")),
        "CAD": (("Canadian dollar", "Canadian dollars"), CENTS), "AUD": (("Australian dollar", "Australian dollars"), CENTS),
        "NZD": (("New Zealand dollar", "New Zealand dollars"), CENTS), "BTC": (("bitcoin", "bitcoins"), ()),
        "PLN": (("zloty",), ()), "CZK": (("Czech crown", "Czech crowns"), ()), "SEK": (("Swedish crown", "Swedish crowns"), ()),
        "NOK": (("Norwegian crown", "Norwegian crowns"), ()), "DKK": (("Danish crown", "Danish crowns"), ()),
        "BRL": (("real", "reais"), ("centavo", "centavos")), "MXN": (("Mexican peso", "Mexican pesos"), ("centavo", "centavos")),
        "ILS": (("shekel", "shekels"), ()), "UAH": (("hryvnia", "hryvnias"), ()), "VND": (("dong",), ()),
        "cent": (CENTS, ()), "penny": (("penny", "pence"), ()),
    }  # fmt: skip
    and_cents = "and"
    scales = {
        "k": ("thousand",), "m": ("million",), "mn": ("million",), "mm": ("million",), "bn": ("billion",),
        "b": ("billion",), "tn": ("trillion",), "t": ("trillion",), "thousand": ("thousand",),
        "million": ("million",), "billion": ("billion",), "trillion": ("trillion",),
    }  # fmt: skip
    articles = frozenset({"a", "an", "this", "that", "another", "each", "every"})
    units = {
        "pts.": ("point", "points"), "pts": ("point", "points"), "µL": ("microliter", "microliters"), "μL": ("microliter", "microliters"),
        "μg": ("microgram", "micrograms"), "μs": ("microsecond", "microseconds"),
        "mos.": ("month", "months"), "mos": ("month", "months"), "wks": ("week", "weeks"), "wks.": ("week", "weeks"),
        "Tbsp": ("tablespoon", "tablespoons"), "Tbsp.": ("tablespoon", "tablespoons"), "tbs": ("tablespoon", "tablespoons"),
        "tbs.": ("tablespoon", "tablespoons"), "Tbs.": ("tablespoon", "tablespoons"), "c.": ("cup", "cups"),
        "sqft": ("square foot", "square feet"), "sq mi": ("square mile", "square miles"), "sq. mi.": ("square mile", "square miles"),
        "sq. in.": ("square inch", "square inches"), "sq m": ("square meter", "square meters"), "sq km": ("square kilometer", "square kilometers"),
        "cu ft": ("cubic foot", "cubic feet"), "cu. ft.": ("cubic foot", "cubic feet"), "in": ("inch", "inches"), "X": ("times",),
        "bps": ("basis point", "basis points"), "° N": ("degree north", "degrees north"), "° S": ("degree south", "degrees south"),
        "° W": ("degree west", "degrees west"), "° E": ("degree east", "degrees east"),
        "mm": ("millimeter", "millimeters"), "cm": ("centimeter", "centimeters"), "m": ("meter", "meters"),
        "km": ("kilometer", "kilometers"), "nm": ("nanometer", "nanometers"), "µm": ("micrometer", "micrometers"),
        "μm": ("micrometer", "micrometers"), "in.": ("inch", "inches"), "ft": ("foot", "feet"), "ft.": ("foot", "feet"),
        "yd": ("yard", "yards"), "yd.": ("yard", "yards"), "yds": ("yard", "yards"), "mi": ("mile", "miles"),
        "mi.": ("mile", "miles"), "″": ("inch", "inches"), "′": ("foot", "feet"),
        "m²": ("square meter", "square meters"), "km²": ("square kilometer", "square kilometers"),
        "cm²": ("square centimeter", "square centimeters"), "m³": ("cubic meter", "cubic meters"),
        "cm³": ("cubic centimeter", "cubic centimeters"), "m2": ("square meter", "square meters"),
        "km2": ("square kilometer", "square kilometers"), "m3": ("cubic meter", "cubic meters"),
        "sq ft": ("square foot", "square feet"), "sq. ft.": ("square foot", "square feet"), "ha": ("hectare", "hectares"),
        "mg": ("milligram", "milligrams"), "g": ("gram", "grams"), "kg": ("kilogram", "kilograms"),
        "µg": ("microgram", "micrograms"), "lb": ("pound", "pounds"), "lb.": ("pound", "pounds"), "lbs": ("pound", "pounds"),
        "lbs.": ("pound", "pounds"), "oz": ("ounce", "ounces"), "oz.": ("ounce", "ounces"), "t": ("ton", "tons"),
        "ml": ("milliliter", "milliliters"), "mL": ("milliliter", "milliliters"), "cl": ("centiliter", "centiliters"),
        "dl": ("deciliter", "deciliters"), "l": ("liter", "liters"), "L": ("liter", "liters"), "gal": ("gallon", "gallons"),
        "gal.": ("gallon", "gallons"), "pt.": ("pint", "pints"), "qt.": ("quart", "quarts"), "qt": ("quart", "quarts"),
        "tsp": ("teaspoon", "teaspoons"), "tsp.": ("teaspoon", "teaspoons"), "tbsp": ("tablespoon", "tablespoons"),
        "tbsp.": ("tablespoon", "tablespoons"), "fl oz": ("fluid ounce", "fluid ounces"), "fl. oz.": ("fluid ounce", "fluid ounces"),
        "ns": ("nanosecond", "nanoseconds"), "µs": ("microsecond", "microseconds"), "ms": ("millisecond", "milliseconds"),
        "s": ("second", "seconds"), "sec": ("second", "seconds"), "sec.": ("second", "seconds"), "secs": ("second", "seconds"),
        "min": ("minute", "minutes"), "min.": ("minute", "minutes"), "mins": ("minute", "minutes"),
        "h": ("hour", "hours"), "hr": ("hour", "hours"), "hr.": ("hour", "hours"), "hrs": ("hour", "hours"),
        "hrs.": ("hour", "hours"), "yr": ("year", "years"), "yr.": ("year", "years"), "yrs": ("year", "years"),
        "mo.": ("month", "months"), "wk": ("week", "weeks"), "wk.": ("week", "weeks"), "yrs.": ("year", "years"),
        "mph": ("mile per hour", "miles per hour"), "km/h": ("kilometer per hour", "kilometers per hour"),
        "kmh": ("kilometer per hour", "kilometers per hour"), "kph": ("kilometer per hour", "kilometers per hour"),
        "m/s": ("meter per second", "meters per second"), "m/s²": ("meter per second squared", "meters per second squared"),
        "rpm": ("revolution per minute", "revolutions per minute"), "mpg": ("mile per gallon", "miles per gallon"),
        "bpm": ("beat per minute", "beats per minute"), "fps": ("frame per second", "frames per second"),
        "Hz": ("hertz",), "kHz": ("kilohertz",), "MHz": ("megahertz",), "GHz": ("gigahertz",),
        "kB": ("kilobyte", "kilobytes"), "KB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"),
        "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"), "PB": ("petabyte", "petabytes"),
        "MiB": ("mebibyte", "mebibytes"), "GiB": ("gibibyte", "gibibytes"), "kbps": ("kilobit per second", "kilobits per second"),
        "Mbps": ("megabit per second", "megabits per second"), "Gbps": ("gigabit per second", "gigabits per second"),
        "Mbit/s": ("megabit per second", "megabits per second"), "MB/s": ("megabyte per second", "megabytes per second"),
        "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"), "MW": ("megawatt", "megawatts"), "GW": ("gigawatt", "gigawatts"),
        "kWh": ("kilowatt hour", "kilowatt hours"), "MWh": ("megawatt hour", "megawatt hours"), "V": ("volt", "volts"),
        "mV": ("millivolt", "millivolts"), "kV": ("kilovolt", "kilovolts"), "A": ("amp", "amps"), "mA": ("milliamp", "milliamps"),
        "mAh": ("milliamp hour", "milliamp hours"), "Ω": ("ohm", "ohms"), "J": ("joule", "joules"), "kJ": ("kilojoule", "kilojoules"),
        "cal": ("calorie", "calories"), "kcal": ("kilocalorie", "kilocalories"), "N": ("newton", "newtons"),
        "Pa": ("pascal", "pascals"), "kPa": ("kilopascal", "kilopascals"), "hPa": ("hectopascal", "hectopascals"),
        "psi": ("pound per square inch", "pounds per square inch"), "dB": ("decibel", "decibels"), "px": ("pixel", "pixels"),
        "MP": ("megapixel", "megapixels"), "hp": ("horsepower",), "°C": ("degree Celsius", "degrees Celsius"),
        "°F": ("degree Fahrenheit", "degrees Fahrenheit"), "℃": ("degree Celsius", "degrees Celsius"),
        "℉": ("degree Fahrenheit", "degrees Fahrenheit"), "°": ("degree", "degrees"), "k": ("thousand",),
        "bn": ("billion",), "kg/m³": ("kilogram per cubic meter", "kilograms per cubic meter"), "ppm": ("part per million", "parts per million"),
        "%": ("percent",), "‰": ("per mille",), "°N": ("degree north", "degrees north"), "°S": ("degree south", "degrees south"),
        "°W": ("degree west", "degrees west"), "°E": ("degree east", "degrees east"), "x": ("times",), '"': ("inch", "inches"),
    }  # fmt: skip
    to = "to"
    per = "per"
    per_names = {
        "s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour", "hour": "hour", "day": "day",
        "night": "night", "wk": "week", "week": "week", "mo": "month", "month": "month", "yr": "year", "year": "year",
        "lb": "pound", "kg": "kilogram", "oz": "ounce", "gal": "gallon", "l": "liter", "person": "person",
        "user": "user", "unit": "unit", "bbl": "barrel", "page": "page", "km": "kilometer", "mile": "mile", "ft": "foot",
    }  # fmt: skip

    # signs and letters
    symbols = {
        "&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent", "°": "degrees", "€": "euros", "£": "pounds",
        "$": "dollars", "×": "times", "÷": "divided by", "±": "plus or minus", "≈": "approximately", "~": "about",
        "≤": "at most", "≥": "at least", "≠": "is not equal to", "<": "less than", ">": "greater than", "√": "root",
        "→": "to", "∞": "infinity", "π": "pi", "µ": "micro", "©": "copyright", "®": "registered", "™": "trademark",
        "№": "number", "§": "section", "¶": "paragraph", "#": "hashtag", "^": "to the power of", "†": "dagger",
        "ª": "", "º": "", "?": "question mark", "¢": "cents", "¥": "yen",
    }  # fmt: skip
    times = "times"
    by = "by"
    over = "over"
    out_of = "out of"
    rated = words("rated rate scored scores score rating got gets gave give")
    dot = "dot"
    at = "at"
    slash = "slash"
    dash = "dash"
    underscore = "underscore"
    colon = "colon"
    backslash = "backslash"
    squared = "squared"
    cubed = "cubed"
    power = "to the power of"

    # words
    abbreviations = {
        "yr.": "year", "avail.": "available", "req'd": "required", "util.": "utilities", "lg.": "large",
        "op.": "opus", "art.": "article", "app.": "appendix", "ex.": "example", "c.": "circa", "ave": "Avenue", "blvd": "Boulevard",
        "rd": "Road", "hwy": "Highway", "pkwy": "Parkway", "ln": "Lane", "wwii": "World War Two", "wwi": "World War One",
        "ww2": "World War Two", "ww1": "World War One", "50-50": "fifty fifty", "20/20": "twenty twenty",
        "24/7/365": "twenty four seven three sixty five", "24x7": "twenty four seven",
        "p.s.": "P S", "msgr.": "Monsignor", "mr": "Mister", "mrs": "Missus", "ms": "Miz", "dr": "Doctor", "prof": "Professor",
        "st": "Saint", "vs": "versus", "approx": "approximately",
        # titles
        "dr.": "Doctor", "mr.": "Mister", "mrs.": "Missus", "ms.": "Miz", "prof.": "Professor", "gen.": "General",
        "sen.": "Senator", "rep.": "Representative", "rev.": "Reverend", "gov.": "Governor", "lt.": "Lieutenant",
        "col.": "Colonel", "capt.": "Captain", "sgt.": "Sergeant", "cpl.": "Corporal", "maj.": "Major", "adm.": "Admiral",
        "pres.": "President", "hon.": "Honorable", "fr.": "Father", "sr.": "Senior", "jr.": "Junior", "esq.": "Esquire",
        "messrs.": "Messieurs", "mt.": "Mount", "ft.": "Fort", "st.": "Saint", "pvt.": "Private", "cmdr.": "Commander",
        "det.": "Detective", "insp.": "Inspector", "supt.": "Superintendent", "amb.": "Ambassador",
        # places
        "ave.": "Avenue", "av.": "Avenue", "blvd.": "Boulevard", "rd.": "Road", "ln.": "Lane", "hwy.": "Highway", "sq.": "Square",
        "apt.": "apartment", "bldg.": "building", "fl.": "floor", "rm.": "room", "ste.": "suite", "pl.": "Place",
        "ctr.": "center", "n.": "North", "e.": "East", "s.": "South", "w.": "West", "pkwy.": "Parkway", "pk.": "Park",
        # writing
        "e.g.": "for example", "i.e.": "that is", "cf.": "compare", "vs.": "versus", "v.": "versus", "approx.": "approximately",
        "fig.": "figure", "figs.": "figures", "ca.": "circa", "etc.": "et cetera", "incl.": "including", "excl.": "excluding",
        "et al.": "and others", "viz.": "namely", "no.": "number", "nos.": "numbers", "p.": "page", "pp.": "pages",
        "vol.": "volume", "ch.": "chapter", "chap.": "chapter", "sec.": "section", "ed.": "edition", "eds.": "editors",
        "eq.": "equation", "ref.": "reference", "resp.": "respectively", "est.": "established", "max.": "maximum",
        "min.": "minimum", "avg.": "average", "temp.": "temperature", "tel.": "telephone", "ext.": "extension",
        "dept.": "department", "govt.": "government", "univ.": "university", "assoc.": "association", "asst.": "assistant",
        "bros.": "brothers", "inc.": "Incorporated", "ltd.": "Limited", "co.": "Company", "corp.": "Corporation",
        "misc.": "miscellaneous", "orig.": "originally", "cont.": "continued", "attn.": "attention", "encl.": "enclosed",
        "w/": "with", "w/o": "without", "b/c": "because", "c/o": "care of", "a/c": "A C", "n/a": "not applicable",
        "24/7": "twenty four seven", "9/11": "nine eleven", "50/50": "fifty fifty", "hr.": "hour", "hrs.": "hours",
        "oz.": "ounce", "lb.": "pound", "lbs.": "pounds", "tsp.": "teaspoon", "tbsp.": "tablespoon", "tsp": "teaspoon",
        "tbsp": "tablespoon", "in.": "inches", "yd.": "yard", "qt.": "quart", "pt.": "part", "gal.": "gallon",
        "mtg.": "meeting", "pkg.": "package", "qty.": "quantity", "wt.": "weight", "ht.": "height", "amt.": "amount",
        "acct.": "account", "bal.": "balance", "mfg.": "manufacturing", "intl.": "international", "natl.": "national",
        "w.r.t.": "with respect to", "a.k.a.": "also known as", "aka": "also known as", "ok": "okay", "o.k.": "okay",
        "asap": "as soon as possible", "a.s.a.p.": "as soon as possible", "rsvp": "R S V P", "fyi": "F Y I",
        "m.": "M", "c#": "C sharp", "f#": "F sharp", "c++": "C plus plus", "p.a.": "per year", "tbd": "to be determined", "ie.": "that is", "eg.": "for example",
        "jan.": "January", "feb.": "February", "mar.": "March", "apr.": "April", "jun.": "June", "jul.": "July",
        "aug.": "August", "sept.": "September", "sep.": "September", "oct.": "October", "nov.": "November",
        "dec.": "December", "mon.": "Monday", "tue.": "Tuesday", "tues.": "Tuesday", "wed.": "Wednesday",
        "thu.": "Thursday", "thur.": "Thursday", "thurs.": "Thursday", "fri.": "Friday", "sat.": "Saturday", "sun.": "Sunday",
    }  # fmt: skip
    # no abbreviations in other places: before a digit or a capital letter (`no. 5`)
    only_before_numbers: ClassVar[frozenset[str]] = words(
        "no. nos. p. pp. vol. ch. sec. fig. figs. in. fl. mar. sat. sun. est. pt. ext. ref. ed. mon. wed. "
        "op. art. app. ex. yr."
    )
    may_end = words(
        "etc. inc. ltd. co. corp. jr. sr. esq. ave. av. blvd. rd. ln. hwy. sq. pkwy. tsp. tbsp. oz. lb. lbs. yd. qt. "
        "pt. gal. in. hr. hrs. min. max. et al. a.k.a. o.k. a.s.a.p. dept. approx. bros. ok. apt. st. mt. ft. yr. sec. "
        "mi. dec. nov. oct. aug. jan. feb. mon. tue. wed. thu. fri. sat. sun. pl. fl. ctr. bldg. govt. univ. ext. cont. "
        "est. incl. excl. avg. temp."
    ) | {"et al."}  # fmt: skip
    ends = words("etc. min. mins. hr. hrs. sec. secs. mi. yrs. wks. mos.")
    acronym_words = words(
        "NASA NATO UNESCO UNICEF AIDS OPEC LASER PIN SIM RAM ROM GIF WASP SWAT SCUBA RADAR SONAR ASCII FIFA UEFA NAFTA "
        "OSHA COVID SARS MERS LEGO IKEA NIKE JPEG MIDI BIOS DOS LAN WAN GUI NORAD FEMA EPCOT SIDS YOLO FOMO NIMBY ACE "
        "AM BASIC COBOL ECHO FORTRAN JAVA RUBY SQUID TASER ZIP POTUS SCOTUS ICANN IMAX MOMA NAND SCART SWIFT VAT_ MAC "
        "YAML JSON TOML CAPTCHA VIN UNIX LINUX CRISPR ASEAN INTERPOL UNHCR_ CAD CAM ROTC_"
    )
    code_words = words(
        "pin code password passcode zip id isbn account tracking serial iban bin passport policy reference ref"
    )
    room_words = words(
        "exit seat row unit platform terminal exhibit boeing airbus porsche rtx gtx rx room suite apartment apt apt. flat flight bus route highway interstate hwy hwy. rm rm. gate channel"
    )
    starters = words(
        "Nobody Somebody Someone Everybody Everyone Nothing Everything Anyone There's It's He's She's I'm Don't "
        "The This That These Those It Its He She We They You There Then But And So Or If When While After Before In On "
        "At For From With As My Our Your His Her Their What Who Why How Where Is Are Was Were Do Does Did Can Could "
        "Will Would Not No Yes Now Here Please Let Also However Today Yesterday Tomorrow Meanwhile Some Most Many All "
        "Each Every One Perhaps Maybe Finally Next First Later Soon Once Thank Thanks See"
    )
    shouted = words(
        "a all and any are as at be big but buy by can car day did do end far few for free from get go good got had has "
        "have he her here him his hot how if in into is job just key let like make many may me more most much must my "
        "new next no not now of off old on one only or our out over own put really right run say see she so some stop "
        "such than that the them then there they this time to too top try two under up use very want was way we were "
        "what when where which who why will win with wow yes yet you your ok hi hey oh fun man men big bad red six ten "
        "end per day"
    )
    spelled_after_the = words("WHO")
    spelled = words(
        "FBI CIA USA TV DVD VIP ATM DNA GPS NFL NBA NHL MLB UFO FTSE TBA EU UK PC HR UCLA IEEE USDA ACLU ISBN YMCA YWCA NCAA HDMI CDMA ADHD IUPAC NAACP HTTPS HTTP HTML ISBN EEOC OECD IATA_ AFAIK_ "
        "IMAO USAF IAEA EULA_ UEFI_ ICBM AARP ASPCA BBC VAT CEO CFO CTO FAQ URL DIY EST EDT PST"
    )
    regnal: ClassVar[frozenset[str]] = words(
        "henry edward george charles louis james richard william elizabeth mary john paul pius benedict philip "
        "frederick catherine alexander nicholas leo napoleon ivan peter ferdinand christian gustav harald haakon olav "
        "carl xavier gregory clement innocent urban boniface francis otto rudolf leopold victoria margaret anne joseph "
        "maximilian king queen pope tsar emperor prince ramses ptolemy"
    )
    numbered: ClassVar[frozenset[str]] = words(
        "vol no ch pt fig sec art op war chapter part volume act book section title type phase stage class article table figure appendix level tier "
        "bowl olympics scene episode season apollo gemini mark model version page canto psalm group division grade "
        "rocky rambo star final fantasy"
    )
