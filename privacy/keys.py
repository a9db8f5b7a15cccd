"""Numbers that prove themselves: the keys of the NIR and of the IBAN, as SQL macros."""

from __future__ import annotations

# Length of an IBAN by country (SWIFT, IBAN Registry): those of SEPA, and of the countries whose nationals and
# banks are frequent in France.
IBAN_LENGTHS = {
    15: "NO", 16: "BE", 18: "DK FI NL FO GL", 19: "MK SI", 20: "AT BA EE LT LU XK", 21: "CH HR LI LV",
    22: "BG DE GB IE ME RS GE BH", 23: "IL AE GI TL", 24: "CZ ES MD RO SA SE SK TN AD VG PK", 25: "PT ST",
    26: "IS TR DZ", 27: "FR GR IT MC MR SM", 28: "AL AZ CY DO GT HU LB PL SN MA CI BJ ML",
    29: "BR EG PS QA UA", 30: "JO KW MU", 31: "MT SC",
}  # fmt: skip

MACROS = (
    # INSEE: the key is 97 minus the rest of the thirteen digits by 97; Corsica counts as 19 (2A) and 18 (2B).
    "CREATE OR REPLACE TEMP MACRO nir_key(nir) AS "
    "97 - replace(replace(left(nir, 13), '2A', '19'), '2B', '18')::BIGINT % 97 = right(nir, 2)::BIGINT",
    # ISO 13616: the first four signs go to the end, letters count 10 to 35, the rest by 97 is 1.
    "CREATE OR REPLACE TEMP MACRO iban_key(iban) AS list_reduce("
    "list_transform(string_split(substr(iban, 5) || left(iban, 4), ''), "
    "lambda sign: ascii(sign) - CASE WHEN sign <= '9' THEN 48 ELSE 55 END), "
    "lambda rest, value: (rest * CASE WHEN value > 9 THEN 100 ELSE 10 END + value) % 97, 0) = 1",
)
