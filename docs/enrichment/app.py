"""An example of a shop's own function: it knows what the bridge cannot (docs/enrichment.md).

Given `{"version": 1, "order": {...}}`, it answers with what it sets. It needs nothing but Python.
"""

ACCOUNTS = {"GIFT": 4001}
"""The shop's own accounts of some products, as a merchandise system might know them."""
NAMES = {"MUG": "Enamel mug, made in Stoke-on-Trent"}
CLUB = "Club customers: 30 days to return what you do not like."


def lambda_handler(event, _context):
    if event["version"] != 1:
        raise ValueError("this function understands version 1")
    order = event["order"]
    answer = {"version": 1, "lines": [said for line in order["lines"] if (said := about(line))]}
    if order["customer"]["email"].endswith((".example", "@example.org")):
        answer["text"] = CLUB
    return answer


def about(line):
    """What is said of a line; nothing where there is nothing to say."""
    product = line["product_code"]
    said = {}
    if product in ACCOUNTS:
        said["nominal_code"] = ACCOUNTS[product]
    if product in NAMES:
        said["description"] = NAMES[product]
    return {"line_id": line["line_id"], **said} if said else None
