"""What a shop's customers, products and lines are in OrderCloud's API."""

from typing import Any

from sandbox.retail_order import Address, Customer, OrderLine


def product_fields(line: OrderLine) -> dict[str, Any]:
    return {"Name": line.name[:100], "Active": True, "xp": {"TaxCode": line.tax_code}}


def line_fields(line: OrderLine) -> dict[str, Any]:
    return {"ProductID": line.product_id, "Quantity": line.quantity, "UnitPrice": line.unit_price}


def address_fields(customer: Customer, address: Address) -> dict[str, Any]:
    return {
        "CompanyName": address.company,
        "FirstName": customer.first_name,
        "LastName": customer.last_name,
        "Street1": address.street,
        "City": address.city,
        "State": address.state,
        "Zip": address.postcode,
        "Country": address.country,
    }
