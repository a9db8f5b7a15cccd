"""What personal data look like in a French file, as patterns of RE2; on cells without accents."""

from __future__ import annotations

from privacy.keys import IBAN_LENGTHS
from privacy.names import EPONYMS, FIRMS, GIVEN_NAMES, PLACES

# Before and after a number: no letter, digit or sign that would make it part of a longer number, of a decimal
# (48.8241050 holds NIRs), of a date (2017-03-14/2018-03-14 holds a telephone number) or of an identifier
# (uuid, hexadecimal surrogate). A point after a word and one at the end of a sentence may stand.
_BEFORE = "(?:^|[^A-Za-z0-9_.,/+-]|(?:^|[^0-9])[.,/+-])"
_AFTER = "(?:$|[^A-Za-z0-9_.,/-]|[.,/-](?:$|[^0-9]))"
_WORD_BEFORE, _WORD_AFTER = "(?:^|[^A-Za-z0-9_-])", "(?:$|[^A-Za-z0-9_-])"

# Letters of Latin scripts; RE2 takes twenty times as long to compile \pL.
_L = r"A-Za-z\x{c0}-\x{17f}"

# The first label of the host keeps `logo@2x.png` out.
EMAIL = (
    rf"[{_L}0-9][{_L}0-9._%+'-]*(?:@| ?[\[(] ?(?:at|arobase|@) ?[\])] ?)"
    rf"(?:[{_L}][{_L}0-9-]*|[0-9][{_L}0-9-]{{2,}})(?:\.[{_L}0-9-]+)*\.[{_L}]{{2,}}"
)
# A mailbox of a desk, not of a person; more words may follow: contact.paris@, info2@, mairie-annexe@.
DESK = (
    rf"(?i)(?:^|[^{_L}0-9._%+'-])(?:contact|info|infos|information|accueil|mairie|ville|commune|secretariat|"
    r"direction|administration|services?|support|hello|bonjour|standard|courrier|communication|com|presse|"
    r"reservations?|booking|commercial|commandes?|boutique|magasin|webmaster|opendata|data|rgpd|dpo|no-?reply|"
    r"ne-pas-repondre|office|bureau|urbanisme|etat-?civil|bibliotheque|mediatheque)"
    rf"(?:[._+-][{_L}0-9._+-]*|[0-9]*)@[{_L}0-9.-]+"
)

_PAIRS = r"(?:(?: {0,2}\d\d){4}|(?:\.\d\d){4}|(?:-\d\d){4}|(?:/\d\d){4})"
_FRANCE = r"(?:\+|00) ?33[ .]?(?:\(0\))?[ .-]?"
# The second one: E.164, at most fifteen digits. No point inside: +48.8241050 is a latitude.
PHONE = (
    f"{_BEFORE}(?:0|{_FRANCE})[1-79]{_PAIRS}(?:{_AFTER}|/[0+])"  # another one may follow a stroke
    rf"|(?:^|[^0-9])\+[1-9]\d{{0,2}}(?:[ /()-]{{0,2}}\d){{7,13}}{_AFTER}"
)
# 08 and 3xxx are sold to firms and offices only (ARCEP, plan national de numérotation).
OFFICE_PHONE = rf"{_BEFORE}(?:0 ?|{_FRANCE})8(?:{_PAIRS}| ?\d\d(?: ?\d{{3}}){{2}}){_AFTER}"
SHORT_PHONE = r"^3\d ?\d\d$"  # in a column of telephone numbers; elsewhere it counts, or is a year

# Sex (3, 4, 7, 8: provisional numbers), year, month (20–42 and 50–99: unknown or provisional), department,
# commune, order. INSEE, "Numéro d'inscription au répertoire".
_NIR = r"[1-478] ?\d\d ?(?:0[1-9]|1[0-2]|[23]\d|4[0-2]|[5-9]\d) ?(?:0[1-9]|[1-9]\d|2[ABab]) ?\d{3} ?\d{3}"
NIR = f"{_BEFORE}({_NIR} ?[-/]? ?\\d\\d){_AFTER}"
NIR_LEAST = 15  # its signs, and as many of one without its key that is called so
NIR_NAMED = rf"(?i)\b(?:nir|n.? ?ss|secu(?:rite sociale)?)\b[^0-9]{{0,25}}{_NIR}{_AFTER}"

