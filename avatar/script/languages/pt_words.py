"""Portuguese words: what is said for numbers, dates, money, units and signs, what scripts abbreviate, and what tells the gender of
nouns."""

from __future__ import annotations

from avatar.script.languages.base import words
from avatar.script.languages.romance import Romance

CENTAVOS = ("centavo", "centavos")
CENTIMOS = ("cêntimo", "cêntimos")
MILLION, BILLION, TRILLION = ("milhão", "milhões"), ("bilhão", "bilhões"), ("trilhão", "trilhões")


class Words(Romance):
    # numbers
    point = "vírgula"
    minus = "menos"
    plus = "mais"
    percent = "por cento"
    permille = "por mil"
    number_sign = "número"
    section = "parágrafo"
    halves = ("meio", "meia")
    and_half = ("e meio", "e meia")
    parts = {
        2: ("meio", "meios"), 3: ("terço", "terços"), 4: ("quarto", "quartos"), 5: ("quinto", "quintos"),
        6: ("sexto", "sextos"), 7: ("sétimo", "sétimos"), 8: ("oitavo", "oitavos"), 9: ("nono", "nonos"),
        10: ("décimo", "décimos"), 100: ("centésimo", "centésimos"),
    }  # fmt: skip

    # dates and times
    months = {
        "janeiro": 1, "jan.": 1, "jan": 1, "fevereiro": 2, "fev.": 2, "fev": 2, "março": 3, "mar.": 3, "abril": 4, "abr.": 4,
        "abr": 4, "maio": 5, "mai.": 5, "junho": 6, "jun.": 6, "jun": 6, "julho": 7, "jul.": 7, "jul": 7, "agosto": 8,
        "ago.": 8, "ago": 8, "setembro": 9, "set.": 9, "outubro": 10, "out.": 10, "novembro": 11, "nov.": 11, "nov": 11,
        "dezembro": 12, "dez.": 12,
    }  # fmt: skip
    month_names = (
        "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro",
        "dezembro",
    )  # fmt: skip
    weekdays = {
        "segunda-feira": "segunda-feira", "terça-feira": "terça-feira", "quarta-feira": "quarta-feira",
        "quinta-feira": "quinta-feira", "sexta-feira": "sexta-feira", "sábado": "sábado", "domingo": "domingo",
        "seg.": "segunda", "ter.": "terça", "qua.": "quarta", "qui.": "quinta", "sex.": "sexta", "sáb.": "sábado",
        "dom.": "domingo",
    }  # fmt: skip
    hours = words("à às")

    # money and units
    currencies = {
        "BRL": (("real", "reais"), CENTAVOS), "EUR": (("euro", "euros"), CENTIMOS),
        "USD": (("dólar", "dólares"), CENTAVOS), "GBP": (("libra", "libras"), ("pêni", "pence")),
        "JPY": (("iene", "ienes"), ()), "CHF": (("franco suíço", "francos suíços"), CENTIMOS),
        "CAD": (("dólar canadense", "dólares canadenses"), CENTAVOS), "CNY": (("yuan", "yuans"), ()),
        "AUD": (("dólar australiano", "dólares australianos"), CENTAVOS), "INR": (("rupia", "rupias"), ()),
        "RUB": (("rublo", "rublos"), ()), "BTC": (("bitcoin", "bitcoins"), ()), "TRY": (("lira turca", "liras turcas"), ()),
        "cent": (CENTAVOS, ()),
    }  # fmt: skip
    and_cents = "e"
    scales = {
        "mil": ("mil", "mil"), "k": ("mil", "mil"), "m": MILLION, "mi": MILLION, "milhão": MILLION, "milhões": MILLION,
        "bi": BILLION, "bilhão": BILLION, "bilhões": BILLION, "tri": TRILLION, "trilhão": TRILLION, "trilhões": TRILLION,
    }  # fmt: skip
    of_scale = "de"
    units = {
        "mm": ("milímetro", "milímetros"), '"': ("polegada", "polegadas"), "″": ("polegada", "polegadas"), "cm": ("centímetro", "centímetros"), "m": ("metro", "metros"),
        "km": ("quilômetro", "quilômetros"), "Km": ("quilômetro", "quilômetros"), "µm": ("micrômetro", "micrômetros"),
        "nm": ("nanômetro", "nanômetros"), "m²": ("metro quadrado", "metros quadrados"),
        "m2": ("metro quadrado", "metros quadrados"), "km²": ("quilômetro quadrado", "quilômetros quadrados"),
        "km2": ("quilômetro quadrado", "quilômetros quadrados"), "cm²": ("centímetro quadrado", "centímetros quadrados"),
        "m³": ("metro cúbico", "metros cúbicos"), "m3": ("metro cúbico", "metros cúbicos"),
        "cm³": ("centímetro cúbico", "centímetros cúbicos"), "ha": ("hectare", "hectares"),
        "mg": ("miligrama", "miligramas"), "g": ("grama", "gramas"), "gr": ("grama", "gramas"), "kg": ("quilo", "quilos"),
        "Kg": ("quilo", "quilos"), "µg": ("micrograma", "microgramas"), "t": ("tonelada", "toneladas"),
        "ml": ("mililitro", "mililitros"), "mL": ("mililitro", "mililitros"), "cl": ("centilitro", "centilitros"),
        "dl": ("decilitro", "decilitros"), "l": ("litro", "litros"), "L": ("litro", "litros"),
        "s": ("segundo", "segundos"), "seg": ("segundo", "segundos"), "seg.": ("segundo", "segundos"),
        "ms": ("milissegundo", "milissegundos"), "min": ("minuto", "minutos"), "min.": ("minuto", "minutos"),
        "h": ("hora", "horas"), "hs": ("hora", "horas"), "hrs": ("hora", "horas"), 
        "km/h": ("quilômetro por hora", "quilômetros por hora"), "Km/h": ("quilômetro por hora", "quilômetros por hora"),
        "m/s": ("metro por segundo", "metros por segundo"), "Hz": ("hertz",), "kHz": ("quilohertz",), "MHz": ("megahertz",),
        "GHz": ("gigahertz",), "kB": ("quilobyte", "quilobytes"), "KB": ("quilobyte", "quilobytes"),
        "MB": ("megabyte", "megabytes"), "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"),
        "Mbps": ("megabit por segundo", "megabits por segundo"), "Mb/s": ("megabit por segundo", "megabits por segundo"),
        "W": ("watt", "watts"), "kW": ("quilowatt", "quilowatts"), "MW": ("megawatt", "megawatts"),
        "kWh": ("quilowatt-hora", "quilowatts-hora"), "V": ("volt", "volts"), "A": ("ampere", "amperes"),
        "mAh": ("miliampere-hora", "miliamperes-hora"), "kcal": ("quilocaloria", "quilocalorias"),
        "cal": ("caloria", "calorias"), "dB": ("decibel", "decibéis"), "hPa": ("hectopascal", "hectopascais"),
        "px": ("pixel", "pixels"), "cv": ("cavalo", "cavalos"), "hab.": ("habitante", "habitantes"),
        "°C": ("grau", "graus"), "ºC": ("grau", "graus"), "° C": ("grau", "graus"), "º C": ("grau", "graus"),
        "℃": ("grau", "graus"), "°F": ("grau Fahrenheit", "graus Fahrenheit"), "°": ("grau", "graus"), "º": ("grau", "graus"), "%": ("por cento",),
        "‰": ("por mil",), "x": ("vezes",),
    }  # fmt: skip
    units |= {"KM": units["km"], "KG": units["kg"], "CM": units["cm"]}  # in a text of capitals
    to = "a"

    # signs and letters
    symbols = {
        "&": "e", "+": "mais", "=": "igual a", "@": "arroba", "%": "por cento", "°": "graus", "€": "euros", "£": "libras",
        "$": "dólares", "×": "vezes", "÷": "dividido por", "±": "mais ou menos", "≈": "aproximadamente", "~": "cerca de",
        "≤": "menor ou igual a", "≥": "maior ou igual a", "≠": "diferente de", "<": "menor que", ">": "maior que",
        "√": "raiz de", "→": "para", "∞": "infinito", "π": "pi", "α": "alfa", "φ": "fi", "θ": "teta", "№": "número", "§": "parágrafo", "#": "hashtag", "º": "",
        "ª": "", "©": "copyright", "^": "elevado a", "?": "interrogação", "‰": "por mil", "*": "asterisco",
    }  # fmt: skip
    times = "vezes"
    by = "por"
    over = "sobre"
    out_of = "de"
    rated = words("nota notas avaliação pontuação tirou tirei")
    dot = "ponto"
    at = "arroba"
    slash = "barra"
    dash = "hífen"
    underscore = "sublinhado"
    colon = "dois pontos"
    backslash = "barra invertida"
    address_words = {"www": "dáblio dáblio dáblio"}
    squared = "ao quadrado"
    cubed = "ao cubo"
    power = "elevado a"
    letter_names = {
        "a": "á", "b": "bê", "c": "cê", "d": "dê", "e": "é", "f": "efe", "g": "gê", "h": "agá", "i": "i", "j": "jota",
        "k": "cá", "l": "ele", "m": "eme", "n": "ene", "o": "ó", "p": "pê", "q": "quê", "r": "erre", "s": "esse", "t": "tê",
        "u": "u", "v": "vê", "w": "dáblio", "x": "xis", "y": "ípsilon", "z": "zê",
    }  # fmt: skip

    # words
    abbreviations = {
        # titles
        "sr.": "senhor", "sra.": "senhora", "srta.": "senhorita", "srs.": "senhores", "sras.": "senhoras", "dr.": "doutor",
        "dra.": "doutora", "drs.": "doutores", "d.": "dona", "prof.": "professor", "profa.": "professora",
        "prof.ª": "professora", "profª": "professora", "profª.": "professora", "eng.": "engenheiro", "arq.": "arquiteto",
        "gen.": "general", "cel.": "celular", "cap.": "capítulo", "ten.": "tenente", "sto.": "santo", "sta.": "santa",
        "s.": "são", "dep.": "deputado", "exmo.": "excelentíssimo", "exma.": "excelentíssima", "ilmo.": "ilustríssimo",
        "v. ex.ª": "vossa excelência", "v.ex.ª": "vossa excelência", "pe.": "padre",
        # places
        "av.": "avenida", "r.": "rua", "al.": "alameda", "pç.": "praça", "pça.": "praça", "rod.": "rodovia",
        "estr.": "estrada", "trav.": "travessa", "tv.": "travessa", "apto.": "apartamento", "apto": "apartamento",
        "ap.": "apartamento", "bl.": "bloco", "esq.": "esquerdo", "dto.": "direito", "s/n": "sem número", "cx.": "caixa",
        "eua": "Estados Unidos", "ltda.": "limitada", "ltda": "limitada", "s.a.": "esse á", "s. a.": "esse á",
        "s/a": "esse á", "cia.": "companhia",
        # writing
        "etc.": "et cetera", "p. ex.": "por exemplo", "p.ex.": "por exemplo", "ex.": "exemplo", "pág.": "página",
        "págs.": "páginas", "pag.": "página", "p.": "página", "pp.": "páginas", "n.º": "número", "nº": "número",
        "n°": "número", "n.°": "número", "núm.": "número", "nr.": "número", "art.": "artigo", "arts.": "artigos",
        "vol.": "volume", "ed.": "edição", "fig.": "figura", "ref.": "referência", "tel.": "telefone", "fone": "fone",
        "a.c.": "antes de Cristo", "a. c.": "antes de Cristo", "d.c.": "depois de Cristo", "d. c.": "depois de Cristo",
        "aprox.": "aproximadamente", "máx.": "máximo", "mín.": "mínimo", "min.": "minutos", "obs.": "observação",
        "depto.": "departamento", "dept.": "departamento", "séc.": "século", "sécs.": "séculos", "c/": "com", "p/": "para",
        "s/": "sem", "vc": "você", "vcs": "vocês", "vs.": "versus", "incl.": "incluído", "hab.": "habitantes",
        "p.s.": "pós-escrito", "att.": "atenciosamente", "24/7": "vinte e quatro sete", "e/ou": "e ou", "mp3": "eme pê três", "mp4": "eme pê quatro", "50/50": "cinquenta cinquenta", "c++": "cê mais mais",
        "c#": "cê sharp", "24h": "vinte e quatro horas", "km": "quilômetro", "kg": "quilo",
    }  # fmt: skip
    before_number = words("p. pp. pag. ed. cap. art. arts. fig. vol. min. séc. sécs. nr. núm. ap.")
    before_name = words("d. s. r. al. eng. arq. gen. ten. sto. sta. dep. pe. pç. pça. rod. estr. trav. tv.")
    capital_only = words("d. s. r. al. eua pe.")
    may_end = frozenset([
        "etc.", "ltda.", "s.a.", "s. a.", "cia.", "a.c.", "a. c.", "d.c.", "d. c.", "esq.", "dto.", "aprox.", "máx.", "mín.",
        "min.", "hab.", "incl.", "seg.", "h.", "apto.",
    ])  # fmt: skip
    acronym_words = words(
        "ONU OTAN UNESCO UNICEF NASA OVNI AIDS COVID FIFA UEFA OPEP SUS USP ENEM PIB ANVISA INSS_ IBOPE SENAI SESC SENAC "
        "UNICAMP UNESP CEP FUNAI IBAMA PROCON DETRAN ANAC ANATEL ANEEL PIN RAM SIM WIFI LED LASER PIX TAP IVA IRS_ NIF CREA OAB_ "
        "MEC IPEA EMBRAPA FUVEST PUC FIES UPA SAMU TAC FAB MASP IKEA CEMIG SABESP VASP VARIG BOPE"
    )
    code_words = words("pin código senha isbn conta iban passaporte referência cep postal protocolo")
    starters = words(
        "O A Os As Um Uma Uns Umas Este Esta Estes Estas Esse Essa Isso Isto Aquele Aquela Ele Ela Eles Elas Eu Tu Nós Você "
        "Vocês E Ou Mas Se Sim Não Quando Como Onde Embora Enquanto Porque Para Por Em No Na Nos Nas De Do Da Ao À Com Sem "
        "Segundo Desde Até Entre Sobre Após Já Há É São Foi Era Está Estão Me Seu Sua Seus Suas Meu Minha Hoje Ontem Amanhã "
        "Agora Depois Logo Além Também Assim Então Aqui Ali Todo Todos Toda Todas Cada Muitos Outros Que Quem Qual Quanto "
        "Obrigado Olá Finalmente Primeiro"
    )
    shouted = words(
        "o a os as um uma de do da dos das em no na nos nas e ou que não sim se com sem por para me te lhe seu sua meu tu eu ele "
        "ela é são já mais muito hoje há nem este esta isso mas todo toda sol mar rei fim dois três seis dez cem mil bem mal só "
        "pode rua até ao aos às"
    )
    spelled = words(
        "INSS ISBN ADSL IRPF UMTS HDMI OCDE HTTP HTML URL IEEE UCLA ADN DNA RNA IBGE UFRJ UERJ USB CPF RG ICMS IPTU IPVA UFMG STF"
    )
    regnal = words(
        "luís luis filipe carlos fernando afonso joão isabel bento pio paulo henrique pedro sancho napoleão francisco gregório "
        "clemente inocêncio urbano leão alexandre nicolau catarina jorge eduardo guilherme manuel dinis duarte josé miguel maria "
        "frederico elizabeth ramsés rei rainha papa imperador czar sebastião"
    )
    numbered = words(
        "capítulo tomo volume livro parte ato cena anexo título fase tipo nível grau artigo tabela figura apêndice seção secção "
        "lição classe grupo página pág. cap. vol. art. apolo etapa módulo bloco série"
    )

    # nouns and their gender
    not_nouns = words(
        "de do da dos das ao aos à às o a os as um uma e ou em no na nos nas por para com sem que é são foi era eram há está estão "
        "segundo desde até entre sobre como mais menos mas se não já lhe me te seu sua meu nem quando onde depois antes pois então "
        "enquanto embora porque além também tem têm pode podem deve vai muito milhões milhão bilhões bilhão mil contra após aqui "
        "ali às_ vezes_ pelo pela pelos pelas"
    )
    labels = words(
        "número n.º nº núm. página pág. p. capítulo artigo art. canal tema piso andar dia ano versão nível tipo fase linha ônibus "
        "sala quarto porta anexo figura tabela passo lição unidade km grupo apartamento apto. casa bloco"
    )
    the = words("o a os as do da ao à um uma este esta no na")
    feminine = words(
        "razão razões vez mão mãos foto moto noite tarde parte classe frase fase base série chave rede carne luz voz cruz lei gente nuvem "
        "ordem pele mãe mulher flor cor torre fonte sorte morte mente nave noz paz tribo capital sede crise tese análise "
        "superfície espécie colher isabel pele febre saúde"
    )
    masculine = words(
        "dia mapa problema sistema programa tema idioma clima poema planeta cometa drama dilema esquema fantasma sintoma diploma "
        "grama quilograma miligrama micrograma cinema sofá pijama panorama aroma enigma trauma poeta atleta colega guarda guia "
        "pirata coração avião caminhão limão pão feijão melão botão"
    )
    feminine_endings = (
        "a", "as", "ã", "ãs", "ção", "ções", "são", "sões", "gião", "giões", "nião", "niões", "dade", "dades", "tude", "tudes", "gem", "gens",
    )  # fmt: skip
    masculine_endings = ("ista", "istas", "grama", "gramas", "ema", "emas")
