"""The resource types that configure notifications and API access (OC-52 to OC-72)."""

from sandbox.ordercloud.models import FLAG, JSON, model
from sandbox.ordercloud.schema import Field, Model, choice, text

ROLES = Field("list", default=[])

MESSAGE_TYPES = (
    "OrderSubmitted", "OrderSubmittedForApproval", "OrderApproved", "OrderDeclined",
    "OrderSubmittedForYourApproval", "OrderSubmittedForYourApprovalHasBeenApproved",
    "OrderSubmittedForYourApprovalHasBeenDeclined", "ShipmentCreated",
    "OrderReturnSubmitted", "OrderReturnSubmittedForApproval", "OrderReturnApproved", "OrderReturnDeclined",
    "OrderReturnCompleted", "NewUserInvitation", "ForgottenPassword", "ForgottenUsername", "OneTimePassword",
    "SubscriptionReminder", "ProductCollectionInvitationAccepted", "ProductCollectionInvitationDeclined",
)  # fmt: skip


_AUTH_HEADER = {"CustomAuthHeaderName": text(50), "CustomAuthHeaderValue": text(50, write_only=True)}

WEBHOOK = model(
    "Webhook",
    Name=text(100, required=True),
    Description=text(2000),
    Url=text(2000),
    HashKey=text(50),
    ElevatedRoles=ROLES,
    ConfigData=JSON,
    BeforeProcessRequest=FLAG,
    ApiClientIDs=Field("list", default=[]),
    WebhookRoutes=Field("list", default=[]),
    DeliveryConfigID=text(100),
    **_AUTH_HEADER,
)

INTEGRATION_EVENT = model(
    "IntegrationEvent",
    ElevatedRoles=ROLES,
    ConfigData=JSON,
    EventType=choice("OrderCheckout", "OpenIDConnect", "OrderReturn", "AddToCart", required=True),
    CustomImplementationUrl=text(2000, required=True),
    Name=text(100, required=True),
    HashKey=text(50, required=True),
    **_AUTH_HEADER,
)

MESSAGE_SENDER = model(
    "MessageSender",
    Name=text(100, required=True),
    MessageTypes=Field("list", required=True),
    Description=text(2000),
    URL=text(2000),
    SharedKey=text(100),
    ElevatedRoles=ROLES,
    xp=JSON,
    DeliveryConfigID=text(100),
    AllowAllBuyers=FLAG,
)

DELIVERY_CONFIG = model(
    "DeliveryConfig",
    Name=text(100, required=True),
    Enabled=FLAG,
    DeliveryTargets=Field("json", required=True),
)

ORDER_SYNC = Model("OrderSyncConfig", {"DeliveryConfigID": text(100, required=True), "ConfigData": JSON})
ENTITY_SYNC = Model(
    "EntitySyncConfig",
    {
        "DeliveryConfigID": text(100, required=True),
        "SyncEntityChanged": Field("flag", required=True),
        "SyncEntityDeleted": Field("flag", required=True),
        "Paused": FLAG,
    },
)
PRODUCT_SYNC = Model(
    "ProductSyncConfig",
    {
        "DeliveryConfigID": text(100, required=True),
        "SyncProductChanged": Field("flag", required=True),
        "SyncProductDeleted": Field("flag", required=True),
        "ConfigData": JSON,
        "Paused": FLAG,
        "ExcludePriceSchedules": FLAG,
    },
)

API_CLIENT = model(
    "ApiClient",
    ClientSecret=text(100, write_only=True),
    AccessTokenDuration=Field("whole", default=600),
    Active=FLAG,
    AppName=text(100, required=True),
    RefreshTokenDuration=Field("whole", default=0),
    DefaultContextUserName=text(100),
    xp=JSON,
    AllowAnyBuyer=FLAG,
    AllowAnySupplier=FLAG,
    AllowSeller=FLAG,
    IsAnonBuyer=FLAG,
    OrderCheckoutIntegrationEventID=text(100),
    OrderReturnIntegrationEventID=text(100),
    AddToCartIntegrationEventID=text(100),
    MaximumGrantedRoles=Field("list", default=[]),
)