_BY_LENGTH = [
    f"(?:{countries.replace(' ', '|')})\\d\\d(?: ?[A-Z0-9]){{{length - 4}}}"
    for length, countries in IBAN_LENGTHS.items()
]
_FRENCH_IBAN = r"(?i:fr)\d\d(?: ?\d){10}(?: ?[A-Za-z0-9]){11}(?: ?\d){2}"
IBAN = f"(?:^|[^A-Za-z0-9])({_FRENCH_IBAN}|{'|'.join(_BY_LENGTH)})(?:$|[^A-Za-z0-9])"

# SIV since 2009: no I, O, U, no SS; FNI before: number, letters, department.
_SIV = "(?:[A-HJ-NP-RTV-Z][A-HJ-NP-TV-Z]|S[A-HJ-NP-RTV-Z])"
_FNI = r"\d{1,4}[ -][A-HJ-NP-TV-Z]{2,3}[ -](?:0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6])"
ANY_PLATE = rf"(?i)(?:{_SIV}[ -]?\d{{3}}[ -]?{_SIV}|{_FNI})"
# In a text only with hyphens or where it is called so: "RD 920 ET" is a road, "10 AV 92" an address.
PLATE = (
    rf"{_WORD_BEFORE}{_SIV}-\d{{3}}-{_SIV}{_WORD_AFTER}"
    rf"|(?i:immatricul|plaque|vehicule|voiture|scooter|\bmoto)[^.;]{{0,40}}?[^A-Za-z0-9]{ANY_PLATE}{_WORD_AFTER}"
)

# One search for all numbers: most cells have none of them, and are not searched again.
ANY_NUMBER = "|".join(
    f"(?:{pattern})"
    for pattern in (
        PHONE, OFFICE_PHONE, SHORT_PHONE, NIR, NIR_NAMED, r"^\d{15}$", IBAN, PLATE, f"^{ANY_PLATE}$"
    )
)  # fmt: skip

_DAY = (
    r"(?:\d{1,2}(?:er)? ?(?:[/.-] ?\d{1,2} ?[/.-]|"
    r"(?:janv|fevr|mars|avri|mai|juin|juil|aout|sept|octo|nove|dece)[a-z]*\.?) ?)"
)
# A year from 1910 on, or of two digits: who was born before is dead, and named on many a plaque.
_YEAR = r"(?:19[1-9]\d|20\d\d|\d\d)\b"
BIRTH = (
    rf"(?i)\bne(?:\(e\)|[.·]?e)?s? (?:a [a-z' -]{{2,40}}?,? )?le {_DAY}{_YEAR}"
    rf"|(?i)\b(?:date de naissance|ddn)\b[^0-9]{{0,15}}{_DAY}{_YEAR}"
)

_STREET = (
    r"\d{1,4} ?(?:bis|ter|quater|[a-d]\b)?,? ?(?:rue|av\.?|avenue|bd|boulevard|allees?|impasse|place|chemin|"
    r"route|quai|square|cours|passage|villa|residence|sentier|ruelle|clos|hameau|lotissement)\b"
)
HOME = (
    r"(?i)\b(?:domicilie(?:\(e\)|e)?s?|demeurant|residant|habit(?:ant|e)\b|son domicile|domicile :|"
    r"adresse personnelle|chez (?:m\.|mme|mlle|monsieur|madame|son|sa|ses|leurs?)\b)[^.;]{0,60}?" + _STREET
)
# A firm has its seat at an address too.
SEAT = (
    r"(?i)\b(?:societe|entreprise|association|sarl|sasu?|sci|eurl|cabinet|agence|etablissement)\b"
    r"[^.;]{0,80}?\b(?:domicilie|residant|demeurant)"
)

