"""The resource types of the imitated API and their fields (OC-75)."""

from collections.abc import Mapping
from decimal import Decimal

from sandbox.ordercloud.schema import Field, Model, choice, identifier, read_only, text

ZERO = Decimal(0)
FLAG = Field("flag", default=False)
ON = Field("flag", default=True)
WHOLE = Field("whole")
MONEY = Field("money")
NOTHING = Field("money", default=ZERO)
DATE = Field("date")
JSON = Field("json")
COMPUTED = read_only("money", ZERO)
STAMP = read_only("date")

ORDER_STATUSES = ("Unsubmitted", "AwaitingApproval", "Declined", "Open", "Completed", "Canceled")
"""In the order of the numbers 1 to 6 that sync messages use instead of the words."""


def model(name: str, **fields: Field) -> Model:
    return Model(name, {"ID": identifier(), **fields})


ADDRESS_FIELDS: Mapping[str, Field] = {
    "DateCreated": STAMP,
    "CompanyName": text(100),
    "FirstName": text(100),
    "LastName": text(100),
    "Street1": text(100, required=True),
    "Street2": text(100),
    "City": text(100, required=True),
    "State": text(100),
    "Zip": text(100),
    "Country": text(2, required=True),
    "Phone": text(100),
    "AddressName": text(100),
    "xp": JSON,
}

BUYER = model(
    "Buyer",
    Name=text(100, required=True),
    DefaultCatalogID=text(100),
    Active=FLAG,
    DateCreated=STAMP,
    xp=JSON,
)

USER = model(
    "User",
    CompanyID=read_only(),
    Username=text(100, required=True),
    Password=text(100, write_only=True),
    FirstName=text(100, required=True),
    LastName=text(100, required=True),
    Email=text(200, required=True),
    Phone=text(100),
    TermsAccepted=DATE,
    Active=Field("flag", required=True),
    xp=JSON,
    AvailableRoles=read_only("list"),
    Locale=read_only("json"),
    DateCreated=STAMP,
    LastActive=STAMP,
    PasswordLastSetDate=STAMP,
)

ADDRESS = model("Address", **ADDRESS_FIELDS)
BUYER_ADDRESS = model("BuyerAddress", Shipping=FLAG, Billing=FLAG, Editable=read_only("flag", True), **ADDRESS_FIELDS)

LOCALE = model("Locale", OwnerID=text(100), Currency=text(3, required=True), Language=text(10))

INVENTORY_FIELDS = {
    "Enabled": FLAG,
    "NotificationPoint": WHOLE,
    "VariantLevelTracking": FLAG,
    "OrderCanExceed": FLAG,
    "QuantityAvailable": WHOLE,
    "LastUpdated": STAMP,
}

PRODUCT = model(
    "Product",
    OwnerID=text(100),
    DefaultPriceScheduleID=text(100),
    AutoForward=FLAG,
    ParentID=text(100),
    IsParent=FLAG,
    IsBundle=read_only("flag", False),
    Name=text(100, required=True),
    Description=text(2000),
    QuantityMultiplier=Field("whole", default=1),
    ShipWeight=MONEY,
    ShipHeight=MONEY,
    ShipWidth=MONEY,
    ShipLength=MONEY,
    Active=FLAG,
    SpecCount=read_only("whole", 0),
    VariantCount=read_only("whole", 0),
    ShipFromAddressID=text(100),
    Inventory=Field("json", within=INVENTORY_FIELDS),
    DefaultSupplierID=text(100),
    AllSuppliersCanSell=FLAG,
    Returnable=FLAG,
    DateCreated=STAMP,
    xp=JSON,
)

VARIANT = model(
    "Variant",
    Name=text(100),
    Description=text(2000),
    Active=ON,
    ShipWeight=MONEY,
    ShipHeight=MONEY,
    ShipWidth=MONEY,
    ShipLength=MONEY,
    Inventory=Field("json", within=INVENTORY_FIELDS),
    Specs=read_only("list"),
    xp=JSON,
)

INVENTORY_RECORD = model(
    "InventoryRecord",
    OwnerID=text(100),
    AllowAllBuyers=ON,
    Address=read_only("json"),
    AddressID=text(100, required=True),
    OrderCanExceed=FLAG,
    QuantityAvailable=Field("whole", default=0),
    NotificationPoint=WHOLE,
    LastUpdated=STAMP,
    xp=JSON,
)

PRICE_SCHEDULE = model(
    "PriceSchedule",
    OwnerID=text(100),
    Name=text(100, required=True),
    ApplyTax=FLAG,
    ApplyShipping=FLAG,
    MinQuantity=Field("whole", default=1),
    MaxQuantity=WHOLE,
    UseCumulativeQuantity=FLAG,
    RestrictedQuantity=FLAG,
    PriceBreaks=Field("list", default=[]),
    Currency=text(3),
    SaleStart=DATE,
    SaleEnd=DATE,
    IsOnSale=read_only("flag", False),
    xp=JSON,
)

SPEC = model(
    "Spec",
    OwnerID=text(100),
    ListOrder=Field("whole", default=0),
    Name=text(100, required=True),
    DefaultValue=text(2000),
    Required=FLAG,
    AllowOpenText=FLAG,
    DefaultOptionID=text(100),
    DefinesVariant=FLAG,
    xp=JSON,
    OptionCount=read_only("whole", 0),
)

