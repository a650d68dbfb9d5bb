"""Products, prices, specs, variants and stock."""

from collections.abc import Callable
from itertools import product as every_combination

from sandbox.ordercloud import models
from sandbox.ordercloud.crud import Collection, Crud
from sandbox.ordercloud.errors import invalid, refused
from sandbox.ordercloud.expressions import evaluate
from sandbox.ordercloud.identity import SELLER_ID
from sandbox.ordercloud.pricing import is_on_sale, product_specs
from sandbox.ordercloud.queries import ListQuery
from sandbox.ordercloud.routing import Call, Reply, Route, roles
from sandbox.ordercloud.schema import Document, Model, identifier, text
from sandbox.ordercloud.store import Parent, Store

_READERS, _WRITERS = roles("ProductReader"), roles("ProductAdmin")
_PRODUCT = (("productID", "products", "Product"),)

PRODUCT_ASSIGNMENT = Model(
    "ProductAssignment",
    {
        "SellerID": identifier(),
        "ProductID": text(100, required=True),
        "BuyerID": identifier(),
        "UserGroupID": identifier(),
        "PriceScheduleID": identifier(),
    },
)
SPEC_ASSIGNMENT = Model(
    "SpecProductAssignment",
    {
        "SpecID": text(100, required=True),
        "ProductID": text(100, required=True),
        "DefaultValue": text(2000),
        "DefaultOptionID": identifier(),
    },
)


