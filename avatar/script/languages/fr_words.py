"""French words: what is said for numbers, dates, money, units and signs, what scripts abbreviate, and what tells the gender of
nouns."""

from __future__ import annotations

from avatar.script.languages.base import words
from avatar.script.languages.romance import Romance

CENTIMES = ("centime", "centimes")
CENTS = ("cent", "cents")


class Words(Romance):
    # numbers
    point = "virgule"
    minus = "moins"
    plus = "plus"
    percent = "pour cent"
    permille = "pour mille"
    number_sign = "numéro"
    section = "paragraphe"
    halves = ("un demi", "une demi")
    and_half = ("et demi", "et demie")
    parts = {
        2: ("demi", "demis"), 3: ("tiers", "tiers"), 4: ("quart", "quarts"),
        **{n: (f"{name}ième", f"{name}ièmes") for n, name in
           {5: "cinqu", 6: "six", 7: "sept", 8: "huit", 9: "neuv", 10: "dix", 100: "cent"}.items()},
    }  # fmt: skip

    # dates and times
    months = {
        "janvier": 1, "janv.": 1, "jan.": 1, "février": 2, "févr.": 2, "fév.": 2, "mars": 3, "avril": 4, "avr.": 4, "mai": 5,
        "juin": 6, "juillet": 7, "juil.": 7, "août": 8, "aout": 8, "septembre": 9, "sept.": 9, "sep.": 9, "octobre": 10,
        "oct.": 10, "novembre": 11, "nov.": 11, "décembre": 12, "déc.": 12,
    }  # fmt: skip
    month_names = (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    )  # fmt: skip
    weekdays = {
        "lundi": "lundi", "mardi": "mardi", "mercredi": "mercredi", "jeudi": "jeudi", "vendredi": "vendredi",
        "samedi": "samedi", "dimanche": "dimanche", "lun.": "lundi", "mar.": "mardi", "mer.": "mercredi", "jeu.": "jeudi",
        "ven.": "vendredi", "sam.": "samedi", "dim.": "dimanche",
    }  # fmt: skip

    # money and units
    currencies = {
        "EUR": (("euro", "euros"), CENTIMES), "USD": (("dollar", "dollars"), CENTS),
        "GBP": (("livre sterling", "livres sterling"), ("penny", "pence")), "JPY": (("yen", "yens"), ()),
        "CHF": (("franc suisse", "francs suisses"), CENTIMES), "CAD": (("dollar canadien", "dollars canadiens"), CENTS),
        "AUD": (("dollar australien", "dollars australiens"), CENTS), "CNY": (("yuan", "yuans"), ()),
        "INR": (("roupie", "roupies"), ()), "RUB": (("rouble", "roubles"), ()), "BTC": (("bitcoin", "bitcoins"), ()),
        "BRL": (("réal", "réaux"), ()), "TRY": (("livre turque", "livres turques"), ()), "PLN": (("zloty", "zlotys"), ()),
        "cent": (CENTS, ()),
    }  # fmt: skip
    and_cents = ""
    scales = {
        "mille": ("mille", "mille"), "k": ("mille", "mille"), "m": ("million", "millions"), "mio": ("million", "millions"),
        "md": ("milliard", "milliards"), "mds": ("milliard", "milliards"), "mrd": ("milliard", "milliards"),
        "million": ("million", "millions"), "millions": ("million", "millions"), "milliard": ("milliard", "milliards"),
        "milliards": ("milliard", "milliards"),
    }  # fmt: skip
    of_scale = "de"
    units = {
        "mm": ("millimètre", "millimètres"), '"': ("pouce", "pouces"), "″": ("pouce", "pouces"), "cm": ("centimètre", "centimètres"), "m": ("mètre", "mètres"),
        "km": ("kilomètre", "kilomètres"), "µm": ("micromètre", "micromètres"), "nm": ("nanomètre", "nanomètres"),
        "m²": ("mètre carré", "mètres carrés"), "m2": ("mètre carré", "mètres carrés"),
        "km²": ("kilomètre carré", "kilomètres carrés"), "km2": ("kilomètre carré", "kilomètres carrés"),
        "cm²": ("centimètre carré", "centimètres carrés"), "m³": ("mètre cube", "mètres cubes"),
        "m3": ("mètre cube", "mètres cubes"), "cm³": ("centimètre cube", "centimètres cubes"),
        "ha": ("hectare", "hectares"), "mg": ("milligramme", "milligrammes"), "g": ("gramme", "grammes"),
        "gr": ("gramme", "grammes"), "kg": ("kilo", "kilos"), "µg": ("microgramme", "microgrammes"),
        "t": ("tonne", "tonnes"), "ml": ("millilitre", "millilitres"), "mL": ("millilitre", "millilitres"),
        "cl": ("centilitre", "centilitres"), "cL": ("centilitre", "centilitres"), "dl": ("décilitre", "décilitres"),
        "l": ("litre", "litres"), "L": ("litre", "litres"), "s": ("seconde", "secondes"), "sec": ("seconde", "secondes"),
        "ms": ("milliseconde", "millisecondes"), "min": ("minute", "minutes"), "min.": ("minute", "minutes"),
        "mn": ("minute", "minutes"), "h": ("heure", "heures"), "km/h": ("kilomètre heure", "kilomètres heure"),
        "m/s": ("mètre par seconde", "mètres par seconde"), "Hz": ("hertz",), "kHz": ("kilohertz",), "MHz": ("mégahertz",),
        "GHz": ("gigahertz",), "ko": ("kilooctet", "kilooctets"), "Ko": ("kilooctet", "kilooctets"),
        "Mo": ("mégaoctet", "mégaoctets"), "Go": ("gigaoctet", "gigaoctets"), "To": ("téraoctet", "téraoctets"),
        "MB": ("mégaoctet", "mégaoctets"), "GB": ("gigaoctet", "gigaoctets"), "Mo/s": ("mégaoctet par seconde",
        "mégaoctets par seconde"), "Mbit/s": ("mégabit par seconde", "mégabits par seconde"), "W": ("watt", "watts"),
        "kW": ("kilowatt", "kilowatts"), "MW": ("mégawatt", "mégawatts"), "kWh": ("kilowattheure", "kilowattheures"),
        "V": ("volt", "volts"), "A": ("ampère", "ampères"), "mAh": ("milliampère heure", "milliampères heure"),
        "kcal": ("kilocalorie", "kilocalories"), "kJ": ("kilojoule", "kilojoules"), "dB": ("décibel", "décibels"),
        "hPa": ("hectopascal", "hectopascals"), "px": ("pixel", "pixels"), "ch": ("cheval", "chevaux"),
        "hab.": ("habitant", "habitants"), "°C": ("degré", "degrés"), "° C": ("degré", "degrés"), "℃": ("degré", "degrés"),
        "°F": ("degré Fahrenheit", "degrés Fahrenheit"), "°": ("degré", "degrés"), "%": ("pour cent",), "‰": ("pour mille",),
        "c. à s.": ("cuillère à soupe", "cuillères à soupe"), "c. à c.": ("cuillère à café", "cuillères à café"),
        "x": ("fois",),
    }  # fmt: skip
    units |= {"KM": units["km"], "KG": units["kg"], "CM": units["cm"]}  # in a text of capitals
    to = "à"

    # signs and letters
    symbols = {
        "&": "et", "+": "plus", "=": "égale", "@": "arobase", "%": "pour cent", "°": "degrés", "€": "euros", "£": "livres",
        "$": "dollars", "×": "fois", "÷": "divisé par", "±": "plus ou moins", "≈": "environ", "~": "environ",
        "≤": "inférieur ou égal à", "≥": "supérieur ou égal à", "≠": "différent de", "<": "inférieur à", ">": "supérieur à",
        "√": "racine de", "→": "vers", "∞": "infini", "π": "pi", "№": "numéro", "§": "paragraphe", "#": "hashtag", "º": "",
        "ª": "", "©": "copyright", "^": "puissance", "?": "point d'interrogation", "‰": "pour mille", "*": "astérisque",
    }  # fmt: skip
    times = "fois"
    by = "sur"
    over = "sur"
    out_of = "sur"
    rated = words("note notes noté notée obtenu eu")
    dot = "point"
    at = "arobase"
    slash = "slash"
    dash = "tiret"
    underscore = "tiret bas"
    colon = "deux-points"
    backslash = "antislash"
    address_words = {"www": "double vé double vé double vé"}
    squared = "au carré"
    cubed = "au cube"
    power = "puissance"
    letter_names = {
        "a": "a", "b": "bé", "c": "cé", "d": "dé", "e": "e", "f": "effe", "g": "gé", "h": "hache", "i": "i", "j": "ji",
        "k": "ka", "l": "elle", "m": "emme", "n": "enne", "o": "o", "p": "pé", "q": "cu", "r": "erre", "s": "esse",
        "t": "té", "u": "u", "v": "vé", "w": "double vé", "x": "ixe", "y": "i grec", "z": "zède", "é": "é",
    }  # fmt: skip

    # words
    abbreviations = {
        # titles
        "m.": "monsieur", "mm.": "messieurs", "mr": "monsieur", "mr.": "monsieur", "mme": "madame", "mme.": "madame",
        "mmes": "mesdames", "mlle": "mademoiselle", "mlles": "mesdemoiselles", "dr": "docteur", "dr.": "docteur",
        "drs": "docteurs", "pr": "professeur", "pr.": "professeur", "prof.": "professeur", "me": "maître", "mgr": "monseigneur",
        "st": "saint", "ste": "sainte", "vve": "veuve", "cie": "compagnie", "sté": "société", "éts": "établissements",
        # places
        "av.": "avenue", "bd": "boulevard", "bd.": "boulevard", "boul.": "boulevard", "pl.": "place", "fbg": "faubourg",
        "imp.": "impasse", "rte": "route", "apt.": "appartement", "appt.": "appartement", "bât.": "bâtiment", "ét.": "étage",
        "dép.": "département", "r.-v.": "rendez-vous", "rdv": "rendez-vous", "rdc": "rez-de-chaussée",
        # writing
        "etc.": "et cetera", "p. ex.": "par exemple", "p.ex.": "par exemple", "ex.": "exemple", "c.-à-d.": "c'est-à-dire",
        "càd": "c'est-à-dire", "cf.": "confer", "env.": "environ", "p.": "page", "pp.": "pages",
        "chap.": "chapitre", "vol.": "volume", "art.": "article", "fig.": "figure", "éd.": "édition", "n°": "numéro",
        "nº": "numéro", "no": "numéro", "n°s": "numéros", "réf.": "référence", "tél.": "téléphone",
        "tel.": "téléphone", "tél": "téléphone", "max.": "maximum", "min.": "minutes", "hab.": "habitants",
        "av. j.-c.": "avant Jésus-Christ", "av. j.c.": "avant Jésus-Christ", "apr. j.-c.": "après Jésus-Christ",
        "ap. j.-c.": "après Jésus-Christ", "j.-c.": "Jésus-Christ", "svp": "s'il vous plaît", "s.v.p.": "s'il vous plaît",
        "s. v. p.": "s'il vous plaît", "stp": "s'il te plaît", "n.b.": "nota bene", "p.-s.": "post-scriptum",
        "p.s.": "post-scriptum", "qqn": "quelqu'un", "qqch": "quelque chose", "qq.": "quelques", "tjrs": "toujours",
        "bcp": "beaucoup", "vs": "contre", "vs.": "contre", "resp.": "respectivement", "incl.": "inclus",
        "obs.": "observation", "24h/24": "vingt-quatre heures sur vingt-quatre", "7j/7": "sept jours sur sept",
        "24/7": "vingt-quatre sept", "et/ou": "et ou", "mp3": "emme pé trois", "mp4": "emme pé quatre", "50/50": "cinquante cinquante", "c++": "cé plus plus", "c#": "cé sharp", "suppl.": "supplément", "s.": "siècle",
        "km": "kilomètre", "kg": "kilo", "4x4": "quatre quatre", "ttc": "toutes taxes comprises", "ht": "hors taxes", "càs": "cuillères à soupe", "càc": "cuillères à café",
    }  # fmt: skip
    before_number = words("p. pp. no tel. fig. vol. art. chap. min. éd. max.")
    before_name = words("m. mm. mr me pr st ste pl. imp. rte vve")
    capital_only = words("m. mm. me pr mr st ste mme mlle mmes mlles ht ttc")
    may_end = frozenset([
        "etc.", "av. j.-c.", "apr. j.-c.", "ap. j.-c.", "av. j.c.", "j.-c.", "max.", "min.", "hab.", "s.v.p.", "s. v. p.",
        "qq.", "env.", "incl.", "apt.", "appt.", "bât.", "suppl.",
    ])  # fmt: skip
    acronym_words = words(
        "ONU OTAN UNESCO UNICEF NASA OVNI SIDA COVID FIFA UEFA OPEP INSEE CAF SMIC SAMU PACS ENA CAPES DOM TOM CROUS EHPAD "
        "RAM SIM PIN WIFI LED LASER CEDEX SIRET SIREN URSSAF CNIL FNAC RER_ BAFA IKEA MEDEF ZAC ZUP ZEP AMAP INA INSERM "
        "CREPS GIEC ARCOM"
    )
    code_words = words("pin code passe isbn compte iban passeport référence postal")
    starters = words(
        "Jusqu C L D J S N Qu Lorsqu Puisqu Le La Les L' Un Une Des Du Ce Cet Cette Ces Il Elle Ils Elles On Nous Vous Je Tu Et Ou Mais Si Oui Non Quand Comme "
        "Où Parce Pour Par En De À A Avec Sans Selon Depuis Entre Sur Sous Dans Après Avant Puis Alors Ainsi Aussi Donc Or Car "
        "C'est Ce Son Sa Ses Mon Ma Mes Ton Ta Tes Notre Votre Leur Leurs Aujourd'hui Hier Demain Maintenant Ici Là Tout Tous "
        "Toute Toutes Chaque Plusieurs Qui Que Quoi Comment Pourquoi Merci Bonjour Enfin Ensuite D'abord Y"
    )
    shouted = words(
        "le la les un une de du des au aux en et ou où que qui ne pas non oui si avec sans pour par se me te je tu il elle on "
        "nous vous son sa ses mon ma mes est sont plus très ce cet cette ces mais tout tous toute rue fin roi mer six dix cent "
        "deux trois sur sous vers chez"
    )
    spelled = words(
        "URSS ISBN ADSL HDMI OCDE RATP URL UMTS HTTP HTML IEEE UCLA ADN ARN ESA_ IBAN_ EDF USA TVA TGV CGT CNRS INPI UEO"
    )
    regnal = words(
        "louis charles françois henri philippe napoléon jean jean-paul paul pie benoît élisabeth elisabeth édouard george "
        "georges guillaume albert léopold baudouin alexandre nicolas catherine frédéric ferdinand isabelle grégoire innocent "
        "clément urbain léon boniface rainier hassan mohammed ramsès christian gustave roi reine pape empereur tsar baudoin "
        "alphonse félipe"
    )
    numbered = words(
        "chapitre tome volume livre partie acte scène annexe titre phase type niveau article tableau figure appendice section "
        "leçon groupe page chap. vol. art. apollo étape module série vatican"
    )

    # nouns and their gender
    not_nouns = words(
        "y a de du des la le les et ou à au aux en par pour avec sans que qui est sont était sur sous dans selon depuis entre comme "
        "plus moins mais si ne pas se me te lui leur nous vous il elle on ils elles je tu ce cette son sa ses puis alors donc "
        "car dont où quand après avant pendant jusqu a ont peut doit va fait millions milliards mille cent fois_"
    )
    labels = words(
        "numéro n° nº no page p. chapitre article art. chaîne ligne niveau étape phase bus salle chambre appartement porte "
        "annexe figure tableau version groupe top formule type tome volume"
    )
    the = words("le la les du au aux l'")
    feminine = words(
        "chanson façon leçon boisson raison saison prison page heure minute seconde personne place table chambre semaine journée année fois part ville rue route porte fenêtre "
        "voiture mère soeur sœur femme fille cuillère tasse pincée gousse tranche boîte bouteille tonne note lettre "
        "phrase ligne image vidéo photo moto chose nuit main voix paix croix noix fleur mer dent loi foi peau eau clé clef "
        "salle classe école équipe entreprise maison pièce étape réponse demande erreur couleur chaleur peur valeur douleur "
        "banque carte zone branche couche feuille poire pomme carotte tomate courgette aubergine orange banane cerise fraise "
        "olive salade pomme-de-terre louche botte barquette plaque livraison offre date langue série base marche forme règle "
        "plante usine machine planche plage montagne campagne île affaire grève guerre victoire défaite médaille course étoile "
        "période partie vie copie copine voisine cousine tante nièce reine princesse mairie loi roupie centaine dizaine douzaine "
        "quinzaine vingtaine"
    )
    masculine = words(
        "mille musée lycée trophée comité été côté traité arrêté silence génie incendie parapluie foie million kilomètre mètre litre "
        "gramme euro centime arbre athlète poste squelette"
    )
    feminine_endings = (
        "tion", "tions", "sion", "sions", "aison", "aisons", "té", "tés", "ette", "ettes", "ance", "ances", "ence", "ences",
        "ée", "ées", "ie", "ies", "euse", "euses", "trice", "trices", "esse", "esses", "elle", "elles", "ille", "illes",
        "enne", "ennes", "onne", "onnes", "ure", "ures", "ade", "ades", "ude", "udes", "ière", "ières", "ine", "ines",
    )  # fmt: skip