SPEC_OPTION = model(
    "SpecOption",
    Value=text(2000, required=True),
    ListOrder=Field("whole", default=0),
    IsOpenText=FLAG,
    PriceMarkupType=Field(
        "text", default="NoMarkup", choices=("NoMarkup", "AmountPerQuantity", "AmountTotal", "Percentage")
    ),
    PriceMarkup=MONEY,
    xp=JSON,
)

PROMOTION = model(
    "Promotion",
    LineItemLevel=FLAG,
    Code=text(100, required=True),
    Name=text(100),
    RedemptionLimit=WHOLE,
    RedemptionLimitPerUser=WHOLE,
    RedemptionCount=read_only("whole", 0),
    Description=text(2000),
    FinePrint=text(2000),
    StartDate=DATE,
    ExpirationDate=DATE,
    EligibleExpression=text(400, required=True),
    ValueExpression=text(400, required=True),
    CanCombine=FLAG,
    AllowAllBuyers=FLAG,
    OwnerID=text(100),
    AutoApply=FLAG,
    Active=ON,
    Priority=WHOLE,
    xp=JSON,
)

APPROVAL_RULE = model(
    "ApprovalRule",
    Name=text(100),
    Description=text(2000),
    ApprovingGroupID=text(100, required=True),
    RuleExpression=text(400, required=True),
    xp=JSON,
)

ORDER = model(
    "Order",
    FromUser=read_only("json"),
    FromCompanyID=text(100),
    ToCompanyID=text(100),
    FromUserID=text(100),
    BillingAddressID=text(100),
    BillingAddress=read_only("json"),
    ShippingAddressID=text(100),
    Comments=text(2000),
    LineItemCount=read_only("whole", 0),
    Status=read_only("text", "Unsubmitted"),
    DateCreated=STAMP,
    DateSubmitted=STAMP,
    DateApproved=STAMP,
    DateDeclined=STAMP,
    DateCanceled=STAMP,
    DateCompleted=STAMP,
    LastUpdated=STAMP,
    Subtotal=COMPUTED,
    ShippingCost=NOTHING,
    TaxCost=NOTHING,
    Gratuity=NOTHING,
    Fees=COMPUTED,
    BaseDiscount=COMPUTED,
    PromotionDiscount=COMPUTED,
    Currency=read_only(),
    Total=COMPUTED,
    IsSubmitted=read_only("flag", False),
    SubscriptionID=read_only(),
    xp=JSON,
)

LINE_ITEM = model(
    "LineItem",
    ProductID=text(100, required=True),
    Quantity=Field("whole", default=1),
    BundleItemID=read_only(),
    IsBundle=read_only("flag", False),
    DateAdded=STAMP,
    QuantityShipped=read_only("whole", 0),
    UnitPrice=MONEY,
    PromotionDiscount=COMPUTED,
    BaseDiscount=COMPUTED,
    DiscountID=read_only(),
    LineTotal=COMPUTED,
    LineSubtotal=COMPUTED,
    CostCenter=text(100),
    DateNeeded=DATE,
    ShippingAccount=text(100),
    ShippingAddressID=text(100),
    ShipFromAddressID=text(100),
    Product=read_only("json"),
    Variant=read_only("json"),
    ShippingAddress=read_only("json"),
    ShipFromAddress=read_only("json"),
    SupplierID=read_only(),
    InventoryRecordID=text(100),
    PriceScheduleID=read_only(),
    IsOnSale=read_only("flag", False),
    PriceOverridden=read_only("flag", False),
    Specs=Field("list", default=[]),
    IncomingOrderID=read_only(),
    OutgoingOrderID=read_only(),
    xp=JSON,
)

PAYMENT = model(
    "Payment",
    Type=choice("PurchaseOrder", "CreditCard", "SpendingAccount", required=True),
    DateCreated=Field("date"),
    CreditCardID=text(100),
    SpendingAccountID=text(100),
    Description=text(2000),
    Currency=read_only(),
    Amount=MONEY,
    Accepted=Field("flag"),
    OrderReturnID=text(100),
    xp=JSON,
    Transactions=read_only("list"),
)

TRANSACTION = model(
    "PaymentTransaction",
    Type=text(100, required=True),
    DateExecuted=Field("date", required=True),
    Currency=text(3),
    Amount=MONEY,
    Succeeded=FLAG,
    ResultCode=text(100),
    ResultMessage=text(2000),
    xp=JSON,
)

SHIPMENT = model(
    "Shipment",
    BuyerID=text(100),
    Shipper=text(100),
    DateShipped=DATE,
    DateDelivered=DATE,
    TrackingNumber=text(3000),
    Cost=MONEY,
    OwnerID=text(100),
    Account=text(100),
    FromAddressID=text(100),
    ToAddressID=text(100),
    FromAddress=read_only("json"),
    ToAddress=read_only("json"),
    xp=JSON,
)

ORDER_RETURN = model(
    "OrderReturn",
    OrderID=text(100, required=True),
    PaymentIDs=read_only("list"),
    Status=read_only("text", "Unsubmitted"),
    DateCreated=STAMP,
    DateSubmitted=STAMP,
    DateApproved=STAMP,
    DateDeclined=STAMP,
    DateCanceled=STAMP,
    DateCompleted=STAMP,
    LastUpdated=STAMP,
    RefundAmount=MONEY,
    Comments=text(2000),
    ItemsToReturn=Field("list", default=[]),
    xp=JSON,
)
