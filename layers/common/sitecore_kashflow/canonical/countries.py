"""Country codes: ISO 3166-1 alpha-2, how else shops write them, and territories with a VAT of their own."""

import re
from functools import lru_cache
from typing import NamedTuple

_ISO_3166 = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
_RESERVED = {"XI": "GB", "IC": "ES", "EA": "ES", "XK": "XK"}
"""Codes that are not in the standard, but in use: Northern Ireland, the Canaries, Ceuta and Melilla, Kosovo."""

_CODES = frozenset((*_ISO_3166.split(), *_RESERVED))
_OTHER_WORDS = {"UK": "GB", "EL": "GR"}

_BY_POSTCODE = {
    "GB": {"BT": "XI", "JE": "JE", "GY": "GG", "IM": "IM"},
    "ES": {"35": "IC", "38": "IC", "51": "EA", "52": "EA"},
    "PT": {"90": "PT-30", "91": "PT-30", "92": "PT-30", "93": "PT-30", "94": "PT-30"}
    | {"95": "PT-20", "96": "PT-20", "97": "PT-20", "98": "PT-20", "99": "PT-20"},
    "FI": {"22": "AX"},
    "FR": {"971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT"}
    | {"977": "BL", "978": "MF", "986": "WF", "987": "PF", "988": "NC"},
    "DE": {"27498": "Heligoland", "78266": "Büsingen"},
    "IT": {"23041": "Livigno", "22061": "Campione d'Italia"},
    "GR": {"63086": "Mount Athos", "63087": "Mount Athos"},
}
"""Parts of a country where its VAT does not hold, or not at its percentages, by how their postcodes begin."""

_VAT_AS = {"MC": "FR"}


class Territory(NamedTuple):
    """A place as VAT sees it.

    `code` is of ISO 3166, of 3166-2 for Madeira (PT-30) and the Azores (PT-20), or the name of a place with neither.

    `vat_of` is the country whose VAT holds there: France for Monaco, none for Heligoland.
    """

    code: str
    vat_of: str


def country_code(text: str) -> str:
    """The upper-case ISO code for what a shop wrote; unknown text comes back in upper case, otherwise unchanged."""
    code = text.strip().upper()
    return _OTHER_WORDS.get(code, code)


def is_country(code: str) -> bool:
    return code in _CODES


def postal_country(code: str) -> str:
    """The country of an address: GB for XI, Spain for the Canaries."""
    return _RESERVED.get(code, code)


@lru_cache
def postcode_in(country: str, postcode: str) -> str:
    """A postcode as letters and digits alone, without the country that some write in front: GB-LS1 1AA, D-10115."""
    front = rf"{country}-" if country == "GB" else r"[A-Z]{1,2}-"
    return re.sub(rf"^{front}|[^A-Z0-9]", "", postcode.strip().upper())


@lru_cache
def territory(country: str, postcode: str) -> Territory:
    """Where a place is for VAT, by country and postcode."""
    plain = postcode_in(country, postcode)
    if country != "GB":
        plain = plain.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    parts = _BY_POSTCODE.get(country, {})
    code = next((code for prefix, code in parts.items() if plain.startswith(prefix)), country)
    return Territory(code, _VAT_AS.get(code, code.partition("-")[0]))