_TITLE = (
    r"(?:MM?\.|Mmes?|MME|Mlle|MLLE|Monsieur|MONSIEUR|Madame|MADAME|Mademoiselle|Maitre|Dr|DR|Docteur|DOCTEUR)"
    r"\.?"
)
_GIVEN = "(?:" + "|".join(f"{name[0].upper()}(?i:{name[1:]})" for name in GIVEN_NAMES) + ")"
_GIVENS = f"{_GIVEN}(?:[ -]{_GIVEN})*"
_SURNAME = "(?:(?i:de la|de|du|des|le|la|van der|van|von|di|da|el|ben|d'|l') ?)?[A-Z][A-Za-z'-]+"
_SURNAMES = f"{_SURNAME}(?: {_SURNAME}){{0,2}}"
TITLED = f"(?:^|[^A-Za-z-]){_TITLE} +{_SURNAME}"
NAMED = f"(?:^|[^A-Za-z-]){_GIVENS}(?: [A-Z]\\.)? {_SURNAME}"
NAME_ALONE = (
    f"(?:{_TITLE} )?(?:{_GIVENS} {_SURNAMES}|{_SURNAMES},? {_GIVENS})(?: \\(?EI\\)?)?|{_TITLE} {_SURNAMES}"
)
FIRM = f"(?i)\\bsainte? |^(?:la|les|aux?) |(?:^|[^a-z])(?:{'|'.join((*FIRMS, *PLACES))})(?:$|[^a-z])"
EPONYM = (
    rf"(?i:\b(?:{'|'.join(PLACES)})\b\.?)(?i: de la| des?| du| la| le| l'| d'| dit| -)*[ ']?"
    f"(?:{_TITLE} )?(?:[A-Z][A-Za-z'.-]*[ -]?){{1,4}}(?:et (?:[A-Z][A-Za-z'.-]*[ -]?){{1,4}})?"
)
FAMOUS = rf"(?i)\b(?:{'|'.join(EPONYMS)})\b"
# Two of the words that make a sentence of a row of names.
SENTENCE = (
    r"\b(?i:le|la|les|un|une|et|est|par|pour|dans|que|qui|avec|sur|sans|son|sa|ses|ce|cette|se|ne|pas|aux?|a|"
    r"ont?|sont|il|elle|ils|nous|vous|je|chez|apres|avant|du|des|en)\b.*"
) * 2

# What each family needs, cheap to look for: a cell with none of it is not looked at again. `SUSPECT` is for
# cells as they stand: é may be é, a blank U+00A0 or U+202F. A Corsican NIR has no nine digits in a row.
_DIGITS = r"(?:\d[ .\-/()\x{a0}\x{202f}]{0,2}){9}|\d ?2[ABab] ?\d{3}|^3\d ?\d\d$"
_LETTERED = (
    r"(?:^|[^A-Za-z0-9])(?:[A-Za-z]{2}[ -]?\d{3}[ -]?[A-Za-z]{2}|\d{1,4}[ -][A-Za-z]{2,3}[ -]\d[\dAB]\d?)"
    r"(?:$|[^A-Za-z0-9])"
)
_AT = r"@|[\[(] ?(?:at|arobase)"
_TWO_CAPITALS = (
    rf"[A-Z\x{{c0}}-\x{{de}}][{_L}\x{{2019}}'.-]*[ \x{{a0}}\x{{202f}},]+"
    r"(?:(?i:de|du|des|la|le|van|von|di|da|el|ben|der)[ \x{a0}]+)*(?:[dDlL]['\x{2019}])?[A-Z\x{c0}-\x{de}]"
)
NUMBERS = f"{_DIGITS}|{_LETTERED}"
_BORN = rf"(?:^|[^{_L}])n[eé]{{1,2}}s?[^{_L}]|naissance|ddn"
LIFE = f"(?i:{_BORN}|domicil|demeur|r[eé]sidant|habit|chez|personnelle)"
PEOPLE = f"(?:^|[^A-Za-z])(?:{_TITLE}|{_GIVEN})(?:$|[^A-Za-z])"
SUSPECT = f"{_AT}|{NUMBERS}|{LIFE}|{_TWO_CAPITALS}"