class Catalogue:
    """What the shop sells."""

    def __init__(self, store: Store, nested_xp: Callable[[], bool]) -> None:
        self._store = store
        self._nested_xp = nested_xp

    def routes(self) -> list[Route]:
        price_roles = roles("PriceScheduleReader"), roles("PriceScheduleAdmin")
        promotion_roles = roles("PromotionReader"), roles("PromotionAdmin")
        collections = [
            Collection(
                "products", models.PRODUCT, "v1/products", "productID", _READERS, _WRITERS,
                prepare=self._product, show=self._shown_product,
            ),
            Collection(
                "variants", models.VARIANT, "v1/products/{productID}/variants", "variantID",
                _READERS, _WRITERS, _PRODUCT, prepare=self._variant,
            ),
            Collection(
                "inventoryrecords", models.INVENTORY_RECORD, "v1/products/{productID}/inventoryrecords",
                "inventoryRecordID", _READERS, _WRITERS | roles("InventoryAdmin"), _PRODUCT,
                prepare=self._inventory_record,
            ),
            Collection(
                "priceschedules", models.PRICE_SCHEDULE, "v1/priceschedules", "priceScheduleID", *price_roles,
                prepare=self._price_schedule,
            ),
            Collection("specs", models.SPEC, "v1/specs", "specID", _READERS, _WRITERS, prepare=self._spec),
            Collection(
                "specoptions", models.SPEC_OPTION, "v1/specs/{specID}/options", "optionID",
                _READERS, _WRITERS, (("specID", "specs", "Spec"),),
            ),
            Collection(
                "promotions", models.PROMOTION, "v1/promotions", "promotionID", *promotion_roles,
                prepare=self._promotion,
            ),
        ]  # fmt: skip
        plain = [route for each in collections for route in Crud(self._store, each, self._nested_xp).routes()]
        return [
            *plain,
            Route("GET", "v1/products/assignments", _READERS | _WRITERS, self.list_assignments),
            Route("POST", "v1/products/assignments", _WRITERS, self.assign_product),
            Route("POST", "v1/specs/productassignments", _WRITERS, self.assign_spec),
            Route("GET", "v1/products/{productID}/specs", _READERS | _WRITERS, self.list_product_specs),
            Route("POST", "v1/products/{productID}/variants/generate", _WRITERS, self.generate_variants),
        ]

    def list_assignments(self, call: Call) -> Reply:
        assigned = [PRODUCT_ASSIGNMENT.shown(each) for _, each in self._store.everywhere("productassignments")]
        return Reply(200, ListQuery.read(call.query).answer(PRODUCT_ASSIGNMENT, assigned))

    def assign_product(self, call: Call) -> Reply:
        """Price a product for a buyer (or everybody); a repeated assignment replaces the former one."""
        wanted = PRODUCT_ASSIGNMENT.create(call.fields)
        self._store.get("products", (), wanted["ProductID"], "Product")
        if wanted["PriceScheduleID"] is None and wanted["BuyerID"] is None:
            message = "Product assignment must include a Price Schedule or a Buyer/User/Group."
            raise refused("Product.RequiresPriceScheduleOrBuyer", message)
        for field, table, object_type in (
            ("PriceScheduleID", "priceschedules", "PriceSchedule"),
            ("BuyerID", "buyers", "Buyer"),
        ):
            if wanted[field]:
                self._store.get(table, (), wanted[field], object_type)
        own_id = f"{wanted['ProductID']}|{wanted['BuyerID'] or ''}"
        self._store.put("productassignments", (), {**wanted, "ID": own_id})
        return Reply(204)

    def assign_spec(self, call: Call) -> Reply:
        wanted = SPEC_ASSIGNMENT.create(call.fields)
        self._store.get("specs", (), wanted["SpecID"], "Spec")
        self._store.get("products", (), wanted["ProductID"], "Product")
        self._store.put("specassignments", (), {**wanted, "ID": f"{wanted['SpecID']}|{wanted['ProductID']}"})
        return Reply(204)

    def list_product_specs(self, call: Call) -> Reply:
        product = self._store.get("products", (), call.params["productID"], "Product")
        specs = [models.SPEC.shown(each) for each in product_specs(self._store, product["ID"])]
        return Reply(200, ListQuery.read(call.query).answer(models.SPEC, specs))

    def generate_variants(self, call: Call) -> Reply:
        """One variant for every combination of the options of the specs that define variants."""
        product = self._store.get("products", (), call.params["productID"], "Product")
        defining = [each for each in product_specs(self._store, product["ID"]) if each["DefinesVariant"]]
        options = [[(spec, option) for option in self._store.under("specoptions", (spec["ID"],))] for spec in defining]
        for combination in every_combination(*options) if options else ():
            own_id = "-".join([product["ID"], *(option["ID"] for _, option in combination)])
            if self._store.find("variants", (product["ID"],), own_id) is None:
                variant = models.VARIANT.create({"ID": own_id, "Name": _variant_name(product, combination)})
                self._store.put("variants", (product["ID"],), {**variant, "Specs": _variant_specs(combination)})
        return Reply(200, self._shown_product((), models.PRODUCT.shown(product)))

    def _shown_product(self, _parent: Parent, product: Document) -> Document:
        """Stock is the sum of the inventory records where there are any (OC-74)."""
        records = self._store.under("inventoryrecords", (product["ID"],))
        if records and product["Inventory"]:
            available = sum(each["QuantityAvailable"] for each in records)
            product = {**product, "Inventory": {**product["Inventory"], "QuantityAvailable": available}}
        return {
            **product,
            "SpecCount": len(product_specs(self._store, product["ID"])),
            "VariantCount": len(self._store.under("variants", (product["ID"],))),
        }

    def _product(self, call: Call, product: Document, before: Document | None) -> Document:
        if product["DefaultPriceScheduleID"]:
            self._store.get("priceschedules", (), product["DefaultPriceScheduleID"], "PriceSchedule")
        return self._with_stock_date(call, {**product, "OwnerID": product["OwnerID"] or SELLER_ID}, before)

    def _variant(self, call: Call, variant: Document, before: Document | None) -> Document:
        if before is None:
            raise invalid([("ID", "Variants come from the specs of a product: call variants/generate.")])
        return self._with_stock_date(call, variant, before)

    def _with_stock_date(self, call: Call, owner: Document, before: Document | None) -> Document:
        """`Inventory` complete, dated when the call changed it."""
        wanted = owner["Inventory"]
        if wanted is None:
            return owner
        inventory = {name: wanted.get(name, each.default) for name, each in models.INVENTORY_FIELDS.items()}
        old = (before or {}).get("Inventory") or {}
        if inventory["QuantityAvailable"] != old.get("QuantityAvailable"):
            inventory["LastUpdated"] = self._store.now()
        return {**owner, "Inventory": inventory}

    def _inventory_record(self, call: Call, record: Document, _before: Document | None) -> Document:
        return {**record, "OwnerID": record["OwnerID"] or SELLER_ID, "LastUpdated": self._store.now()}

    def _price_schedule(self, call: Call, schedule: Document, _before: Document | None) -> Document:
        breaks = schedule["PriceBreaks"]
        if not all(isinstance(each, dict) and each.get("Price") is not None for each in breaks):
            raise invalid([("PriceBreaks", "Each price break needs a Price.")])
        breaks = [{**each, "Quantity": each.get("Quantity", 1)} for each in breaks]
        if len({each["Quantity"] for each in breaks}) < len(breaks):
            message = "Price breaks array cannot contain duplicate quantity values."
            raise refused("PriceSchedule.DuplicatePriceBreaks", message)
        complete = {**schedule, "PriceBreaks": breaks, "OwnerID": schedule["OwnerID"] or SELLER_ID}
        return {**complete, "IsOnSale": is_on_sale(complete, self._store.clock())}

    def _spec(self, _call: Call, spec: Document, _before: Document | None) -> Document:
        if spec["DefinesVariant"] and not spec["Required"]:
            raise refused("Spec.MustBeRequired", "Any spec where DefinesVariant = true must also have Required = true.")
        return spec

    def _promotion(self, _call: Call, promotion: Document, _before: Document | None) -> Document:
        """400 for a code in use, or expressions that cannot be evaluated."""
        same_code = [
            each
            for each in self._store.under("promotions", ())
            if each["Code"].lower() == promotion["Code"].lower() and each["ID"] != promotion["ID"]
        ]
        if same_code:
            raise refused("Promotion.CodeInUse", "This code is already in use on another promotion.")
        names: dict[str, Document] = {"order": {}, **({"item": {}} if promotion["LineItemLevel"] else {})}
        evaluate(promotion["EligibleExpression"], names)
        evaluate(promotion["ValueExpression"], names)
        return {**promotion, "OwnerID": promotion["OwnerID"] or SELLER_ID}


def _variant_name(product: Document, combination: tuple[tuple[Document, Document], ...]) -> str:
    return " ".join([product["Name"], *(option["Value"] for _, option in combination)])[:100]


def _variant_specs(combination: tuple[tuple[Document, Document], ...]) -> list[Document]:
    return [
        {
            "SpecID": spec["ID"],
            "Name": spec["Name"],
            "OptionID": option["ID"],
            "Value": option["Value"],
            "PriceMarkupType": option["PriceMarkupType"],
            "PriceMarkup": option["PriceMarkup"],
        }
        for spec, option in combination
    ]
