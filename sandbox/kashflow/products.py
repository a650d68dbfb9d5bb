"""Products under their nominals, and stock (KF-101)."""

from typing import Any

from sandbox.kashflow.arithmetic import ZERO
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import NO_CONTENT, Call, Reply
from sandbox.kashflow.listing import page, sorted_rows
from sandbox.kashflow.merging import changed
from sandbox.kashflow.reading import Record, Shape, amount, flag, text, whole
from sandbox.kashflow.refusals import bad_request, not_found

_PRODUCT = Shape(
    NominalCode=whole, Code=text, Name=text, Description=text, Price=amount, WholeSalePrice=amount,
    VATRate=amount, VATExempt=flag, ManageStockLevel=flag, QuantityInStock=whole,
    StockWarningQuantity=whole, InUse=flag,
    IsDefault=flag, AutoFillLineItem=flag, PurchaseNominalId=whole, PurchaseSubNominalId=whole,
)  # fmt: skip
_BLANK: Record = {
    "NominalCode": None, "Code": None, "Name": None, "Description": "", "Price": ZERO, "WholeSalePrice": ZERO,
    "VATRate": ZERO, "VATExempt": False, "ManageStockLevel": False, "QuantityInStock": 0,
    "StockWarningQuantity": 0, "InUse": True, "IsDefault": False, "AutoFillLineItem": False,
    "PurchaseNominalId": 0, "PurchaseSubNominalId": 0,
}  # fmt: skip
_SORT_KEYS: dict[str, Any] = {
    "ProductCode": lambda row: row["Code"].lower(),
    "ProductName": lambda row: row["Name"].lower(),
    "NominalCode": lambda row: row["NominalCode"],
}


def list_products(books: Books, call: Call) -> Reply:
    """GET /products/list, GET /products and GET /nominals/{nominal}/products: flat and paged."""
    nominal = int(call.parts["nominal"]) if "nominal" in call.parts else None
    starts = call.query.get("filterbycharacter", "").lower()
    in_use_only = call.flag("filterbyinuseonly", True)
    rows = [
        product
        for product in books.products
        if nominal in (None, product["NominalCode"])
        and product["Name"].lower().startswith(starts)
        and (product["InUse"] or not in_use_only)
    ]
    ordered = sorted_rows(books, call, rows, _SORT_KEYS)
    return Reply(page(books, call, ordered, 10, dict))


def get_product(books: Books, call: Call) -> Reply:
    """GET /products/{nominal}/{code}."""
    return Reply(_named(books, call))


def post_product(books: Books, call: Call) -> Reply:
    """POST /products."""
    given = _PRODUCT.read(call.body, "the product")
    product = _checked(books, {**_BLANK, **given, "Id": books.next_id("product")})
    key = _key(product)
    if key in books.products:
        raise bad_request("Product Code is not unique under this nominal")
    books.products.put(key, product)
    return Reply(product, 201, f"/products/{product['NominalCode']}/{product['Code']}")


def put_product(books: Books, call: Call) -> Reply:
    """PUT /products/{nominal}/{code}: absolute values, stock included."""
    old = _named(books, call)
    given = _PRODUCT.read(call.body, "the product")
    product = _checked(books, changed(old, given, _BLANK, {}, books.switches))
    if _key(product) != _key(old):
        if _key(product) in books.products:
            raise bad_request("Product Code is not unique under this nominal")
        books.products.remove(_key(old))
    books.products.put(_key(product), product)
    return Reply(product)


def delete_product(books: Books, call: Call) -> Reply:
    """DELETE /products/{nominal}/{code}."""
    books.products.remove(_key(_named(books, call)))
    return NO_CONTENT


def _named(books: Books, call: Call) -> Record:
    product = books.products.get((int(call.parts["nominal"]), call.parts["code"].lower()))
    if product is None:
        raise not_found(f"Product {call.parts['nominal']}/{call.parts['code']}")
    return product


def _checked(books: Books, product: Record) -> Record:
    if not product["Code"] or not product["Name"]:
        raise bad_request("a product needs a Code and a Name")
    nominal = books.nominal(product["NominalCode"])
    if nominal is None:
        raise bad_request(f"Nominal {product['NominalCode']} does not exist")
    return {**product, "NominalId": nominal["Id"]}


def _key(product: Record) -> tuple[int, str]:
    return product["NominalCode"], product["Code"].lower()
